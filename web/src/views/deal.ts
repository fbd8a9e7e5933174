// SPDX-License-Identifier: Apache-2.0
// What is this deal? Firm against headline, what a unit costs in three readings, how circular,
// how concentrated, who is exposed to whom, what would have to be true.
import { axisStyle, chart, legendStyle, type Option, type Theme } from '../chart';
import { fact, objs, str, strs, type Obj, type Result } from '../data';
import { folded, h, long, note, subhead, type Child, type Column } from '../dom';
import { ND, number, percent, range, usd, words } from '../format';
import type { View } from '../view';

type Show = (x: number) => string;
const asUsd: Show = (x) => usd(x);
const asShare: Show = (x) => percent(x);
const asNumber: Show = (x) => number(x);

/** A fact with its range below it. */
const figure = (o: Obj, key: string, show: Show): Child => {
  const f = fact(o, key);
  if (!f) return ND;
  if (f.low === f.high) return show(f.value);
  return h('span', {}, show(f.value), h('br'), h('small', {}, range(show(f.low), show(f.high))));
};
interface FactColumn extends Column<Obj> {
  key?: string;
}
const col = (head: string, key: string, show: Show): FactColumn => ({ head, key, num: true, cell: (o) => figure(o, key, show) });
const text = (head: string, key: string): Column<Obj> => ({ head, cell: (o) => words(str(o, key)) || '–' });

function firmBars(rows: Obj[]) {
  return (t: Theme): Option => {
    const style = axisStyle(t);
    const part = (key: string): number[] => rows.map((o) => fact(o, key)?.value ?? 0);
    const firm = part('firm_usd');
    const contingent = part('contingent_usd');
    const optional = part('optional_usd');
    const rest = part('headline_usd').map((x, i) => Math.max(0, x - (firm[i] ?? 0) - (contingent[i] ?? 0) - (optional[i] ?? 0)));
    const bar = (name: string, data: number[], color: string, opacity: number) => ({
      type: 'bar', stack: 'headline', name, data, barWidth: 16, itemStyle: { color, opacity },
    });
    return {
      grid: { left: 250, right: 20, top: 4, bottom: 58 },
      legend: { ...legendStyle(t), bottom: 0, left: 0 },
      xAxis: { ...style, type: 'value', axisLabel: { ...style.axisLabel, formatter: (x: number) => usd(x, 2) } },
      yAxis: { ...style, type: 'category', inverse: true, data: rows.map((o) => str(o, 'group')), splitLine: { show: false },
        axisLabel: { ...style.axisLabel, color: t.ink, width: 235, overflow: 'truncate' } },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, confine: true, valueFormatter: (x: unknown) => usd(Number(x)),
        backgroundColor: t.paper, borderColor: t.rule, textStyle: { color: t.ink, fontSize: 12 } },
      series: [
        bar('firm', firm, t.colors[0]!, 1),
        bar('contingent', contingent, t.colors[1]!, 0.75),
        bar('optional', optional, t.colors[2]!, 0.6),
        bar('already paid or not firm for another reason', rest, t.rule, 1),
      ],
    };
  };
}

/** Tables that are only there when the result has rows for them. */
const TABLES: { key: string; title: string; caption: string; columns: FactColumn[] }[] = [
  {
    key: 'effective', title: 'Three effective prices',
    caption: 'What capital given by the supplier takes off the price: as headline, at the fair value of the shares, in cash only.',
    columns: [
      { head: 'buyer → supplier', cell: (o) => `${str(o, 'buyer')} → ${str(o, 'supplier')}` },
      col('payments', 'payments_usd', asUsd), col('capital in', 'capital_usd', asUsd),
      col('headline discount', 'headline_discount_frac', asShare), col('at fair value', 'fair_value_discount_frac', asShare),
      col('cash only', 'cash_discount_frac', asShare), col('circular', 'circular_frac', asShare),
    ],
  },
  {
    key: 'effective', title: 'The same per gigawatt-year', caption: '$ B per GW-year.',
    columns: [
      { head: 'buyer → supplier', cell: (o) => `${str(o, 'buyer')} → ${str(o, 'supplier')}` },
      col('headline', 'headline_gusd_per_gw_year', asNumber), col('net at fair value', 'fair_value_gusd_per_gw_year', asNumber),
      col('cash only', 'cash_gusd_per_gw_year', asNumber),
    ],
  },
  {
    key: 'prices', title: 'What a unit of capacity costs', caption: 'The basis is part of the figure.',
    columns: [
      text('term', 'term'), text('chip', 'chip'), text('basis', 'basis'),
      col('$ B per GW-year', 'gusd_per_gw_year', asNumber), col('$ per chip-hour', 'usd_per_chip_h', asUsd),
      col('$ per kW-month', 'usd_per_kw_month', asUsd),
      { head: 'assumes', cell: (o) => h('small', {}, str(o, 'assumptions')) },
    ],
  },
  {
    key: 'concentration', title: 'Concentration', caption: 'HHI: sum of squared shares; 1 is a single name.',
    columns: [
      text('of', 'party'), text('by', 'by'), col('HHI', 'hhi_frac', (x) => x.toFixed(3)), text('first', 'top1'),
      col('share', 'top1_frac', asShare), text('second', 'top2'), col('share of both', 'top2_frac', asShare),
      col('unknown', 'unknown_frac', asShare), col('total', 'total_usd', asUsd),
    ],
  },
  {
    key: 'exposure', title: 'Who is exposed to whom', caption: 'Direct, and through others that depend on the same party.',
    columns: [
      text('party', 'party'), text('to', 'to'), col('equity at cost', 'equity_cost_usd', asUsd),
      col('equity contingent', 'equity_contingent_usd', asUsd), col('backlog', 'backlog_usd', asUsd),
      col('loans', 'loans_usd', asUsd), col('direct', 'direct_usd', asUsd), col('through others', 'through_usd', asUsd),
    ],
  },
  {
    key: 'hedges', title: 'Is the stake in a rival a hedge?', caption: 'Below the threshold correlation it is.',
    columns: [
      text('investor', 'investor'), text('main', 'main'), text('rival', 'rival'), col('correlation', 'correlation_frac', asNumber),
      col('threshold', 'threshold_frac', asNumber), text('verdict', 'verdict'),
    ],
  },
  {
    key: 'dilution', title: 'Dilution', caption: 'New money over post-money value.',
    columns: [
      text('term', 'term'), text('issuer', 'issuer'), text('round', 'round'), col('invested', 'invested_usd', asUsd),
      col('post-money', 'post_usd', asUsd), col('dilution', 'dilution_frac', asShare),
    ],
  },
  {
    key: 'warrants', title: 'Warrants', caption: 'Value of all shares at each price, and simulated.',
    columns: [
      text('term', 'term'), text('issuer', 'issuer'), text('holder', 'holder'), text('at', 'at'),
      col('fully vested', 'full_usd', asUsd), col('expected', 'expected_usd', asUsd), col('of purchases', 'share_of_purchases_frac', asShare),
    ],
  },
  {
    key: 'returns', title: 'Return to the investor who also sells', caption: 'Equity, compute, and both together.',
    columns: [
      text('investor', 'investor'), text('line', 'line'), text('tranches', 'tranches'), text('exit', 'exit'),
      col('put in', 'put_in_usd', asUsd), col('NPV', 'npv_usd', asUsd), col('IRR', 'irr_frac', asShare),
    ],
  },
  {
    key: 'years', title: 'Commitments against revenue', caption: 'By calendar year.',
    columns: [
      { head: 'year', cell: (o) => String(o.year ?? '') }, col('firm', 'firm_usd', asUsd), col('contingent', 'contingent_usd', asUsd),
      col('received', 'received_usd', asUsd), col('revenue', 'revenue_usd', asUsd), col('share of revenue', 'paid_frac', asShare),
      col('gap', 'gap_usd', asUsd),
    ],
  },
  {
    key: 'musts', title: 'What would have to be true', caption: 'One thing at a time.',
    columns: [
      text('what', 'what'), text('for', 'solves'),
      { head: 'value', num: true, cell: (o) => mustValue(o) },
      { head: 'note', cell: (o) => h('small', {}, str(o, 'note')) },
    ],
  },
  {
    key: 'conflicts', title: 'Where the sources disagree', caption: 'Both readings are kept.',
    columns: [text('what', 'what'), text('reading', 'reading'), col('amount', 'usd', asUsd)],
  },
];

function mustValue(o: Obj): Child {
  const unit = str(o, 'unit');
  const f = fact(o, 'value');
  if (!f) return ND;
  if (unit.startsWith('USD') || unit === '$') return `${usd(f.value)}${unit.slice(3)}`;
  if (unit === 'frac') return percent(f.value);
  return `${number(f.value)} ${unit}`;
}

/** The rows with at least one figure as a table; the others named in a note. */
function known(caption: string, columns: FactColumn[], rows: Obj[]): Node[] {
  const keys = columns.flatMap((c) => (c.key ? [c.key] : []));
  const some = rows.filter((o) => keys.length === 0 || keys.some((k) => fact(o, k) !== null));
  const none = rows.filter((o) => !some.includes(o));
  const name = (o: Obj): string => {
    const cells = columns.filter((c) => !c.num).map((c) => c.cell(o));
    return cells.filter((c): c is string => typeof c === 'string' && c !== '–').slice(0, 3).join(' ');
  };
  return [
    ...(some.length > 0 ? [long(caption, columns, some)] : []),
    ...(none.length > 0 ? [note(`Nothing public (n/d): ${[...new Set(none.map(name))].join('; ')}.`)] : []),
  ];
}

const FIRST = 8;
const bullets = (findings: Obj[]): HTMLElement =>
  h('ul', { class: 'plain' }, ...findings.map((f) =>
    h('li', {}, str(f, 'text'), str(f, 'source') && h('small', {}, ` (${str(f, 'source')})`))));

function one(d: Obj, into: HTMLElement): void {
  const findings = objs(d, 'findings');
  if (findings.length > 0)
    into.append(bullets(findings.slice(0, FIRST)));
  if (findings.length > FIRST) into.append(folded(`${findings.length - FIRST} more findings`, bullets(findings.slice(FIRST))));
  const firm = objs(d, 'firm');
  if (firm.length > 0) {
    const drawn = firm.filter((o) => fact(o, 'headline_usd') !== null);
    into.append(subhead('Firm against headline'));
    if (drawn.length > 0) chart(into, drawn.length * 32 + 70, 'Headline of each commitment, of it firm, contingent, optional', firmBars(drawn));
    into.append(long('Firm: owed up to the first exit without fault, from this date on.', [
      text('commitment', 'group'),
      { head: 'from → to', cell: (o) => h('small', {}, `${str(o, 'payer')} → ${str(o, 'payee')}`) },
      col('headline', 'headline_usd', asUsd), col('firm', 'firm_usd', asUsd), col('firm share', 'firm_frac', asShare),
      col('contingent', 'contingent_usd', asUsd), col('optional', 'optional_usd', asUsd),
      { head: 'first exit', cell: (o) => str(o, 'exit_date') || 'none public' },
      { head: 'why', cell: (o) => h('small', {}, str(o, 'reason')) },
    ], firm));
  }
  for (const spec of TABLES) {
    const rows = objs(d, spec.key);
    if (rows.length > 0) into.append(subhead(spec.title), ...known(spec.caption, spec.columns, rows));
  }
  const unknowns = strs(d, 'unknowns');
  if (unknowns.length > 0)
    into.append(subhead('Not known'), h('ul', { class: 'plain' }, ...unknowns.map((u) => h('li', {}, u))));
}

function render(r: Result, into: HTMLElement): void {
  for (const d of r.deals) {
    if (r.deals.length > 1) into.append(h('h3', { class: 'deal' }, str(d, 'title') || str(d, 'name')));
    const share = fact(d, 'unconfirmed_frac');
    if (share) into.append(note(`${percent(share.value, 2)} of the money in this deal rests on reported, estimated or assumed figures.`));
    one(d, into);
  }
}

export const deal: View = {
  id: 'deal',
  title: 'The deal',
  lacks: (r) => (r.deals.length > 0 ? '' : 'no deal'),
  render,
};
