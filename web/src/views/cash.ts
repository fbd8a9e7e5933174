// SPDX-License-Identifier: Apache-2.0
// When is cash due, and how sure is it? The plan's own payments by quarter, and those of each deal:
// in above the line, out below; full colour is firm, pale is contingent or optional.
import { axisStyle, chart, legendStyle, type Option, type Theme } from '../chart';
import { expected, num, objs, probabilities, str, strs, type Obj, type Result } from '../data';
import { folded, note, subhead, table } from '../dom';
import { usd } from '../format';
import type { View } from '../view';

interface Bar {
  name: string;
  color: (t: Theme) => string;
  opacity: number;
  values: number[];
}

function bars(quarters: string[], series: Bar[]) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    return {
      grid: { left: 62, right: 8, top: 12, bottom: 58 },
      legend: { ...legendStyle(t), bottom: 0, left: 0 },
      xAxis: { ...style, type: 'category', data: quarters, splitLine: { show: false }, axisLine: { onZero: false, lineStyle: { color: t.rule } } },
      yAxis: { ...style, type: 'value', splitNumber: 4, axisLabel: { ...style.axisLabel, formatter: (x: number) => usd(x, 2) } },
      tooltip: { trigger: 'axis', confine: true, valueFormatter: (x: unknown) => usd(Number(x)), backgroundColor: t.paper,
        borderColor: t.rule, textStyle: { color: t.ink, fontSize: 12 } },
      series: series.map((s) => ({
        type: 'bar', stack: 'cash', name: s.name, data: s.values, barCategoryGap: '22%',
        itemStyle: { color: s.color(t), opacity: s.opacity },
      })),
    };
  };
}

const pay = (t: Theme): string => t.colors[0]!;
const take = (t: Theme): string => t.colors[1]!;
const penalty = (t: Theme): string => t.alarm;

function plan(p: Obj, into: HTMLElement): void {
  const quarters = strs(p, 'quarters');
  const chance = probabilities(p);
  const mean = (key: string): number[] => {
    const by = expected(objs(p, 'periods'), chance, (e) => str(e, 'quarter'), (e) => num(e, key));
    return quarters.map((q) => by.get(q) ?? 0);
  };
  const committed = mean('commitment_usd');
  const demand = mean('on_demand_usd');
  const lost = mean('penalty_usd');
  into.append(subhead('Of the plan'), note('Expected, undiscounted. Unmet demand is no payment, but its penalty is part of the cost that was minimised.'));
  chart(into, 250, 'Payments of the plan by quarter: committed, on demand, penalty of unmet demand',
    bars(quarters, [
      { name: 'committed', color: pay, opacity: 1, values: committed },
      { name: 'on demand, at choice', color: pay, opacity: 0.4, values: demand },
      { name: 'penalty of unmet demand', color: penalty, opacity: 0.55, values: lost },
    ]));
  into.append(folded('Figures by quarter', table('Expected, undiscounted.', [
    { head: 'quarter', cell: (i: number) => quarters[i] ?? '' },
    { head: 'committed', num: true, cell: (i) => usd(committed[i]) },
    { head: 'on demand', num: true, cell: (i) => usd(demand[i]) },
    { head: 'penalty', num: true, cell: (i) => usd(lost[i]) },
  ], quarters.map((_q, i) => i))));
}

const KINDS: [string, string, number][] = [
  ['firm', 'firm', 1],
  ['contingent', 'contingent', 0.55],
  ['optional', 'optional', 0.3],
];

function deal(d: Obj, into: HTMLElement): void {
  const rows = objs(d, 'quarters');
  const quarters = rows.map((q) => str(q, 'quarter'));
  const series: Bar[] = [];
  for (const [key, word, opacity] of KINDS) {
    const out = rows.map((q) => -Math.abs(num(q, `out_${key}_usd`) ?? 0));
    const inn = rows.map((q) => Math.abs(num(q, `in_${key}_usd`) ?? 0));
    if (out.some((x) => x !== 0)) series.push({ name: `out, ${word}`, color: pay, opacity, values: out });
    if (inn.some((x) => x !== 0)) series.push({ name: `in, ${word}`, color: take, opacity, values: inn });
  }
  into.append(subhead(`Of the deal: ${str(d, 'buyer') || str(d, 'title')}`));
  chart(into, 270, 'Cash of the buyer by quarter, in above and out below the line, firm, contingent and optional', bars(quarters, series));
  into.append(folded('Figures by quarter', table(`Cash of ${str(d, 'buyer') || 'the buyer'}.`, [
    { head: 'quarter', cell: (q: Obj) => str(q, 'quarter') },
    ...['out', 'in'].flatMap((side) => KINDS.map(([key, word]) => ({
      head: `${side}, ${word}`, num: true, cell: (q: Obj) => usd(num(q, `${side}_${key}_usd`)),
    }))),
  ], rows)));
}

function render(r: Result, into: HTMLElement): void {
  if (r.portfolio && objs(r.portfolio, 'periods').length > 0) plan(r.portfolio, into);
  for (const d of r.deals) if (objs(d, 'quarters').length > 0) deal(d, into);
}

export const cash: View = {
  id: 'cash',
  title: 'Cash by quarter',
  lacks: (r) =>
    (r.portfolio && objs(r.portfolio, 'periods').length > 0) || r.deals.some((d) => objs(d, 'quarters').length > 0)
      ? '' : 'no periods and no quarters of a deal',
  render,
};
