// SPDX-License-Identifier: Apache-2.0
// What was assumed, and from which files the answer was made.
import { objs, str, strs, num, type Obj, type Result } from '../data';
import { folded, h, lead, note, subhead, table } from '../dom';
import type { View } from '../view';

function render(r: Result, into: HTMLElement): void {
  const assumed = objs(r.root, 'assumed');
  const data = objs(r.root, 'data');
  const by = (from: string): number => data.filter((d) => str(d, 'from') === from).length;
  into.append(lead(`${assumed.length} defaults were used where the input says nothing. ${by('data')} files of the data folder and ${by('input')} of the input were read.`));
  if (assumed.length > 0) {
    const make = (rows: Obj[], caption: string) => table(caption, [
      { head: 'what', cell: (a: Obj) => h('code', {}, str(a, 'path')) },
      { head: 'value', cell: (a) => str(a, 'value') },
      { head: 'why', cell: (a) => h('small', {}, str(a, 'why')) },
    ], rows);
    into.append(assumed.length > 12 ? folded(`${assumed.length} assumptions`, make(assumed, 'Defaults used.')) : make(assumed, 'Defaults used.'));
  }
  for (const d of r.deals) {
    const story = objs(d, 'story');
    if (story.length === 0) continue;
    into.append(subhead(`As publicly known: ${str(d, 'title')}`), table('Statements, with what they rest on.', [
      { head: 'known from', cell: (s: Obj) => str(s, 'known_from') },
      { head: 'statement', cell: (s) => str(s, 'text') },
      { head: 'amount', num: true, cell: (s) => str(s, 'amount') },
      { head: 'status', cell: (s) => str(s, 'status') },
      { head: 'source', cell: (s) => h('small', {}, str(s, 'source')) },
    ], story));
  }
  const later = [...strs(r.root, 'not_yet_known'), ...r.deals.flatMap((d) => strs(d, 'not_yet_known'))];
  if (later.length > 0) into.append(note(`Left out, because known only later: ${later.join('; ')}.`));
  if (data.length > 0)
    into.append(folded('Files read, with their XXH3-128', table('Paths are relative to the data folder or to the input.', [
      { head: 'from', cell: (f: Obj) => str(f, 'from') },
      { head: 'file', cell: (f) => h('code', {}, str(f, 'path')) },
      { head: 'hash', cell: (f) => h('code', {}, str(f, 'xxh3_128')) },
    ], data)));
  into.append(note(`offtake ${str(r.root, 'version')}, seed ${num(r.root, 'seed') ?? 'n/d'}, result schema ${str(r.root, 'schema')} ${num(r.root, 'schema_version') ?? ''}. The result itself is in this file as JSON.`));
}

export const sources: View = {
  id: 'sources',
  title: 'Assumptions and sources',
  lacks: () => '',
  render,
};
