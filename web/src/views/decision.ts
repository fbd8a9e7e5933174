// SPDX-License-Identifier: Apache-2.0
// The decision first: sign, wait or walk and how much; the price at which to walk away; the three
// facts that would change it; what rests on facts nobody has confirmed.
import { fact, num, obj, objs, str, type Obj, type Result } from '../data';
import { folded, h, lead, note, subhead, table, type Child } from '../dom';
import { count, ND, number, perHour, percent, range, usd, words } from '../format';
import type { View } from '../view';

const VERDICTS: { [name: string]: string } = {
  sign: '✓ sign', wait: '◦ wait', walk: '✕ walk', no_price: '? no price', keep: '✓ keep', closed: '– closed',
};

const order = (a: Obj): number => Object.keys(VERDICTS).indexOf(str(a, 'verdict'));

const badge = (name: string): Child =>
  h('span', { class: `verdict ${name.replace(/[^a-z_]/g, '')}` }, VERDICTS[name] ?? name);

/** Price as a dot against the walk-away price as a line, on one scale for all offers. */
function gauge(price: number | null, walk: number | null, max: number): Child {
  if (max <= 0 || (price === null && walk === null)) return null;
  const left = (x: number): string => `left:${Math.min(100, (100 * x) / max).toFixed(1)}%`;
  return h(
    'div',
    { class: 'gauge', 'aria-hidden': 'true' },
    h('i'),
    price !== null && h('b', { style: left(price) }),
    walk !== null && h('u', { style: left(walk) }),
  );
}

function offers(advice: Obj[]): HTMLElement {
  const price = (a: Obj) => num(a, 'price_usd_per_chip_s');
  const walk = (a: Obj) => num(a, 'walk_away_usd_per_chip_s');
  const prices = advice.flatMap((a) => [price(a), walk(a)]).filter((x): x is number => x !== null);
  const max = Math.max(0, ...prices) * 1.05;
  const swing = (a: Obj): string => {
    const low = num(a, 'swing_low_chips_n');
    const high = num(a, 'swing_high_chips_n');
    return low === null || high === null ? ND : range(count(low), count(high));
  };
  return table(
    'Every offer that takes a signature. Prices per chip-hour; ● its price, | the price above which to walk away.',
    [
      { head: 'offer', cell: (a) => h('span', {}, str(a, 'offer'), h('br'), h('small', {}, str(a, 'chip'))) },
      { head: 'verdict', cell: (a) => badge(str(a, 'verdict')) },
      { head: 'chips to sign', num: true, cell: (a) => count(num(a, 'chips_n')) },
      { head: 'if one fact moves', num: true, cell: swing },
      { head: 'commitment', num: true, cell: (a) => usd(num(a, 'commitment_usd')) },
      {
        head: 'price',
        num: true,
        cell: (a) => {
          const f = fact(a, 'price_usd_per_chip_s');
          if (!f) return ND;
          const spread = f.low !== f.high ? `${perHour(f.low)} – ${perHour(f.high)}` : '';
          return h('span', {}, perHour(f.value), spread && h('br'), spread && h('small', {}, spread));
        },
      },
      { head: 'walk away above', num: true, cell: (a) => perHour(walk(a)) },
      { head: '', cell: (a) => gauge(price(a), walk(a), max) },
      { head: 'why', cell: (a) => h('small', {}, str(a, 'why')) },
    ],
    [...advice].sort((a, b) => order(a) - order(b)),
  );
}

function swingCard(s: Obj, base: number | null): HTMLElement {
  const side = (at: string): Child => {
    const cost = num(s, `${at}_cost_usd`);
    const change = cost === null || base === null ? '' : `cost ${cost >= base ? '+' : ''}${usd(cost - base)}`;
    return h('p', {}, h('strong', {}, str(s, at) || ND), change && ` → ${change}`);
  };
  const flipped = str(s, 'flipped');
  return h(
    'div',
    { class: 'card' },
    h('h4', {}, str(s, 'fact')),
    side('low'),
    side('high'),
    h('p', { class: flipped ? 'flip' : undefined }, flipped ? `Changes: ${flipped}` : 'Changes no verdict.'),
    str(s, 'basis') && h('p', { class: 'note' }, str(s, 'basis')),
  );
}

function stats(p: Obj): HTMLElement {
  const item = (term: string, value: string, small: string): Child =>
    h('div', {}, h('dt', {}, term), h('dd', {}, value, h('small', {}, small)));
  const cost = num(p, 'cost_usd');
  const hhi = objs(p, 'hhi')[0];
  return h(
    'dl',
    { class: 'stats' },
    item('expected cost', usd(cost), `p10–p90 ${range(usd(num(p, 'cost_p10_usd')), usd(num(p, 'cost_p90_usd')))}`),
    item('bad case', usd(num(p, 'cvar_usd')), 'mean of the worst outcomes'),
    item('of it committed', usd(num(p, 'commitment_usd')), 'present value within the horizon'),
    item('demand unmet', percent(num(p, 'unmet_frac'), 2), 'of its penalty value'),
    item('capacity idle', percent(num(p, 'idle_frac'), 2), 'of what is committed'),
    hhi ? item('concentration', number2(num(hhi, 'hhi')), `HHI by ${str(hhi, 'by')}`) : null,
  );
}
const number2 = (x: number | null): string => (x === null ? ND : x.toFixed(3));

const FIRST = 6;

function unconfirmed(rows: Obj[]): Child {
  if (rows.length === 0) return note('Every figure used is filed, closed, measured or stated by the vendor.');
  const make = (part: Obj[], caption: string): HTMLElement =>
    table(
      caption,
      [
        { head: 'where', cell: (u) => str(u, 'where') },
        { head: 'value', num: true, cell: (u) => str(u, 'value') },
        { head: 'status', cell: (u) => str(u, 'status') },
        { head: 'source', cell: (u) => h('small', {}, str(u, 'source')) },
      ],
      part,
    );
  const rest = rows.slice(FIRST);
  return h(
    'div',
    {},
    make(rows.slice(0, FIRST), `${rows.length} figures in the answer are not confirmed by a filing or a vendor's page.`),
    rest.length > 0 && folded(`${rest.length} more`, make(rest, 'the others')),
  );
}

function render(r: Result, into: HTMLElement): void {
  if (r.headline) into.append(h('p', { class: 'decision' }, r.headline));
  if (r.portfolio) into.append(stats(r.portfolio));
  if (r.advice.length > 0) into.append(offers(r.advice));
  if (r.swings.length > 0) {
    const base = r.portfolio && num(r.portfolio, 'cost_usd');
    into.append(
      subhead('Three facts that would change it'),
      h('div', { class: 'cards' }, ...r.swings.slice(0, 3).map((s) => swingCard(s, base))),
      folded('All facts that were moved', allSwings(r.swings)),
    );
  }
  into.append(subhead('What rests on unconfirmed facts'));
  const shown = unconfirmed(r.unconfirmed);
  if (shown) into.append(shown);
  const limits = r.portfolio ? objs(r.portfolio, 'limits') : [];
  const held = new Map(limits.map((l) => [str(l, 'name'), Math.max(...limits.filter((m) => str(m, 'name') === str(l, 'name')).map((m) => num(m, 'raised_by') ?? 0))]));
  if (held.size > 0)
    into.append(lead(`Limits that hold the plan back: ${[...held].map(limit).join('; ')}.`));
  if (r.portfolio && obj(r.portfolio, 'alternative')) into.append(alternative(obj(r.portfolio, 'alternative')!));
}

/** `over`: what offers signed already need beyond the limit, in its unit; dollars but for power. */
function limit([name, over]: [string, number]): string {
  if (over <= 0) return words(name);
  return `${words(name)} (signed offers already exceed it by ${name.startsWith('power') ? `${number(over)} W` : usd(over)})`;
}

function alternative(a: Obj): HTMLElement {
  const vendors = objs(a, 'vendors').map((v) => `${str(v, 'name')} ${percent(num(v, 'share_frac'), 2)}`);
  return lead(
    `Nearly as cheap, and most different: ${vendors.join(', ')} at ${usd(num(a, 'cost_usd'))} ` +
      `(${percent(num(a, 'moved_frac'), 2)} of the vendor mix moved).`,
  );
}

function allSwings(swings: Obj[]): HTMLElement {
  return table(
    'One fact moved to each end of its range, the plan solved again; everything else as it stands.',
    [
      { head: 'fact', cell: (s) => str(s, 'fact') },
      { head: 'low', num: true, cell: (s) => str(s, 'low') },
      { head: 'cost', num: true, cell: (s) => usd(num(s, 'low_cost_usd')) },
      { head: 'high', num: true, cell: (s) => str(s, 'high') },
      { head: 'cost', num: true, cell: (s) => usd(num(s, 'high_cost_usd')) },
      { head: 'newly signed', num: true, cell: (s) => range(usd(num(s, 'low_commitment_usd')), usd(num(s, 'high_commitment_usd'))) },
      { head: 'changes', cell: (s) => str(s, 'flipped') || '–' },
    ],
    swings,
  );
}

export const decision: View = {
  id: 'decision',
  title: 'The decision',
  lacks: (r) => (r.headline || r.advice.length > 0 ? '' : 'no decision'),
  render,
};
