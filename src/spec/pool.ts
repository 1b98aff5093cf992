// A pool: what a user writes, and what it expands to.
import type { OutlierConfig, PoolConfig } from './config.js';
import { type DiscoverySpec, discoverySchema, expandDiscovery } from './discovery.js';
import { filled } from './filled.js';
import { expandHealth, healthSchema, type MonitorSpec } from './health.js';
import { type Duration, duration, integer, milliseconds, name, percent, port } from './leaf.js';
import { expandMember, type MemberSpec, memberOrAddress } from './member.js';
import { expandRetries, type RetriesSpec, retriesSchema } from './retries.js';
import { list, type ObjectOf, object, oneOf, optional, required } from './shape.js';
import { expandSticky, type StickySpec, stickySchema } from './sticky.js';
import { expandStrategy, type StrategySpec, strategySchema } from './strategy.js';
import { type PoolTlsSpec, poolTlsSchema } from './tls.js';
import { expandPoolTls } from './tls-expansion.js';

/** Passive health: a member that fails while it serves is left out for a while. */
export interface OutlierSpec {
  /** Failures in a row, at least 1. @defaultValue 5 */
  readonly consecutiveFailures?: number;
  /** How long it is left out. @defaultValue 30s */
  readonly ejectFor?: Duration;
  /** Never more members than this share, 0-100, rounded down but one always; and never the last eligible one. @defaultValue 50 */
  readonly maxEjectedPercent?: number;
}

/** HTTP towards members. */
export interface PoolHttpSpec {
  /** `2`: requests share connections; in the clear (prior knowledge), or over TLS (ALPN). @defaultValue '1.1' */
  readonly version?: '1.1' | '2';
  /** When an idle connection serves another client: `safe` = only a request that could be retried. @defaultValue 'safe' */
  readonly reuse?: 'never' | 'safe' | 'always';
  /** Idle connections kept per member. @defaultValue 64 */
  readonly maxIdlePerMember?: number;
  /** How long an idle one is kept; Node servers close at 5 s. @defaultValue 4s */
  readonly idleTimeout?: Duration;
}

/** Where clients wait when every member is at `maxConnections`. */
export interface QueueSpec {
  /** Clients waiting at most; 0 = none waits. @defaultValue 1024 */
  readonly max?: number;
  /** Longest wait. @defaultValue 5s */
  readonly timeout?: Duration;
}

/** Time limits towards members. */
export interface PoolTimeoutsSpec {
  /** @defaultValue 5s */
  readonly connect?: Duration;
  /** Time to the head of the answer, then inactivity. @defaultValue 50s */
  readonly server?: Duration;
}

/** How long work may go on after a drain began. */
export interface DrainSpec {
  /** What is still open then is cut; 0 = at once. @defaultValue 30s */
  readonly timeout?: Duration;
}

/**
 * A group of members and how to choose among them.
 * @example { name: 'web', members: ['10.0.0.1:8080', '10.0.0.2:8080'], health: 'http:/health:5s' }
 */
export interface PoolSpec {
  /** Unique among the pools. */
  readonly name: string;
  /** @defaultValue 'round-robin' */
  readonly strategy?: StrategySpec;
  /** @defaultValue none */
  readonly members?: readonly (string | MemberSpec)[];
  /** Port of members written without one, 1-65535. */
  readonly defaultPort?: number;
  /** Members from DNS, a file or a function, besides the list. @defaultValue none */
  readonly discovery?: DiscoverySpec;
  /** A monitor's name, `"http:/health:5s"`, `"tcp:5s"`, `"none"`, or a monitor inline. @defaultValue 'none' */
  readonly health?: string | MonitorSpec;
  /** Passive health. @defaultValue off */
  readonly outlier?: OutlierSpec;
  /** Percent of members eligible under which all are used, 0-100; 0 = never. @defaultValue 0 */
  readonly panicThreshold?: number;
  /** Time in which a member that came up grows to its full share; 0 = off. @defaultValue 0 */
  readonly slowStart?: Duration;
  /** Clients stay with their member. @defaultValue off */
  readonly sticky?: StickySpec;
  /**
   * For clients that belong to a member that is down: `next` serves elsewhere and moves them, `refuse` answers 503 or closes,
   * `keep` serves elsewhere and leaves them bound.
   * @defaultValue 'next'
   */
  readonly onMemberDown?: 'next' | 'refuse' | 'keep';
  /** What happens to open connections of a member that goes down. @defaultValue 'keep' */
  readonly sessionsOnDown?: 'keep' | 'close';
  /** Which backup members serve when no ordinary one can. @defaultValue 'first' */
  readonly backups?: 'first' | 'all';
  /** TLS towards members. @defaultValue off */
  readonly tls?: PoolTlsSpec;
  readonly http?: PoolHttpSpec;
  /** PROXY header sent to members; not on udp. @defaultValue 'none' */
  readonly sendProxyProtocol?: 'none' | 'v1' | 'v2';
  readonly retries?: RetriesSpec;
  readonly queue?: QueueSpec;
  readonly timeouts?: PoolTimeoutsSpec;
  /** Deadline of member drains. @defaultValue the balancer's */
  readonly drain?: DrainSpec;
}

const outlier: ObjectOf<OutlierSpec> = object<OutlierSpec>({
  consecutiveFailures: optional(integer(1), 'Failures in a row. Default 5.'),
  ejectFor: optional(duration(), 'How long it is left out. Default 30s.'),
  maxEjectedPercent: optional(percent, 'Never more members than this share. Default 50.'),
});

const http: ObjectOf<PoolHttpSpec> = object<PoolHttpSpec>({
  version: optional(oneOf('1.1', '2'), 'Version that members are spoken to in. Default 1.1.'),
  reuse: optional(
    oneOf('never', 'safe', 'always'),
    'When an idle connection is used again. Default safe.',
  ),
  maxIdlePerMember: optional(integer(0), 'Idle connections kept per member. Default 64.'),
  idleTimeout: optional(duration(), 'How long an idle one is kept. Default 4s.'),
});

const queue: ObjectOf<QueueSpec> = object<QueueSpec>({
  max: optional(integer(0), 'Clients waiting at most. Default 1024.'),
  timeout: optional(duration({ min: 0 }), 'Longest wait. Default 5s.'),
});

const timeouts: ObjectOf<PoolTimeoutsSpec> = object<PoolTimeoutsSpec>(
  {
    connect: optional(duration(), 'Default 5s.'),
    server: optional(duration(), 'Time to the head of the answer, then inactivity. Default 50s.'),
  },
  {},
  'PoolTimeouts',
);

export const drainSchema: ObjectOf<DrainSpec> = object<DrainSpec>({
  timeout: optional(duration({ min: 0 }), 'What is still open then is cut. Default 30s.'),
});

export const poolSchema: ObjectOf<PoolSpec> = object<PoolSpec>(
  {
    name: required(name, 'Unique among the pools.'),
    strategy: optional(strategySchema, 'How to choose among the members. Default round-robin.'),
    members: optional(list(memberOrAddress, 'member'), 'The servers.'),
    defaultPort: optional(port, 'Port of members written without one.'),
    discovery: optional(discoverySchema, 'Where members come from besides the list.'),
    health: optional(healthSchema, 'Active checks. Default none.'),
    outlier: optional(outlier, 'Passive health. Default off.'),
    panicThreshold: optional(
      percent,
      'Percent eligible under which all are used. Default 0 = never.',
    ),
    slowStart: optional(duration({ min: 0 }), 'Ramp of a member that came up. Default 0 = off.'),
    sticky: optional(stickySchema, 'How clients stay with their member. Default off.'),
    onMemberDown: optional(
      oneOf('next', 'refuse', 'keep'),
      'For clients that belong to a member that is down. Default next.',
    ),
    sessionsOnDown: optional(
      oneOf('keep', 'close'),
      'What happens to open connections of a member that goes down. Default keep.',
    ),
    backups: optional(oneOf('first', 'all'), 'Which backup members serve. Default first.'),
    tls: optional(poolTlsSchema, 'Members are spoken to with TLS. Default off.'),
    http: optional(http, 'HTTP towards members.'),
    sendProxyProtocol: optional(
      oneOf('none', 'v1', 'v2'),
      'PROXY header sent to members. Default none.',
    ),
    retries: optional(retriesSchema, 'Further tries on other members.'),
    queue: optional(queue, 'Where clients wait when every member is full.'),
    timeouts: optional(timeouts, 'Time limits towards members.'),
    drain: optional(drainSchema, "Deadline of member drains. Default: the balancer's."),
  },
  { id: 'Pool', description: 'A group of members and how to choose among them.' },
);

/** What a pool needs to know of its surroundings to be written out. */
export interface PoolSurroundings {
  /** Milliseconds. */
  readonly drainTimeout: number;
  readonly resolvePath: (path: string) => string;
}

/** Writes a pool out. */
export function expandPool(spec: PoolSpec, surroundings: PoolSurroundings): PoolConfig {
  const { http = {}, queue = {}, timeouts = {} } = spec;
  return filled<PoolConfig>({
    name: spec.name,
    strategy: expandStrategy(spec.strategy),
    members: (spec.members ?? []).map((member) => expandMember(member, spec.defaultPort)),
    defaultPort: spec.defaultPort,
    discovery: spec.discovery && expandDiscovery(spec.discovery, surroundings.resolvePath),
    health: expandHealth(
      spec.health,
      { name: spec.name, httpVersion: spec.http?.version ?? '1.1' },
      surroundings.resolvePath,
    ),
    outlier: spec.outlier && expandOutlier(spec.outlier),
    panicThreshold: spec.panicThreshold ?? 0,
    slowStart: milliseconds(spec.slowStart ?? 0),
    sticky: spec.sticky && expandSticky(spec.sticky),
    onMemberDown: spec.onMemberDown ?? 'next',
    sessionsOnDown: spec.sessionsOnDown ?? 'keep',
    backups: spec.backups ?? 'first',
    tls: spec.tls && expandPoolTls(spec.tls, surroundings.resolvePath),
    http: {
      version: http.version ?? '1.1',
      reuse: http.reuse ?? 'safe',
      maxIdlePerMember: http.maxIdlePerMember ?? 64,
      idleTimeout: milliseconds(http.idleTimeout ?? 4000),
    },
    sendProxyProtocol: spec.sendProxyProtocol ?? 'none',
    retries: expandRetries(spec.retries),
    queue: { max: queue.max ?? 1024, timeout: milliseconds(queue.timeout ?? 5000) },
    timeouts: {
      connect: milliseconds(timeouts.connect ?? 5000),
      server: milliseconds(timeouts.server ?? 50_000),
    },
    drain: { timeout: milliseconds(spec.drain?.timeout ?? surroundings.drainTimeout) },
  });
}

function expandOutlier(spec: OutlierSpec): OutlierConfig {
  return {
    consecutiveFailures: spec.consecutiveFailures ?? 5,
    ejectFor: milliseconds(spec.ejectFor ?? 30_000),
    maxEjectedPercent: spec.maxEjectedPercent ?? 50,
  };
}
