// SPDX-License-Identifier: Apache-2.0
// Building elements without markup strings, so that no text of a result is ever read as HTML.

export type Child = Node | string | null | undefined | false;
type Attributes = { [name: string]: string | undefined };

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) el.setAttribute(name, value);
  for (const child of children) if (child) el.append(child);
  return el;
}

export interface Column<T> {
  head: string;
  /** Right-aligned, tabular figures. */
  num?: boolean;
  cell: (row: T) => Child;
}

export function table<T>(caption: string, columns: Column<T>[], rows: T[]): HTMLElement {
  const side = (c: Column<T>): string | undefined => (c.num ? 'num' : undefined);
  return h(
    'div',
    { class: 'table' },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...columns.map((c) => h('th', { scope: 'col', class: side(c) }, c.head)))),
      h(
        'tbody',
        {},
        ...rows.map((row) =>
          h(
            'tr',
            {},
            ...columns.map((c, i) =>
              i === 0
                ? h('th', { scope: 'row', class: side(c) }, c.cell(row))
                : h('td', { class: side(c) }, c.cell(row)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Long tables fold away on screen and open for print. */
export function folded(summary: string, ...children: Child[]): HTMLElement {
  return h('details', { class: 'figures' }, h('summary', {}, summary), ...children);
}

const LONG_ROWS = 14;

/** A table that folds away when it is long. */
export function long<T>(caption: string, columns: Column<T>[], rows: T[]): HTMLElement {
  const made = table(caption, columns, rows);
  return rows.length > LONG_ROWS ? folded(`${caption} ${rows.length} rows`, made) : made;
}

export const note = (...children: Child[]): HTMLElement => h('p', { class: 'note' }, ...children);
export const lead = (...children: Child[]): HTMLElement => h('p', { class: 'lead' }, ...children);
export const subhead = (text: string): HTMLElement => h('h3', {}, text);
