// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. What is not known is "n/d", never 0.

export const ND = 'n/d';
const HOUR_S = 3600;

const group = (text: string): string => {
  const [whole = '', rest] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return rest === undefined ? grouped : `${grouped}.${rest}`;
};

export function number(x: number | null | undefined, digits = 3): string {
  if (x === null || x === undefined) return ND;
  if (x === 0) return '0';
  const exponent = Number(x.toExponential(digits - 1).split('e')[1]);
  if (exponent > 15 || exponent < -5) return x.toExponential(digits - 1);
  return group(x.toFixed(Math.max(0, digits - 1 - exponent))).replace('-', '−');
}

export const count = (x: number | null | undefined): string =>
  x === null || x === undefined ? ND : group(Math.round(x).toString()).replace('-', '−');

const SIZES: [number, string][] = [
  [1e12, '\u00a0T'],
  [1e9, '\u00a0B'],
  [1e6, '\u00a0M'],
  [1e3, '\u00a0k'],
];

export function usd(x: number | null | undefined, digits = 3): string {
  if (x === null || x === undefined) return ND;
  const sign = x < 0 ? '−' : '';
  const size = Number(Math.abs(x).toPrecision(digits));
  for (const [scale, word] of SIZES)
    if (size >= scale) return `${sign}$${number(size / scale, digits)}${word}`;
  if (size === 0) return '$0';
  if (size < 1) return `${sign}$${number(size, digits)}`;
  return `${sign}$${Math.abs(x).toFixed(2)}`;
}

export const percent = (x: number | null | undefined, digits = 3): string =>
  x === null || x === undefined ? ND
    : x !== 0 && Math.abs(x) < 1e-5 ? `${x < 0 ? '> −' : '< '}0.001\u00a0%`
    : `${number(x * 100, digits)}\u00a0%`;

/** Prices are kept per chip-second; people quote them by the hour. */
export const perHour = (x: number | null | undefined): string =>
  x === null || x === undefined ? ND : usd(x * HOUR_S);
export const hourly = (x: number): number => x * HOUR_S;

export const range = (low: string, high: string): string => (low === high ? low : `${low} – ${high}`);

/** snake_case key with its unit suffix as words. */
export const words = (key: string): string => key.replace(/_/g, ' ');
