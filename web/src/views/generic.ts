// SPDX-License-Identifier: Apache-2.0
// Any result as tables: for the commands that have no views of their own.
import { isObj, type Json, type Obj, type Result } from '../data';
import { h, subhead, table, type Child } from '../dom';
import { ND, number, words } from '../format';
import type { View } from '../view';

const ENVELOPE = ['schema', 'schema_version', 'version', 'seed', 'data', 'assumed'];

function shown(x: Json | undefined): Child {
  if (x === null || x === undefined) return ND;
  if (typeof x === 'number') return number(x, 5);
  if (typeof x === 'string') return x;
  if (typeof x === 'boolean') return x ? 'yes' : 'no';
  return h('code', {}, JSON.stringify(x));
}

function render(r: Result, into: HTMLElement): void {
  const entries = Object.entries(r.root).filter(([key]) => !ENVELOPE.includes(key));
  const scalars = entries.filter(([, x]) => typeof x !== 'object' || x === null);
  into.append(table('The result.', [
    { head: 'what', cell: ([key]: [string, Json | undefined]) => words(key) },
    { head: 'value', num: true, cell: ([, x]) => shown(x) },
  ], scalars));
  for (const [key, x] of entries) {
    const rows = Array.isArray(x) ? x.filter(isObj) : isObj(x) ? [x] : [];
    if (rows.length === 0) continue;
    const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    into.append(subhead(words(key)), table(`${rows.length} entries`, keys.map((k, i) => ({
      head: words(k), num: i > 0 && typeof rows[0]?.[k] === 'number', cell: (row: Obj) => shown(row[k]),
    })), rows));
  }
}

export const generic: View = { id: 'figures', title: 'Result', lacks: () => '', render };
