// SPDX-License-Identifier: Apache-2.0
// What a view is: one question about a result, answered by words, a picture and its figures.
// To add one: a module in views/ and a row in main.ts.
import type { Result } from './data';

export interface View {
  id: string;
  title: string;
  /** What the result lacks for this view, in words; '' when it can be shown. */
  lacks: (r: Result) => string;
  render: (r: Result, into: HTMLElement) => void;
}
