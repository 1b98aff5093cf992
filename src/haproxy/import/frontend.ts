// A frontend of HAProxy as frontends of a spec: one for each way in which its addresses are spoken to.

import type { AccessSpec, FrontendSpec, FrontendTimeoutsSpec } from '../../spec/frontend.js';
import { isHttp } from '../../spec/protocol.js';
import type { RouteSpec } from '../../spec/route.js';
import type { ConfigLine } from '../read-config.js';
import type { BindGroup } from './bind.js';
import { readBinds } from './bind.js';
import { Conditions } from './condition.js';
import type { Names } from './names.js';
import type { Proxy } from './proxy.js';
import { addRoutes, type ReadRules, readRules } from './rules.js';
import { readCount, readTime } from './values.js';

/** What a frontend refers to. */
export interface FrontendPlace {
  readonly names: Names;
  /** The pool of a backend; undefined = there is no such backend. */
  readonly poolOf: (backend: string) => string | undefined;
  /** Rules that are in the spec already. */
  readonly done: ReadonlySet<ConfigLine>;
}

const EVERYBODY: readonly string[] = ['0.0.0.0/0', '::/0'];

/** Reads a frontend, or the entrance of a `listen`. */
export function readFrontend(proxy: Proxy, place: FrontendPlace): readonly FrontendSpec[] {
  const groups = readBinds(proxy.own('bind'), proxy.notes);
  const isTcp = proxy.mode !== 'http';
  return groups.map((group) => (isTcp ? readTcp : readHttp)(proxy, group, place));
}

function nameOf(proxy: Proxy, { tls, isHttp2 }: BindGroup, names: Names): string {
  if (tls !== undefined) return names.of(`${proxy.name}-tls`);
  return names.of(isHttp2 ? `${proxy.name}-h2` : proxy.name);
}

function common(
  proxy: Proxy,
  group: BindGroup,
  place: FrontendPlace,
): Omit<FrontendSpec, 'protocol'> {
  const maxConnections = readCount(proxy.valueOf('maxconn'));
  const pool = defaultPool(proxy, place);
  return {
    name: nameOf(proxy, group, place.names),
    bind: group.addresses,
    ...(pool === undefined ? {} : { pool }),
    ...(group.tls === undefined ? {} : { tls: group.tls }),
    ...(group.acceptsProxy ? { acceptProxyProtocol: { trust: EVERYBODY } } : {}),
    ...(maxConnections === undefined || maxConnections === 0 ? {} : { maxConnections }),
  };
}

function defaultPool(proxy: Proxy, { poolOf }: FrontendPlace): string | undefined {
  const line = proxy.last('default_backend');
  if (line === undefined) return proxy.kind === 'listen' ? poolOf(proxy.name) : undefined;
  const pool = poolOf(line.words[1] ?? '');
  if (pool === undefined) proxy.notes.leave(line, 'There is no backend of this name.');
  return pool;
}

function readTcp(proxy: Proxy, group: BindGroup, place: FrontendPlace): FrontendSpec {
  const conditions = new Conditions(proxy, group.tls !== undefined);
  const { access } = readAccess(proxy, conditions, 'tcp-request');
  const routes: RouteSpec[] = [];
  for (const line of proxy.own('use_backend')) {
    const pool = place.poolOf(line.words[1] ?? '');
    if (pool === undefined) proxy.notes.leave(line, 'There is no backend of this name.');
    else addRoutes(proxy, line, conditions, routes, { pool });
  }
  for (const line of proxy.own('tcp-request', 'content', 'accept')) {
    const acls = conditions.single(line)?.acls ?? [];
    if (acls.every(({ criterion }) => /^req[._]ssl_hello_type$/.test(criterion))) {
      conditions.take(acls);
      proxy.notes.take(line);
    }
  }
  conditions.finish();
  const clientHello = readTime(proxy.valueOf('tcp-request', 'inspect-delay'));
  const client = readTime(proxy.valueOf('timeout', 'client'));
  const timeouts: FrontendTimeoutsSpec = {
    ...(client === undefined ? {} : { client }),
    ...(clientHello === undefined ? {} : { clientHello }),
  };
  return {
    ...common(proxy, group, place),
    protocol: 'tcp',
    ...(routes.length === 0 ? {} : { routes }),
    ...(access === undefined ? {} : { access }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...accessLog(proxy, 'tcplog'),
  };
}

function readHttp(proxy: Proxy, group: BindGroup, place: FrontendPlace): FrontendSpec {
  const conditions = new Conditions(proxy, group.tls !== undefined);
  const connections = readAccess(proxy, conditions, 'tcp-request');
  const requests = readAccess(proxy, conditions, 'http-request', connections.access);
  const { access } = requests;
  const done = new Set([...place.done, ...requests.done]);
  const rules = readRules(proxy, conditions, place.poolOf, done);
  conditions.finish();
  // HAProxy's answer where there is no backend at all.
  if (proxy.kind === 'frontend' && proxy.last('default_backend') === undefined)
    rules.routes.push({ match: {}, respond: { status: 503 } });
  const protocol = group.tls === undefined ? 'http' : 'https';
  const timeouts = readTimeouts(proxy);
  return {
    ...common(proxy, group, place),
    protocol,
    ...(rules.routes.length === 0 ? {} : { routes: rules.routes }),
    ...(access === undefined ? {} : { access }),
    ...forwarded(proxy, rules),
    ...headers(rules),
    ...(rules.rateLimit === undefined ? {} : { rateLimit: rules.rateLimit }),
    ...(group.isHttp2 && isHttp(protocol) ? { http2: { cleartext: true } } : {}),
    ...readCompression(proxy),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...accessLog(proxy, 'httplog'),
  };
}

function forwarded(proxy: Proxy, { tellsClient }: ReadRules): Partial<FrontendSpec> {
  if (!tellsClient) return { forwarded: { mode: 'none' } };
  const line = proxy.option('forwardfor');
  if (line !== undefined)
    proxy.notes.approximate(
      line,
      'Host, port and protocol are told as well; what peers say of the client is dropped unless they are in forwarded.trust.',
    );
  return {};
}

function headers({ request, response }: ReadRules): Partial<FrontendSpec> {
  const sides = Object.entries({ request, response }).flatMap(([side, { set, add, remove }]) => {
    const changes = {
      ...(Object.keys(set).length === 0 ? {} : { set }),
      ...(Object.keys(add).length === 0 ? {} : { add }),
      ...(remove.length === 0 ? {} : { remove }),
    };
    return Object.keys(changes).length === 0 ? [] : [[side, changes] as const];
  });
  return sides.length === 0 ? {} : { headers: Object.fromEntries(sides) };
}

/** Networks that may or may not connect, from rules that refuse by address alone. */
function readAccess(
  proxy: Proxy,
  conditions: Conditions,
  rules: 'tcp-request' | 'http-request',
  before: AccessSpec = {},
): { readonly access: AccessSpec | undefined; readonly done: ReadonlySet<ConfigLine> } {
  const allow = [...(before.allow ?? [])];
  const deny = [...(before.deny ?? [])];
  const done: Set<ConfigLine> = new Set();
  for (const line of proxy.own(rules)) {
    const isRefusal = line.words.includes(rules === 'tcp-request' ? 'reject' : 'deny');
    const single = isRefusal ? conditions.single(line) : undefined;
    const acls = single?.acls ?? [];
    if (single === undefined || acls.length === 0) continue;
    if (!acls.every(({ criterion, flags }) => criterion === 'src' && flags.length === 0)) continue;
    // A rule of http that refuses some is a route, which keeps its place among the others.
    if (rules === 'http-request' && !single.isNegated) continue;
    // Two lists of whom to let in would both have to hold.
    if (single.isNegated && allow.length > 0) continue;
    conditions.take(acls);
    proxy.notes.take(line);
    done.add(line);
    (single.isNegated ? allow : deny).push(...acls.flatMap(({ values }) => values));
  }
  if (allow.length === 0 && deny.length === 0) return { access: undefined, done };
  const access = {
    ...(allow.length === 0 ? {} : { allow }),
    ...(deny.length === 0 ? {} : { deny }),
  };
  return { access, done };
}

function readTimeouts(proxy: Proxy): FrontendTimeoutsSpec {
  const found = {
    requestHead: readTime(proxy.valueOf('timeout', 'http-request')),
    client: readTime(proxy.valueOf('timeout', 'client')),
    keepAlive: readTime(proxy.valueOf('timeout', 'http-keep-alive')),
    tunnel: readTime(proxy.valueOf('timeout', 'tunnel')),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function readCompression(proxy: Proxy): Partial<FrontendSpec> {
  const algo = proxy.last('compression', 'algo');
  const types = proxy.last('compression', 'type');
  if (algo === undefined) return {};
  if (!algo.words.includes('gzip'))
    proxy.notes.approximate(algo, 'Answers are compressed by gzip, which every client knows.');
  return {
    compression: {
      algorithms: ['gzip'],
      minBytes: 0,
      ...(types === undefined ? {} : { types: types.words.slice(2) }),
    },
  };
}

function accessLog(proxy: Proxy, option: string): Partial<FrontendSpec> {
  const line = proxy.option(option);
  const logs = proxy.all('log');
  if (line === undefined || logs.length === 0) return {};
  for (const log of logs)
    proxy.notes.approximate(log, 'Lines go to standard output, or where the host says.');
  return { accessLog: 'haproxy' };
}
