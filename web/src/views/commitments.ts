// SPDX-License-Identifier: Apache-2.0
// How long is one bound? Each signed offer from its first to its last quarter, and what is still to
// be paid after each quarter: the ladder on which commitments expire.
import { axisStyle, chart, offerColor, type Option, type Theme } from '../chart';
import { expected, nums, num, objs, probabilities, str, strs, type Obj, type Result } from '../data';
import { lead, table } from '../dom';
import { count, perHour, usd } from '../format';
import type { View } from '../view';

const SIGNED = ['sign', 'keep'];
const ROW_PX = 34;

interface Span {
  offer: Obj;
  first: number;
  last: number;
  peak: number;
}

function spans(p: Obj): Span[] {
  const rows: Span[] = [];
  for (const offer of objs(p, 'offers')) {
    if (!SIGNED.includes(str(offer, 'decision'))) continue;
    const chips = nums(offer, 'capacity_chips');
    const on = chips.flatMap((x, i) => (x > 0 ? [i] : []));
    if (on.length > 0)
      rows.push({ offer, first: on[0]!, last: on[on.length - 1]!, peak: Math.max(...chips) });
  }
  return rows.sort((a, b) => a.first - b.first || a.last - b.last);
}

function ladder(p: Obj, rows: Span[], quarters: string[]) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    return {
      grid: { left: 210, right: 120, top: 8, bottom: 28 },
      xAxis: { ...style, type: 'category', data: quarters, splitLine: { show: false } },
      yAxis: {
        ...style, type: 'category', inverse: true, data: rows.map((s) => str(s.offer, 'name')),
        axisLabel: { ...style.axisLabel, color: t.ink, width: 195, overflow: 'truncate' },
      },
      tooltip: { show: false },
      series: [
        {
          type: 'custom',
          data: rows.map((s, i) => [s.first, s.last, i]),
          encode: { x: [0, 1], y: 2 },
          renderItem: (_params: unknown, api: any) => {
            const row = rows[api.value(2)]!;
            const from = api.coord([api.value(0), api.value(2)]);
            const to = api.coord([api.value(1), api.value(2)]);
            const width = api.size([1, 0])[0];
            const beyond = num(row.offer, 'beyond_horizon_usd') ?? 0;
            const bars = nums(row.offer, 'capacity_chips').flatMap((x, q) => {
              if (x <= 0) return [];
              const h = Math.max(3, (ROW_PX - 12) * (x / row.peak));
              const mid = api.coord([q, api.value(2)]);
              return [{
                type: 'rect',
                shape: { x: mid[0] - width / 2, y: from[1] + (ROW_PX - 12) / 2 - h, width: width - 1, height: h },
                style: { fill: offerColor(p, str(row.offer, 'name'), t) },
              }];
            });
            const label = `${count(row.peak)} chips${beyond > 0 ? ' →' : ''}`;
            return {
              type: 'group',
              children: [
                ...bars,
                { type: 'text', style: { text: label, x: to[0] + width / 2 + 6, y: from[1], fill: t.soft, fontSize: 12,
                  verticalAlign: 'middle' } },
              ],
            };
          },
        },
      ],
    };
  };
}

/** What of the commitments is still to be paid at the end of each quarter, beyond the horizon too. */
function owed(p: Obj, quarters: string[]): number[] {
  const pays = expected(objs(p, 'periods'), probabilities(p), (e) => str(e, 'quarter'), (e) => num(e, 'commitment_usd'));
  let rest = objs(p, 'offers').reduce((sum, o) => sum + (num(o, 'beyond_horizon_usd') ?? 0), 0);
  const out: number[] = [];
  for (const q of [...quarters].reverse()) {
    out.unshift(rest);
    rest += pays.get(q) ?? 0;
  }
  return out;
}

function stairs(quarters: string[], rest: number[]) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    return {
      grid: { left: 62, right: 8, top: 12, bottom: 28 },
      xAxis: { ...style, type: 'category', data: quarters, splitLine: { show: false } },
      yAxis: { ...style, type: 'value', splitNumber: 3, axisLabel: { ...style.axisLabel, formatter: (x: number) => usd(x, 2) } },
      tooltip: { trigger: 'axis', valueFormatter: (x: unknown) => usd(Number(x)), backgroundColor: t.paper,
        borderColor: t.rule, textStyle: { color: t.ink, fontSize: 12 } },
      series: [{ type: 'bar', name: 'still to be paid', data: rest, barCategoryGap: '12%', itemStyle: { color: t.accent } }],
    };
  };
}

function render(r: Result, into: HTMLElement): void {
  const p = r.portfolio!;
  const quarters = strs(p, 'quarters');
  const rows = spans(p);
  if (rows.length === 0) {
    into.append(lead('Nothing is committed: the plan buys by the hour only.'));
    return;
  }
  chart(into, rows.length * ROW_PX + 44, 'Signed offers from first to last quarter; bar height shows chips', ladder(p, rows, quarters));
  into.append(
    table(
      'Bars: chips in each quarter, relative to the peak of the offer; → runs on past the horizon.',
      [
        { head: 'offer', cell: (s: Span) => str(s.offer, 'name') },
        { head: 'vendor', cell: (s) => str(s.offer, 'vendor') },
        { head: 'from', cell: (s) => quarters[s.first] ?? '' },
        { head: 'to', cell: (s) => ((num(s.offer, 'beyond_horizon_usd') ?? 0) > 0 ? 'past the horizon' : quarters[s.last] ?? '') },
        { head: 'chips', num: true, cell: (s) => count(s.peak) },
        { head: 'price/chip-h', num: true, cell: (s) => perHour(num(s.offer, 'price_usd_per_chip_s')) },
        { head: 'minimum payments', num: true, cell: (s) => usd(num(s.offer, 'commitment_usd')) },
        { head: 'of it past the horizon', num: true, cell: (s) => usd(num(s.offer, 'beyond_horizon_usd')) },
      ],
      rows,
    ),
  );
  const rest = owed(p, quarters);
  into.append(lead(`At the end of ${quarters[0] ?? ''} ${usd(rest[0])} of minimum payments are still to come; at the end of ${quarters[quarters.length - 1] ?? ''} ${usd(rest[rest.length - 1])}.`));
  chart(into, 210, 'Committed payments still to come after each quarter', stairs(quarters, rest));
}

export const commitments: View = {
  id: 'commitments',
  title: 'How long it binds',
  lacks: (r) => (r.portfolio && objs(r.portfolio, 'offers').length > 0 ? '' : 'no offers'),
  render,
};
