// SPDX-License-Identifier: Apache-2.0
// The page: reads the result that stands in the file and shows it view by view, the decision first.
import { watch } from './chart';
import { isObj, readResult, type Json, type Result } from './data';
import { h } from './dom';
import css from './page.css?inline';
import type { View } from './view';
import { capacity } from './views/capacity';
import { cash } from './views/cash';
import { commitments } from './views/commitments';
import { curve } from './views/curve';
import { deal } from './views/deal';
import { decision } from './views/decision';
import { generic } from './views/generic';
import { money } from './views/money';
import { sources } from './views/sources';
import { work } from './views/work';

const VIEWS: View[] = [decision, capacity, commitments, cash, money, work, curve, deal];

function show(view: View, r: Result, main: HTMLElement): void {
  const section = h('section', { id: view.id, 'aria-labelledby': `${view.id}-title` },
    h('h2', { id: `${view.id}-title` }, view.title));
  main.append(section);
  try {
    view.render(r, section);
  } catch (error) {
    section.append(h('p', { class: 'note' }, `This part could not be drawn: ${String(error)}`));
  }
}

function start(): void {
  document.head.append(h('style', {}, css));
  const main = document.getElementById('report')!;
  const root = JSON.parse(document.getElementById('result')!.textContent ?? '') as Json;
  if (!isObj(root)) throw new Error('the result is not an object');
  const r = readResult(root);
  const able = VIEWS.filter((v) => v.lacks(r) === '');
  const shown = [...(able.length > 0 ? able : [generic]), sources];
  main.append(
    h('header', {},
      h('div', { class: 'kicker' }, r.asOf ? `offtake · as known on ${r.asOf}` : 'offtake'),
      h('h1', {}, r.title || 'Result'),
      h('nav', { 'aria-label': 'Parts of this report' }, ...shown.map((v) => h('a', { href: `#${v.id}` }, v.title)))),
  );
  for (const view of shown) show(view, r, main);
  const hidden = able.length > 0 ? VIEWS.filter((v) => v.lacks(r) !== '') : [];
  if (hidden.length > 0)
    main.append(h('footer', {}, `Not shown: ${hidden.map((v) => `${v.title.toLowerCase()} (${v.lacks(r)} in this result)`).join('; ')}.`));
  watch();
  // A page wider than its window is a fault that a test looks for.
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) main.setAttribute('data-wide', String(page.scrollWidth));
}

start();
