// SPDX-License-Identifier: Apache-2.0
// Who pays whom? Payers on the left, payees on the right, so that money which runs in a circle
// shows as two streams that cross instead of a knot. Colour: what for; pale: not firm.
import { chart, type Option, type Theme } from '../chart';
import { fact, num, objs, str, unique, type Obj, type Result } from '../data';
import { folded, h, lead, table } from '../dom';
import { percent, usd, words } from '../format';
import type { View } from '../view';

const KINDS = ['compute', 'capital', 'rebate', 'security', 'other'];
const place = (kind: string): number => (KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length - 1);
const color = (t: Theme, kind: string): string => t.colors[place(kind)]!;
const loose = (e: Obj): number => (num(e, 'contingent_usd') ?? 0) + (num(e, 'optional_usd') ?? 0);
const PAYS = 'pays ';
const GETS = 'gets ';

function sankey(edges: Obj[]) {
  return (t: Theme): Option => {
    const names = unique([...edges.map((e) => PAYS + str(e, 'from')), ...edges.map((e) => GETS + str(e, 'to'))]);
    const links = edges.flatMap((e) => {
      const link = (value: number, opacity: number, word: string) => ({
        source: PAYS + str(e, 'from'), target: GETS + str(e, 'to'), value, word: `${words(str(e, 'money'))}, ${word}`,
        lineStyle: { color: color(t, str(e, 'money')), opacity },
      });
      return [link(num(e, 'firm_usd') ?? 0, 0.72, 'firm'), link(loose(e), 0.25, 'not firm')].filter((l) => l.value > 0);
    });
    return {
      tooltip: {
        confine: true, backgroundColor: t.paper, borderColor: t.rule, textStyle: { color: t.ink, fontSize: 12 },
        formatter: (p: any) => (p.dataType === 'edge' ? `${p.data.word}: ${usd(p.data.value)}` : `${p.name}: ${usd(p.value)}`),
      },
      series: [{
        type: 'sankey', left: 190, right: 210, top: 10, bottom: 10, nodeWidth: 10, nodeGap: 14, draggable: false,
        layoutIterations: 64, emphasis: { disabled: true },
        data: names.map((name) => ({
          name, itemStyle: { color: t.soft, borderWidth: 0 },
          label: {
            position: name.startsWith(PAYS) ? 'left' : 'right', color: t.ink, fontSize: 12, width: 180, overflow: 'truncate',
            formatter: (p: any) => `${p.name.slice(PAYS.length)}  ${usd(p.value, 3)}`,
          },
        })),
        links,
      }],
    };
  };
}

function key(edges: Obj[]): HTMLElement {
  const kinds = unique(edges.map((e) => str(e, 'money')));
  return h('p', { class: 'note' },
    ...kinds.map((k) => h('span', { class: 'key' }, h('i', { style: `background:var(--c${place(k)})` }), words(k))),
    'dense is firm, pale is contingent or optional');
}

function render(r: Result, into: HTMLElement): void {
  for (const d of r.deals) {
    const edges = objs(d, 'edges').filter((e) => (num(e, 'firm_usd') ?? 0) + loose(e) > 0);
    if (edges.length === 0) continue;
    const circular = fact(d, 'network_circular_usd');
    const share = fact(d, 'network_circular_frac');
    if (circular)
      into.append(lead(`${usd(circular.value)} of ${usd(fact(d, 'network_total_usd')?.value)} runs in circles among these parties${share ? ` (${percent(share.value, 2)})` : ''}.`));
    const parties = unique([...edges.map((e) => PAYS + str(e, 'from')), ...edges.map((e) => GETS + str(e, 'to'))]).length;
    chart(into, Math.max(260, 46 * (parties / 2) + 60), 'Money between the parties', sankey(edges));
    into.append(
      key(edges),
      folded('Figures', table(`Money between parties: ${str(d, 'title')}.`, [
        { head: 'from', cell: (e: Obj) => str(e, 'from') },
        { head: 'to', cell: (e) => str(e, 'to') },
        { head: 'for', cell: (e) => words(str(e, 'money')) },
        { head: 'firm', num: true, cell: (e) => usd(num(e, 'firm_usd')) },
        { head: 'contingent', num: true, cell: (e) => usd(num(e, 'contingent_usd')) },
        { head: 'optional', num: true, cell: (e) => usd(num(e, 'optional_usd')) },
      ], edges)),
    );
  }
}

export const money: View = {
  id: 'money',
  title: 'Who pays whom',
  lacks: (r) => (r.deals.some((d) => objs(d, 'edges').length > 0) ? '' : 'no money between parties'),
  render,
};
