// SPDX-License-Identifier: Apache-2.0
// How much is right, and what does caution cost? The cost against the chips signed of the main
// offer, and the frontier of expected cost against the bad case.
import { axisStyle, chart, type Option, type Theme } from '../chart';
import { num, objs, str, type Obj, type Result } from '../data';
import { folded, h, lead, subhead, table } from '../dom';
import { count, number, usd } from '../format';
import type { View } from '../view';

type Point = [number, number];

interface Lines {
  xName: string;
  yName: string;
  x: (v: number) => string;
  lines: { name: string; points: Point[]; dashed?: boolean; labels?: string[] }[];
  mark?: Point;
  markText?: string;
}

function lines(spec: Lines) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    return {
      grid: { left: 66, right: 74, top: 30, bottom: 44 },
      legend: { show: spec.lines.length > 1, top: 0, right: 0, textStyle: { color: t.ink }, itemWidth: 18, itemHeight: 8 },
      xAxis: { ...style, type: 'value', scale: true, name: spec.xName, nameLocation: 'middle', nameGap: 28, splitLine: { show: false },
        splitNumber: 4, axisLabel: { ...style.axisLabel, formatter: spec.x } },
      yAxis: { ...style, type: 'value', scale: true, name: spec.yName, nameTextStyle: { color: t.soft, align: 'left' }, splitNumber: 4,
        axisLabel: { ...style.axisLabel, formatter: (v: number) => usd(v, 3) } },
      tooltip: { trigger: 'item', confine: true, backgroundColor: t.paper, borderColor: t.rule, textStyle: { color: t.ink, fontSize: 12 },
        formatter: (p: any) => `${spec.x(p.value[0])} → ${usd(p.value[1])}` },
      series: spec.lines.map((l, i) => ({
        type: 'line', name: l.name, data: l.points, symbolSize: 6, symbol: 'circle', itemStyle: { color: t.colors[i] },
        lineStyle: { color: t.colors[i], width: 2, type: l.dashed ? 'dashed' : 'solid' },
        label: { show: !!l.labels, position: 'right', color: t.soft, fontSize: 11, formatter: (p: any) => l.labels?.[p.dataIndex] ?? '' },
        markPoint: i === 0 && spec.mark ? {
          symbol: 'circle', symbolSize: 13, itemStyle: { color: 'transparent', borderColor: t.alarm, borderWidth: 2 },
          label: { formatter: spec.markText ?? '', position: 'top', color: t.alarm, fontSize: 11.5, distance: 6 },
          data: [{ coord: spec.mark }],
        } : undefined,
      })),
    };
  };
}

const points = (rows: Obj[], x: string, y: string): Point[] =>
  rows.flatMap((p) => {
    const a = num(p, x);
    const b = num(p, y);
    return a === null || b === null ? [] : [[a, b] as Point];
  });

function commitment(p: Obj, into: HTMLElement): void {
  const rows = objs(p, 'curve');
  const cost = points(rows, 'x', 'cost_usd');
  const best = cost.reduce((a, b) => (b[1] < a[1] ? b : a), cost[0]!);
  into.append(subhead(`Cost against chips signed: ${str(p, 'main_offer')}`));
  chart(into, 290, 'Expected cost and bad case against chips signed of the main offer', lines({
    xName: 'chips signed', yName: 'present value', x: (v) => count(v),
    lines: [
      { name: 'expected cost', points: cost },
      { name: 'bad case (CVaR)', points: points(rows, 'x', 'cvar_usd'), dashed: true },
    ],
    mark: best, markText: `lowest at ${count(best[0])}`,
  }));
}

function frontier(p: Obj, into: HTMLElement): void {
  const rows = objs(p, 'frontier');
  into.append(subhead('What caution costs'));
  chart(into, 290, 'Expected cost against the bad case, by the weight given to the bad case', lines({
    xName: 'bad case (CVaR)', yName: 'expected cost', x: (v) => usd(v, 3),
    lines: [{ name: 'frontier', points: points(rows, 'cvar_usd', 'cost_usd'), labels: rows.map((q) => `weight ${number(num(q, 'x'), 2)}`) }],
  }));
}

function render(r: Result, into: HTMLElement): void {
  const p = r.portfolio!;
  into.append(lead('On the left, how the cost changes with the size of the main signature; on the right, what a safer plan costs on average.'));
  const left = h('div');
  const right = h('div');
  into.append(h('div', { class: 'two' }, left, right));
  if (objs(p, 'curve').length > 0) commitment(p, left);
  if (objs(p, 'frontier').length > 0) frontier(p, right);
  const columns = (head: string, cell: (q: Obj) => string) => [
    { head, num: true, cell },
    { head: 'expected cost', num: true, cell: (q: Obj) => usd(num(q, 'cost_usd'), 4) },
    { head: 'bad case', num: true, cell: (q: Obj) => usd(num(q, 'cvar_usd'), 4) },
    { head: 'committed', num: true, cell: (q: Obj) => usd(num(q, 'commitment_usd'), 4) },
  ];
  into.append(folded('Figures',
    table('Chips signed of the main offer.', columns('chips', (q) => count(num(q, 'x'))), objs(p, 'curve')),
    table('Weight given to the bad case.', columns('weight', (q) => number(num(q, 'x'), 2)), objs(p, 'frontier')),
  ));
}

export const curve: View = {
  id: 'curve',
  title: 'How much, and how safe',
  lacks: (r) =>
    r.portfolio && objs(r.portfolio, 'curve').length + objs(r.portfolio, 'frontier').length > 0 ? '' : 'no curve and no frontier',
  render,
};
