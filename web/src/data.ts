// SPDX-License-Identifier: Apache-2.0
// Reading a result: every access tolerates a missing or foreign value, because the page also shows
// results of earlier and later versions. Nothing here computes what the program did not.

export type Json = null | boolean | number | string | Json[] | Obj;
export interface Obj {
  [key: string]: Json | undefined;
}

/** A public figure with its range and where it comes from. */
export interface Fact {
  value: number;
  low: number;
  high: number;
  status: string;
  source: string;
}

export const isObj = (x: unknown): x is Obj =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

export function num(o: Obj, key: string): number | null {
  const x = o[key];
  if (typeof x === 'number') return x;
  if (isObj(x) && typeof x.value === 'number') return x.value;
  return null;
}

export function str(o: Obj, key: string): string {
  const x = o[key];
  return typeof x === 'string' ? x : '';
}

export function bool(o: Obj, key: string): boolean {
  return o[key] === true;
}

export function objs(o: Obj, key: string): Obj[] {
  const x = o[key];
  return Array.isArray(x) ? x.filter(isObj) : [];
}

export function nums(o: Obj, key: string): number[] {
  const x = o[key];
  return Array.isArray(x) ? x.filter((v): v is number => typeof v === 'number') : [];
}

export function strs(o: Obj, key: string): string[] {
  const x = o[key];
  return Array.isArray(x) ? x.filter((v): v is string => typeof v === 'string') : [];
}

export function obj(o: Obj, key: string): Obj | null {
  const x = o[key];
  return isObj(x) ? x : null;
}

/** A figure written as a number with `key_low`, `key_p10`, … beside it, or as an object. */
export function fact(o: Obj, key: string): Fact | null {
  const value = num(o, key);
  if (value === null) return null;
  const inner = obj(o, key);
  const side = (name: string): number | null => (inner ? num(inner, name) : num(o, `${key}_${name}`));
  const word = (name: string): string => (inner ? str(inner, name) : str(o, `${key}_${name}`));
  return {
    value,
    low: side('low') ?? side('p10') ?? value,
    high: side('high') ?? side('p90') ?? value,
    status: word('status') || word('label'),
    source: word('source'),
  };
}

/** The parts of a plan's result that the views share. */
export interface Result {
  root: Obj;
  title: string;
  asOf: string;
  headline: string;
  advice: Obj[];
  swings: Obj[];
  unconfirmed: Obj[];
  work: Obj[];
  portfolio: Obj | null;
  deals: Obj[];
}

const has = (o: Obj, ...keys: string[]): boolean => keys.some((k) => Array.isArray(o[k]));

export function readResult(root: Obj): Result {
  const portfolio = obj(root, 'portfolio') ?? (has(root, 'frontier', 'periods') ? root : null);
  let deals = objs(root, 'deals').map((d) => ({ ...d, ...(obj(d, 'result') ?? {}) }));
  const single = obj(root, 'deal');
  if (deals.length === 0 && single) deals = [single];
  if (deals.length === 0 && has(root, 'firm', 'edges')) deals = [root];
  return {
    root,
    title: str(root, 'title') || (deals.length === 1 ? str(deals[0]!, 'title') : '') || str(root, 'schema'),
    asOf: str(root, 'as_of') || (deals[0] ? str(deals[0], 'as_of') : ''),
    headline: str(root, 'headline'),
    advice: objs(root, 'decision'),
    swings: objs(root, 'swings'),
    unconfirmed: objs(root, 'unconfirmed'),
    work: objs(root, 'work'),
    portfolio,
    deals,
  };
}

/** Sum over scenarios, weighted by their probability, of `value(entry)`, by `keyOf(entry)`. */
export function expected(
  entries: Obj[],
  probability: Map<string, number>,
  keyOf: (e: Obj) => string,
  value: (e: Obj) => number | null,
): Map<string, number> {
  const out = new Map<string, number>();
  for (const e of entries) {
    const p = probability.get(str(e, 'scenario')) ?? 0;
    out.set(keyOf(e), (out.get(keyOf(e)) ?? 0) + p * (value(e) ?? 0));
  }
  return out;
}

export function probabilities(portfolio: Obj): Map<string, number> {
  return new Map(objs(portfolio, 'scenarios').map((s) => [str(s, 'name'), num(s, 'probability') ?? 0]));
}

export const unique = <T>(xs: T[]): T[] => [...new Set(xs)];
