// SPDX-License-Identifier: Apache-2.0
// Is there enough, and is it used? Demand of each workload as a fan over the scenarios, with what
// stays unmet; below, on the same quarters, the chips of every offer with what lies idle. Demand is
// in requests and capacity in chips: chips differ in work per hour, so they are not laid on one axis.
import { axisStyle, chart, legendStyle, offerColor, type Option, type Theme } from '../chart';
import { expected, nums, num, objs, probabilities, str, strs, unique, type Obj, type Result } from '../data';
import { folded, note, table } from '../dom';
import { count, number, percent } from '../format';
import type { View } from '../view';

interface Fan {
  workload: string;
  low: number[];
  mean: number[];
  high: number[];
  unmet: number[];
}

function fans(p: Obj, quarters: string[]): Fan[] {
  const flows = objs(p, 'flows');
  const chance = probabilities(p);
  return unique(flows.map((f) => str(f, 'workload'))).map((workload) => {
    const mine = flows.filter((f) => str(f, 'workload') === workload);
    const at = (q: string): number[] =>
      mine.filter((f) => str(f, 'quarter') === q).map((f) => num(f, 'demand_req_per_s') ?? 0);
    const mean = expected(mine, chance, (f) => str(f, 'quarter'), (f) => num(f, 'demand_req_per_s'));
    const unmet = expected(mine, chance, (f) => str(f, 'quarter'), (f) => num(f, 'unmet_req_per_s'));
    return {
      workload,
      low: quarters.map((q) => Math.min(...at(q))),
      mean: quarters.map((q) => mean.get(q) ?? 0),
      high: quarters.map((q) => Math.max(...at(q))),
      unmet: quarters.map((q) => unmet.get(q) ?? 0),
    };
  });
}

const FAN_HEIGHT_PX = 150;
const STACK_HEIGHT_PX = 270;
const GAP_PX = 46;
const LEGEND_PER_ROW = 6;

function fanSeries(f: Fan, at: number, t: Theme): object[] {
  const line = { type: 'line', xAxisIndex: at, yAxisIndex: at, symbol: 'none' };
  const band = `band ${at}`;
  return [
    { ...line, name: 'lowest scenario', stack: band, data: f.low, lineStyle: { opacity: 0 }, tooltip: { show: false } },
    {
      ...line, name: 'range over scenarios', stack: band, data: f.high.map((x, i) => x - (f.low[i] ?? 0)),
      lineStyle: { opacity: 0 }, areaStyle: { color: t.accent, opacity: 0.16 }, itemStyle: { color: t.accent },
    },
    { ...line, name: 'expected demand', data: f.mean, lineStyle: { color: t.accent, width: 2 }, itemStyle: { color: t.accent } },
    {
      ...line, name: 'expected unmet', data: f.unmet, lineStyle: { color: t.alarm, width: 2 },
      areaStyle: { color: t.alarm, opacity: 0.3 }, itemStyle: { color: t.alarm },
    },
  ];
}

function option(p: Obj, quarters: string[], demand: Fan[], offers: Obj[], used: number[]) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    const tops = demand.map((_f, i) => 34 + i * (FAN_HEIGHT_PX + GAP_PX));
    const stackTop = 34 + demand.length * (FAN_HEIGHT_PX + GAP_PX) + 18;
    const last = demand.length;
    const grids = [...demand.map((_f, i) => ({ top: tops[i], height: FAN_HEIGHT_PX })), { top: stackTop, height: STACK_HEIGHT_PX }];
    const stack = offers.map((o) => ({
      type: 'bar', name: str(o, 'name'), stack: 'chips', xAxisIndex: last, yAxisIndex: last,
      data: quarters.map((_q, k) => nums(o, 'capacity_chips')[k] ?? 0),
      barCategoryGap: '18%', itemStyle: { color: offerColor(p, str(o, 'name'), t), borderColor: t.paper, borderWidth: 1 },
    }));
    const inUse = {
      type: 'line', name: 'of the committed, in use', xAxisIndex: last, yAxisIndex: last, data: used, step: 'middle',
      symbol: 'none', lineStyle: { color: t.ink, type: 'dashed', width: 1.5 }, itemStyle: { color: t.ink },
    };
    return {
      title: [
        ...demand.map((f, i) => ({
          text: `demand: ${f.workload} (requests/s)`, top: (tops[i] ?? 0) - 26, left: 0,
          textStyle: { fontSize: 12.5, fontWeight: 500, color: t.soft },
        })),
        { text: 'capacity by offer (chips)', top: stackTop - 26, left: 0,
          textStyle: { fontSize: 12.5, fontWeight: 500, color: t.soft } },
      ],
      grid: grids.map((g) => ({ ...g, left: 62, right: 8 })),
      xAxis: grids.map((_g, i) => ({
        ...style, type: 'category', gridIndex: i, data: quarters, splitLine: { show: false },
        axisLabel: { ...style.axisLabel, show: i === last || i === last - 1 },
      })),
      yAxis: grids.map((_g, i) => ({
        ...style, type: 'value', gridIndex: i, splitNumber: 3,
        axisLabel: { ...style.axisLabel, formatter: (x: number) => short(x) },
      })),
      legend: {
        ...legendStyle(t), bottom: 0, left: 0, right: 0,
        data: ['expected demand', 'range over scenarios', 'expected unmet', ...offers.map((o) => str(o, 'name')), inUse.name],
      },
      tooltip: { trigger: 'axis', confine: true, valueFormatter: (x: unknown) => number(Number(x)), backgroundColor: t.paper,
        borderColor: t.rule, textStyle: { color: t.ink, fontSize: 12 } },
      series: [...demand.flatMap((f, i) => fanSeries(f, i, t)), ...stack, inUse],
    };
  };
}

const short = (x: number): string =>
  x >= 1e6 ? `${number(x / 1e6, 2)} M` : x >= 1e3 ? `${number(x / 1e3, 2)} k` : number(x, 2);

function render(r: Result, into: HTMLElement): void {
  const p = r.portfolio!;
  const quarters = strs(p, 'quarters');
  const chance = probabilities(p);
  const periods = objs(p, 'periods');
  const byQuarter = (key: string): Map<string, number> =>
    expected(periods, chance, (e) => str(e, 'quarter'), (e) => num(e, key));
  const chips = byQuarter('chips');
  const idle = byQuarter('idle_chips');
  const unmet = byQuarter('unmet_frac');
  const offers = objs(p, 'offers').filter((o) => nums(o, 'capacity_chips').some((x) => x > 0));
  const demand = fans(p, quarters);
  const used = quarters.map((q) => (chips.get(q) ?? 0) - (idle.get(q) ?? 0));
  into.append(
    note('Committed capacity and on-demand draw are expectations over the scenarios; the band of demand is the lowest to the highest scenario.'),
  );
  const legendRows = Math.ceil((offers.length + 4) / LEGEND_PER_ROW);
  const height = 34 + demand.length * (FAN_HEIGHT_PX + GAP_PX) + 18 + STACK_HEIGHT_PX + 36 + 24 * legendRows;
  chart(into, height, 'Demand by workload over the quarters, and chips by offer with the part in use',
    option(p, quarters, demand, offers, used));
  into.append(
    folded(
      'Figures by quarter',
      table(
        'Expected over the scenarios.',
        [
          { head: 'quarter', cell: (q: string) => q },
          ...demand.map((f) => ({
            head: `${f.workload}: requests/s`, num: true, cell: (q: string) => number(f.mean[quarters.indexOf(q)]),
          })),
          { head: 'committed chips', num: true, cell: (q) => count(chips.get(q)) },
          { head: 'idle chips', num: true, cell: (q) => count(idle.get(q)) },
          { head: 'unmet', num: true, cell: (q) => percent(unmet.get(q), 2) },
        ],
        quarters,
      ),
      table(
        'Chips by offer.',
        [
          { head: 'offer', cell: (o: Obj) => str(o, 'name') },
          ...quarters.map((q, i) => ({ head: q, num: true, cell: (o: Obj) => count(nums(o, 'capacity_chips')[i]) })),
        ],
        offers,
      ),
    ),
  );
}

export const capacity: View = {
  id: 'capacity',
  title: 'Capacity against demand',
  lacks: (r) =>
    r.portfolio && strs(r.portfolio, 'quarters').length > 0 && objs(r.portfolio, 'flows').length > 0
      ? '' : 'no quarters, flows',
  render,
};
