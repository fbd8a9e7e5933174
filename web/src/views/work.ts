// SPDX-License-Identifier: Apache-2.0
// What does each chip do in an hour? Requests served within the latency limits per chip-hour, with
// the band in which a measurement should fall; the shape of the mark says how it was obtained.
import { axisStyle, chart, type Option, type Theme } from '../chart';
import { bool, fact, objs, str, unique, type Obj, type Result } from '../data';
import { h, note, subhead, table } from '../dom';
import { hourly, number, range, usd, words } from '../format';
import type { View } from '../view';

const SHAPES: { [label: string]: string } = {
  measured: 'circle', fitted: 'rect', interpolated: 'triangle', transferred: 'diamond', first_principles: 'emptyCircle',
};
const label = (w: Obj): string => str(w, 'req_per_chip_s_label') || fact(w, 'req_per_chip_s')?.status || '';

function bands(rows: Obj[]) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    const value = (w: Obj) => fact(w, 'req_per_chip_s')!;
    return {
      grid: { left: 210, right: 70, top: 8, bottom: 40 },
      xAxis: { ...style, type: 'value', name: 'requests per chip-hour', nameLocation: 'middle', nameGap: 26,
        axisLabel: { ...style.axisLabel, formatter: (x: number) => number(x, 2) } },
      yAxis: { ...style, type: 'category', inverse: true, data: rows.map((w) => str(w, 'pool')), splitLine: { show: false },
        axisLabel: { ...style.axisLabel, color: t.ink, width: 195, overflow: 'truncate' } },
      tooltip: { show: false },
      series: [
        {
          type: 'custom', encode: { x: [0, 1], y: 2 },
          data: rows.map((w, i) => [hourly(value(w).low), hourly(value(w).high), i]),
          renderItem: (_p: unknown, api: any) => {
            const a = api.coord([api.value(0), api.value(2)]);
            const b = api.coord([api.value(1), api.value(2)]);
            return { type: 'rect', shape: { x: a[0], y: a[1] - 4, width: Math.max(1, b[0] - a[0]), height: 8, r: 4 },
              style: { fill: t.accent, opacity: 0.25 } };
          },
        },
        {
          type: 'scatter', symbolSize: 11,
          data: rows.map((w, i) => ({
            value: [hourly(value(w).value), i], symbol: SHAPES[label(w)] ?? 'circle',
            itemStyle: { color: t.accent },
          })),
          label: { show: true, position: 'top', distance: 4, color: t.soft, fontSize: 11, formatter: (p: any) => number(p.value[0]) },
        },
      ],
    };
  };
}

function render(r: Result, into: HTMLElement): void {
  into.append(note('Bar: p10 to p90 of what a measurement would show. Mark: ● measured, ■ fitted, ▲ interpolated, ◆ transferred from a like chip, ○ from first principles.'));
  for (const workload of unique(r.work.map((w) => str(w, 'workload')))) {
    const rows = r.work.filter((w) => str(w, 'workload') === workload);
    const drawn = rows.filter((w) => bool(w, 'feasible') || w.feasible === undefined)
      .filter((w) => fact(w, 'req_per_chip_s') !== null)
      .sort((a, b) => fact(b, 'req_per_chip_s')!.value - fact(a, 'req_per_chip_s')!.value);
    into.append(subhead(`${workload}${rows[0] && str(rows[0], 'model') ? ` on ${str(rows[0], 'model')}` : ''}`));
    if (drawn.length > 0) chart(into, drawn.length * 38 + 56, `Work per chip-hour for ${workload}, with bands`, bands(drawn));
    into.append(table('Per chip-hour, within the latency limits.', [
      { head: 'pool', cell: (w: Obj) => h('span', {}, str(w, 'pool'), h('br'), h('small', {}, str(w, 'chip'))) },
      { head: 'layout', cell: (w) => h('small', {}, [str(w, 'layout'), str(w, 'engine')].filter(Boolean).join(', ') || '–') },
      { head: 'requests', num: true, cell: (w) => number(hourlyOf(w, 'value')) },
      { head: 'p10 – p90', num: true, cell: (w) => range(number(hourlyOf(w, 'low')), number(hourlyOf(w, 'high'))) },
      { head: '$/Mtok', num: true, cell: (w) => usd(fact(w, 'usd_per_mtok')?.value) },
      { head: 'p10 – p90', num: true, cell: (w) => mtokRange(w) },
      { head: 'how known', cell: (w) => (bool(w, 'stated') ? 'stated in the plan' : words(label(w)) || '–') },
      { head: 'bound by', cell: (w) => h('small', {}, str(w, 'binding') || str(w, 'why') || '–') },
    ], rows));
  }
}

function hourlyOf(w: Obj, side: 'value' | 'low' | 'high'): number | null {
  const f = fact(w, 'req_per_chip_s');
  return f ? hourly(f[side]) : null;
}
function mtokRange(w: Obj): string {
  const f = fact(w, 'usd_per_mtok');
  return f ? range(usd(f.low), usd(f.high)) : 'n/d';
}

export const work: View = {
  id: 'work',
  title: 'Work per chip-hour',
  lacks: (r) => (objs(r.root, 'work').length > 0 ? '' : 'no work per chip'),
  render,
};
