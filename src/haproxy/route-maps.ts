// Large route tables as maps: runs of plain routes are looked up instead of being tried one after the other.
import type { RouteConfig } from '../spec/config.js';
import { canonicalHost } from './match.js';

/** From so many plain routes in a row on. */
const MANY = 8;

/** A line of a map. */
export interface MapEntry {
  /** `app.example.com/v1/`, or `/v1/` where hosts do not matter. */
  readonly key: string;
  readonly pool: string;
}

/** One route by itself, or a run of plain ones. */
export type RouteRun =
  | { readonly kind: 'one'; readonly index: number }
  | {
      readonly kind: 'map';
      readonly first: number;
      readonly last: number;
      readonly looksAtHost: boolean;
      readonly entries: readonly MapEntry[];
    };

/**
 * Splits routes into runs. HAProxy takes the longest key that begins what is looked up, evenkeel the first route that matches:
 * the two are one when a key is left out that begins with an earlier one, since nothing ever reaches it.
 */
export function findRuns(routes: readonly RouteConfig[]): readonly RouteRun[] {
  const runs: RouteRun[] = [];
  let start = 0;
  while (start < routes.length) {
    const kind = kindOf(routes[start]!);
    let end = start + 1;
    while (end < routes.length && kindOf(routes[end]!) === kind) end++;
    if (kind !== 'other' && end - start >= MANY) {
      const entries = entriesOf(routes.slice(start, end));
      runs.push({
        kind: 'map',
        first: start,
        last: end - 1,
        looksAtHost: kind === 'host',
        entries,
      });
    } else {
      for (let index = start; index < end; index++) runs.push({ kind: 'one', index });
    }
    start = end;
  }
  return runs;
}

/** `host`: exact names and perhaps a prefix; `path`: a prefix alone; both lead to a pool and do nothing else. */
function kindOf(route: RouteConfig): 'host' | 'path' | 'other' {
  const { match, pool, ...rest } = route;
  if (pool === undefined || Object.keys(rest).length > 0) return 'other';
  const { host, path, ...others } = match;
  if (Object.keys(others).length > 0) return 'other';
  if (path !== undefined && (typeof path !== 'string' || /\s/.test(path))) return 'other';
  if (host === undefined) return path === undefined ? 'other' : 'path';
  return host.some((name) => name.startsWith('*.')) ? 'other' : 'host';
}

function entriesOf(routes: readonly RouteConfig[]): readonly MapEntry[] {
  const entries: MapEntry[] = [];
  const seen = new Set<string>();
  for (const { match, pool = '' } of routes) {
    const path = typeof match.path === 'string' ? match.path : '/';
    const prefix = path.endsWith('/') ? path : `${path}/`;
    for (const host of match.host ?? ['']) {
      const key = `${host === '' ? '' : canonicalHost(host)}${prefix}`;
      if (isShadowed(key, seen)) continue;
      seen.add(key);
      entries.push({ key, pool });
    }
  }
  return entries;
}

/** Whether an earlier key begins this one. */
function isShadowed(key: string, seen: ReadonlySet<string>): boolean {
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
    if (seen.has(key.slice(0, slash + 1))) return true;
  }
  return false;
}
