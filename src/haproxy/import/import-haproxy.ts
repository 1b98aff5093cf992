// HAProxy's configuration as a spec: what it means here, and line by line what it does not.
import { renderDuration } from '../../core/duration.js';
import type { BalancerSpec } from '../../spec/balancer.js';
import type { FrontendSpec } from '../../spec/frontend.js';
import type { PoolSpec } from '../../spec/pool.js';
import { type ConfigLine, type ConfigSection, readConfig } from '../read-config.js';
import { readBackend } from './backend.js';
import { readFrontend } from './frontend.js';
import { HashKeys } from './hash-keys.js';
import { Names } from './names.js';
import { type ImportNote, Notes } from './notes.js';
import { Proxy, type ProxyKind } from './proxy.js';

/** What came of a configuration. */
export interface ImportedHaproxy {
  /** Files that it names are looked for where HAProxy has them. */
  readonly spec: BalancerSpec;
  /** Every line that the spec does not stand for exactly, in order; all others are in the spec. */
  readonly notes: readonly ImportNote[];
  /** Lines that carry something: neither blank nor comment. */
  readonly lines: number;
}

/** How to import. */
export interface ImportHaproxyOptions {
  /** Name of the balancer. @defaultValue 'imported' */
  readonly name?: string;
}

/** Why lines of a section mean nothing to a spec. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  global: "It is about HAProxy's process, not about traffic.",
  userlist: 'Users are in a file: basicAuth: { usersFile }.',
  peers: 'Nodes of a pair tell each other by "ha".',
  resolvers: 'Names are looked up by "discovery" of a pool.',
  '': 'It stands outside of every section.',
};

/** Lines that say what evenkeel does anyway. */
const SAME_ANYWAY: readonly (readonly string[])[] = [
  ['mode'],
  ['option', 'http-keep-alive'],
  ['option', 'dontlognull'],
  ['option', 'abortonclose'],
  ['option', 'redispatch'],
  ['option', 'httplog'],
  ['option', 'tcplog'],
];

/**
 * Reads HAProxy's configuration: frontends, binds, backends, servers, balance, checks, cookies, simple ACLs and the rules that use
 * them. The spec is one that `checkSpec` takes, but for files that are not there.
 * @param text - a whole haproxy.cfg
 */
export function importHaproxy(text: string, options: ImportHaproxyOptions = {}): ImportedHaproxy {
  const notes = new Notes();
  const sections = readConfig(text);
  const proxies = readProxies(sections, notes);
  const pools = new Names();
  const backends = proxies.filter(({ kind }) => kind !== 'frontend').filter(hasServers);
  const known = new Map(backends.map(({ name }) => [name, pools.of(name)]));
  const keys = new HashKeys(backends, proxies);
  const poolOf = (name: string): string | undefined => known.get(name);
  const place = { names: new Names(), poolOf, done: keys.lines };
  const frontends: FrontendSpec[] = [];
  const read: PoolSpec[] = [];
  for (const line of keys.lines) notes.take(line);
  for (const proxy of proxies) {
    for (const words of SAME_ANYWAY) proxy.all(...words);
    if (proxy.kind === 'listen' && !hasServers(proxy)) leaveAll(proxy, 'It serves no members.');
    else if (proxy.kind !== 'backend') frontends.push(...readFrontend(proxy, place));
    const pool = known.get(proxy.name);
    if (proxy.kind !== 'frontend' && pool !== undefined) read.push(readBackend(proxy, pool, keys));
    else if (proxy.kind === 'backend') leaveAll(proxy, 'It has no servers.');
  }
  const spec = { name: options.name ?? 'imported', frontends, pools: read };
  const lines = linesOf(sections);
  return { spec: withUnits(spec), notes: notes.of(lines), lines: lines.length };
}

/** Fields that hold a time. */
const TIMES: ReadonlySet<string> = new Set([
  'connect',
  'server',
  'client',
  'requestHead',
  'keepAlive',
  'tunnel',
  'clientHello',
  'interval',
  'fastInterval',
  'downInterval',
  'timeout',
  'slowStart',
  'ttl',
  'maxIdle',
  'maxLife',
  'window',
]);

/** Milliseconds as people write them: `5000` -> `5s`. */
function withUnits(spec: BalancerSpec): BalancerSpec {
  return JSON.parse(
    JSON.stringify(spec, (key, value: unknown) =>
      typeof value === 'number' && TIMES.has(key) ? renderDuration(value) : value,
    ),
  ) as BalancerSpec;
}

function hasServers(proxy: Proxy): boolean {
  return proxy.peek('server').length > 0 || proxy.peek('server-template').length > 0;
}

function leaveAll({ section, notes }: Proxy, reason: string): void {
  for (const line of [section.line, ...section.lines]) notes.leave(line, reason);
}

/** Sections that carry traffic, each with the lines of its `defaults`: those before it, or those it names. */
function readProxies(sections: readonly ConfigSection[], notes: Notes): readonly Proxy[] {
  const named: Map<string, readonly ConfigLine[]> = new Map();
  let current: readonly ConfigLine[] = [];
  const proxies: Proxy[] = [];
  for (const section of sections) {
    const { kind, name, line } = section;
    const from = line.words[line.words.indexOf('from') + 1];
    const base = line.words.includes('from') ? (named.get(from ?? '') ?? []) : undefined;
    if (kind === 'defaults') {
      notes.take(line);
      current = [...(base ?? []), ...section.lines];
      if (name !== '' && name !== 'from') named.set(name, current);
    } else if (isProxyKind(kind)) {
      notes.take(line);
      proxies.push(new Proxy(kind, section, base ?? current, notes));
    } else {
      const reason = ELSEWHERE[kind] ?? `A spec has no section "${kind}".`;
      notes.take(line);
      for (const own of section.lines) notes.leave(own, reason);
    }
  }
  return proxies;
}

function isProxyKind(kind: string): kind is ProxyKind {
  return kind === 'frontend' || kind === 'backend' || kind === 'listen';
}

function linesOf(sections: readonly ConfigSection[]): readonly ConfigLine[] {
  return sections.flatMap(({ kind, line, lines }) => (kind === '' ? lines : [line, ...lines]));
}
