// Rules of an http frontend in HAProxy's order: what refuses, redirects, answers, changes headers, and chooses the backend.

import { headersSchema } from '../../spec/headers.js';
import type { RateLimitSpec } from '../../spec/rate-limit.js';
import { type RouteSpec, routeSchema } from '../../spec/route.js';
import type { ConfigLine } from '../read-config.js';
import type { Conditions } from './condition.js';
import type { Proxy } from './proxy.js';
import { readTemplate } from './template.js';
import { readTime } from './values.js';

/** What the rules come to. */
export interface ReadRules {
  readonly routes: RouteSpec[];
  readonly request: Changes;
  readonly response: Changes;
  readonly rateLimit: RateLimitSpec | undefined;
  /** Whether members are told of the client by an X-Forwarded header. */
  readonly tellsClient: boolean;
}

/** A rate limit, and the lines that it stands for. */
interface Limit {
  readonly spec: RateLimitSpec;
  readonly lines: readonly ConfigLine[];
}

interface Changes {
  readonly set: Record<string, string>;
  readonly add: Record<string, string>;
  readonly remove: string[];
}

/** Headers that `forwarded` writes. */
const FORWARDED: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
]);

/**
 * Reads the rules of a frontend.
 * @param poolOf - the pool of a backend; undefined = there is no such backend
 * @param done - lines that are in the spec already
 */
export function readRules(
  proxy: Proxy,
  conditions: Conditions,
  poolOf: (backend: string) => string | undefined,
  done: ReadonlySet<ConfigLine>,
): ReadRules {
  const limit = readLimit(proxy, conditions);
  const rules = {
    routes: [] as RouteSpec[],
    request: { set: {}, add: {}, remove: [] } as Changes,
    response: { set: {}, add: {}, remove: [] } as Changes,
    rateLimit: limit?.spec,
    tellsClient: proxy.option('forwardfor') !== undefined,
  };
  for (const line of proxy.own('http-request')) {
    if (done.has(line) || limit?.lines.includes(line) === true) continue;
    if (readChange(proxy, line, rules.request)) {
      const header = (line.words[2] ?? '').toLowerCase();
      if (FORWARDED.has(header)) rules.tellsClient = true;
    } else readAnswer(proxy, line, conditions, rules.routes);
  }
  for (const line of proxy.own('http-response')) readChange(proxy, line, rules.response);
  for (const line of proxy.own('redirect')) readAnswer(proxy, line, conditions, rules.routes);
  const uri = proxy.last('monitor-uri');
  if (uri !== undefined)
    rules.routes.unshift({
      match: { path: { exact: uri.words[1] ?? '/' } },
      respond: { status: 200 },
    });
  for (const line of proxy.own('use_backend')) {
    const pool = poolOf(line.words[1] ?? '');
    if (pool === undefined) proxy.notes.leave(line, 'There is no backend of this name.');
    else addRoutes(proxy, line, conditions, rules.routes, { pool });
  }
  return rules;
}

/** Adds a route for each match of the line's condition. */
export function addRoutes(
  { notes }: Proxy,
  line: ConfigLine,
  conditions: Conditions,
  routes: RouteSpec[],
  action: Omit<RouteSpec, 'match'>,
): void {
  const matches = conditions.matches(line);
  const isRefusal = action.respond !== undefined && action.respond.status >= 400;
  const beware = isRefusal ? ' Whoever it refuses is let in.' : '';
  if (typeof matches === 'string') {
    notes.leave(line, `${matches}${beware}`);
    return;
  }
  const added = matches.map((match) => ({ match, ...action }));
  const fault = added.map((route) => routeSchema.safeParse(route).error?.issues[0]?.message);
  const reason = fault.find((message) => message !== undefined);
  if (reason === undefined) {
    notes.take(line);
    routes.push(...added);
  } else notes.leave(line, `${reason}${beware}`);
}

/** @returns whether it was a change of headers that holds for everybody, and is in the spec */
function readChange({ notes }: Proxy, line: ConfigLine, changes: Changes): boolean {
  const [, action = '', name = '', format = ''] = line.words;
  if (!['set-header', 'add-header', 'del-header'].includes(action)) return false;
  const header = name.toLowerCase();
  if (FORWARDED.has(header) && line.words[0] === 'http-request') {
    notes.approximate(line, '"forwarded" writes it, for every request.');
    return true;
  }
  if (line.words.some((word) => word === 'if' || word === 'unless')) {
    notes.leave(line, 'A change of headers holds for everybody, or for a route: move it there.');
    return true;
  }
  if (action === 'del-header') {
    if (line.words.length > 3) notes.leave(line, 'Headers are removed by their whole name.');
    else {
      notes.take(line);
      changes.remove.push(header);
    }
    return true;
  }
  const value = readTemplate(format);
  const { success } = headersSchema.safeParse({ request: { set: { [header]: value ?? '\n' } } });
  if (value === undefined || !success) {
    notes.leave(line, 'Its value holds something that templates have no word for.');
    return true;
  }
  notes.take(line);
  if (action === 'set-header') changes.set[header] = value;
  else if (changes.add[header] === undefined) changes.add[header] = value;
  else notes.leave(line, 'One header of a name is added at most.');
  return true;
}

function readAnswer(
  proxy: Proxy,
  line: ConfigLine,
  conditions: Conditions,
  routes: RouteSpec[],
): void {
  const words = line.words[0] === 'redirect' ? line.words : line.words.slice(1);
  const [action = ''] = words;
  switch (action) {
    case 'deny':
    case 'reject': {
      const status = Number(valueIn(words, 'deny_status') ?? valueIn(words, 'status') ?? 403);
      const [more] = wordsBesides(words.slice(1), ['deny_status', 'status']);
      if (more !== undefined)
        proxy.notes.approximate(line, `Refusals have a status: "${more}" is left out.`);
      addRoutes(proxy, line, conditions, routes, { respond: { status } });
      return;
    }
    case 'return':
      readReturn(proxy, line, conditions, routes);
      return;
    case 'redirect':
      readRedirect(proxy, line, words, conditions, routes);
      return;
    default:
      proxy.notes.leave(line, `There is no rule "${action}" in a spec.`);
  }
}

function readReturn(
  proxy: Proxy,
  line: ConfigLine,
  conditions: Conditions,
  routes: RouteSpec[],
): void {
  const { words } = line;
  const body = valueIn(words, 'string');
  const contentType = valueIn(words, 'content-type');
  if (wordsBesides(words.slice(2), ['status', 'content-type', 'string']).length > 0) {
    proxy.notes.leave(line, 'Fixed answers have a status, a type and a text.');
    return;
  }
  addRoutes(proxy, line, conditions, routes, {
    respond: {
      status: Number(valueIn(words, 'status') ?? 200),
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    },
  });
}

function readRedirect(
  proxy: Proxy,
  line: ConfigLine,
  words: readonly string[],
  conditions: Conditions,
  routes: RouteSpec[],
): void {
  const [, kind = '', target = ''] = words;
  const code = Number(valueIn(words, 'code') ?? 302);
  const [more] = wordsBesides(words.slice(3), ['code']);
  if (more !== undefined) {
    proxy.notes.leave(line, `Redirects have no option "${more}".`);
    return;
  }
  const status = code === 301 || code === 303 || code === 307 || code === 308 ? code : 302;
  const plain = readTemplate(target);
  if (plain === undefined) {
    proxy.notes.leave(line, 'Its target holds something that templates have no word for.');
    return;
  }
  const targets: Readonly<Record<string, string>> = {
    scheme: `${plain}://{host}{path}?{query}`,
    prefix: `${plain === '/' ? '' : plain}{path}?{query}`,
    location: plain,
  };
  const to = targets[kind];
  if (to === undefined) proxy.notes.leave(line, 'Redirects go by scheme, prefix or location.');
  else addRoutes(proxy, line, conditions, routes, { redirect: { to, status } });
}

/**
 * The usual three lines of a rate limit:
 * `stick-table ... store http_req_rate(T)`, `http-request track-sc0 src`, `http-request deny if { sc_http_req_rate(0) gt N }`.
 */
function readLimit(proxy: Proxy, conditions: Conditions): Limit | undefined {
  const tracks = proxy.own('http-request', 'track-sc0').at(-1);
  const table = proxy.own('stick-table').at(-1);
  const window = readTime(/http_req_rate\(([^)]+)\)/.exec(table?.text ?? '')?.[1]);
  if (tracks === undefined || table === undefined || window === undefined) return undefined;
  if (tracks.words[2] !== 'src' || tracks.words.length > 3) {
    proxy.notes.leave(tracks, 'Limits are kept by address here.');
    return undefined;
  }
  for (const line of proxy.own('http-request', 'deny')) {
    const single = conditions.single(line);
    const [acl] = single?.acls ?? [];
    if (acl === undefined || single?.isNegated === true || single?.acls.length !== 1) continue;
    if (!/^(?:sc0_http_req_rate|sc_http_req_rate\(0\))$/.test(acl.criterion)) continue;
    const [operator, limit] = acl.values;
    const requests = Number(limit) + (operator === 'ge' ? -1 : 0);
    if (!Number.isInteger(requests) || requests < 1 || !['gt', 'ge'].includes(operator ?? ''))
      continue;
    const status = Number(valueIn(line.words, 'deny_status') ?? 403);
    const lines = [tracks, table, line];
    for (const taken of lines) proxy.notes.take(taken);
    conditions.take([acl]);
    return { spec: { requests, window, ...(status === 429 ? {} : { status }) }, lines };
  }
  return undefined;
}

/** Options before the condition that are none of these, which have a value each. */
function wordsBesides(words: readonly string[], valued: readonly string[]): readonly string[] {
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'if' || word === 'unless') break;
    if (valued.includes(word)) i++;
    else rest.push(word);
  }
  return rest;
}

function valueIn(words: readonly string[], key: string): string | undefined {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
}
