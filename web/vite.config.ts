// SPDX-License-Identifier: Apache-2.0
// One self-contained script: styles inlined, no chunk, nothing fetched, no "</script" inside.
import { defineConfig, type Plugin } from 'vite';

const safeInsideScript: Plugin = {
  name: 'safe-inside-script',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk')
        file.code = file.code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
  },
};

export default defineConfig({
  plugins: [safeInsideScript],
  logLevel: 'warn',
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: (globalThis as any).process.env.OFFTAKE_PAGE_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2020',
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'offtake', fileName: () => 'page.js' },
    chunkSizeWarningLimit: 2000,
  },
});
