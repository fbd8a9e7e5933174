// SPDX-License-Identifier: Apache-2.0
// Pictures by ECharts as SVG: still, sharp in print, drawn again when the colour scheme or the width
// changes. Each has a text that says what it shows; the figures stand in a table below it.
import { BarChart, CustomChart, LineChart, SankeyChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  MarkPointComponent,
  TitleComponent,
  TooltipComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { objs, str, type Obj } from './data';
import { h } from './dom';

echarts.use([
  BarChart, CustomChart, LineChart, SankeyChart, ScatterChart,
  AriaComponent, GridComponent, LegendComponent, MarkLineComponent, MarkPointComponent,
  TitleComponent, TooltipComponent, SVGRenderer,
]);

export interface Theme {
  ink: string;
  soft: string;
  rule: string;
  paper: string;
  accent: string;
  alarm: string;
  /** Categorical, told apart also by lightness; the same order everywhere. */
  colors: string[];
}

const LIGHT: Theme = {
  ink: '#22262a', soft: '#5d656c', rule: '#dcdad3', paper: '#fdfcf9', accent: '#14616b', alarm: '#a8392b',
  colors: ['#14616b', '#d08a2e', '#6a7fb0', '#8c4a66', '#7d9a4e', '#3e9aa3', '#b9603f', '#4c4f78', '#c2ab5a', '#8d8d86'],
};
const DARK: Theme = {
  ink: '#e6e4de', soft: '#a3a9ad', rule: '#3a4046', paper: '#16191c', accent: '#6cc0c9', alarm: '#e88673',
  colors: ['#58b3bd', '#e2a95a', '#93a6d8', '#c783a1', '#a7c377', '#2f8791', '#db8b6c', '#8588c4', '#d9c67f', '#a6a69f'],
};

export type Option = echarts.EChartsCoreOption;
interface Drawn {
  chart: echarts.ECharts;
  host: HTMLElement;
  build: (t: Theme) => Option;
}
const drawn: Drawn[] = [];
const scheme = window.matchMedia('(prefers-color-scheme: dark)');

/** Merged below every option, so that views say only what is theirs. */
function base(t: Theme): Option {
  return {
    animation: false,
    color: t.colors,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: t.ink, fontSize: 12 },
    tooltip: {
      confine: true,
      backgroundColor: t.paper,
      borderColor: t.rule,
      textStyle: { color: t.ink, fontSize: 12 },
      appendToBody: false,
    },
  };
}

export const axisStyle = (t: Theme) => ({
  axisLine: { lineStyle: { color: t.rule } },
  axisTick: { show: false },
  axisLabel: { color: t.soft, hideOverlap: true },
  splitLine: { lineStyle: { color: t.rule } },
  nameTextStyle: { color: t.soft },
});
export const legendStyle = (t: Theme) => ({
  textStyle: { color: t.ink },
  itemGap: 18,
  itemWidth: 14,
  itemHeight: 9,
  icon: 'roundRect',
  pageTextStyle: { color: t.soft },
});

/** An offer keeps its colour in every picture: its place in the plan. */
export function offerColor(portfolio: Obj, name: string, t: Theme): string {
  const at = objs(portfolio, 'offers').findIndex((o) => str(o, 'name') === name);
  return t.colors[Math.max(0, at) % t.colors.length]!;
}

function draw(d: Drawn, t: Theme): void {
  d.chart.setOption({ ...base(t), ...d.build(t) }, { notMerge: true });
}
const current = (): Theme => (scheme.matches ? DARK : LIGHT);

export function chart(into: HTMLElement, heightPx: number, label: string, build: (t: Theme) => Option): void {
  const host = h('div', { class: 'chart', role: 'img', 'aria-label': label, style: `height:${heightPx}px` });
  into.append(host);
  const width = host.clientWidth || 1040;
  const d: Drawn = { chart: echarts.init(host, null, { renderer: 'svg', width, height: heightPx }), host, build };
  drawn.push(d);
  draw(d, current());
}

/** The categorical colours as --c0, --c1, … for keys outside the pictures. */
function paint(t: Theme): void {
  t.colors.forEach((c, i) => document.documentElement.style.setProperty(`--c${i}`, c));
}
function redraw(t: Theme): void {
  paint(t);
  drawn.forEach((d) => draw(d, t));
}
const PRINT_WIDTH_PX = 690;

export function watch(): void {
  paint(current());
  scheme.addEventListener('change', () => redraw(current()));
  window.addEventListener('resize', () =>
    drawn.forEach((d) => d.chart.resize({ width: d.host.clientWidth })),
  );
  window.addEventListener('beforeprint', () => {
    drawn.forEach((d) => d.chart.resize({ width: PRINT_WIDTH_PX }));
    redraw(LIGHT);
    document.querySelectorAll('details').forEach((el) => (el.open = true));
  });
  window.addEventListener('afterprint', () => {
    drawn.forEach((d) => d.chart.resize({ width: d.host.clientWidth }));
    redraw(current());
  });
}
