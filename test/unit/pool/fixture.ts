// Pools in virtual time, with health that a test sets by hand.

import { Emitter } from '../../../src/core/emitter.js';
import { seededRandom } from '../../../src/core/random.js';
import type { HealthListener } from '../../../src/health/health-checker.js';
import { HealthChecker } from '../../../src/health/health-checker.js';
import type { ProbeTarget } from '../../../src/health/probe.js';
import type { BalancerEvents } from '../../../src/model/events.js';
import type { HealthState } from '../../../src/model/member.js';
import { createPickContext, type PickContext } from '../../../src/model/pick-context.js';
import type { Lease, PendingLease, Refusal } from '../../../src/pool/lease.js';
import type { PoolDependencies, PoolOptions } from '../../../src/pool/options.js';
import { Pool } from '../../../src/pool/pool.js';
import type { MonitorConfig } from '../../../src/spec/config.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

/** A monitor written out; only `rise` and `initial` matter to a pool. */
const MONITOR: MonitorConfig = {
  name: 'main',
  type: 'tcp',
  interval: 5000,
  fastInterval: 1000,
  downInterval: 5000,
  timeout: 2000,
  fall: 3,
  rise: 2,
  initial: 'unknown',
  path: '/',
  method: 'GET',
  headers: {},
  expect: { status: '2xx' },
};

/** A checker that checks nothing: the test says what the checks found. */
export class ScriptedChecker extends HealthChecker {
  readonly watched: Map<string, HealthListener> = new Map();
  readonly beliefs: Map<string, HealthState | undefined> = new Map();

  constructor(monitor: Partial<MonitorConfig> = {}) {
    super({ ...MONITOR, ...monitor });
  }

  override watch(
    target: ProbeTarget,
    listener: HealthListener,
    options: { initial?: HealthState } = {},
  ): () => void {
    this.watched.set(target.name, listener);
    this.beliefs.set(target.name, options.initial);
    return () => {
      if (this.watched.get(target.name) === listener) this.watched.delete(target.name);
    };
  }

  /** One check of a member that flips nothing. */
  check(name: string, ok: boolean): void {
    this.#listener(name).onCheck({
      at: 0,
      ok,
      reason: ok ? 'status 200' : 'refused',
      durationMs: 1,
    });
  }

  /** A check of a member that makes it go up or down. */
  tell(name: string, state: 'up' | 'down'): void {
    this.check(name, state === 'up');
    const reason = state === 'up' ? 'status 200' : 'connect refused';
    this.#listener(name).onHealth({ state, reason, at: 0 });
  }

  askDrain(name: string, isDraining: boolean): void {
    this.#listener(name).onDrainAsked(isDraining);
  }

  #listener(name: string): HealthListener {
    const listener = this.watched.get(name);
    if (listener === undefined) throw new Error(`nobody watches ${name}`);
    return listener;
  }
}

/** A pool and everything around it. */
export interface Stage {
  readonly pool: Pool;
  readonly clock: VirtualClock;
  readonly checker: ScriptedChecker;
  /** Names of the events in order, each with its member: `member:up a`. */
  readonly log: string[];
  /** The payloads of `log`. */
  readonly payloads: { readonly [key: string]: unknown }[];
}

const EVENT_NAMES: readonly (keyof BalancerEvents)[] = [
  'member:up',
  'member:down',
  'member:added',
  'member:removed',
  'member:draining',
  'member:drained',
  'member:state',
  'member:weight',
  'member:ejected',
  'member:restored',
  'pool:panic',
  'pool:empty',
  'pool:discovery',
  'pool:discovery-failed',
  'pool:strategy-failed',
  'sticky:store-failed',
  'sticky:store-back',
];

/** `a b*`: members named a and b at 10.0.0.1:80, 10.0.0.2:80; `*` marks a backup. */
export function members(names: string): { name: string; address: string; backup: boolean }[] {
  return names.split(' ').map((name, index) => ({
    name: name.replace('*', ''),
    address: `10.0.0.${index + 1}:80`,
    backup: name.endsWith('*'),
  }));
}

/** A pool in virtual time; `names` as for {@link members}. Started unless told otherwise. */
export function stage(
  names: string,
  options: Partial<PoolOptions> = {},
  more: { start?: boolean; dependencies?: PoolDependencies; monitor?: Partial<MonitorConfig> } = {},
): Stage {
  const clock = new VirtualClock({ startMs: 1000 });
  const checker = new ScriptedChecker(more.monitor);
  const events = new Emitter<BalancerEvents>();
  const log: string[] = [];
  const payloads: { readonly [key: string]: unknown }[] = [];
  for (const name of EVENT_NAMES) {
    events.on(name, (payload) => {
      log.push('member' in payload ? `${name} ${payload.member}` : name);
      payloads.push({ ...payload });
    });
  }
  const pool = new Pool(
    { name: 'web', members: names === '' ? [] : members(names), health: checker, ...options },
    { environment: { clock, random: seededRandom(1) }, events, ...more.dependencies },
  );
  if (more.start !== false) void pool.start();
  return { pool, clock, checker, log, payloads };
}

/** A client's question. */
export function from(source: string, parts: Partial<PickContext> = {}): PickContext {
  return { ...createPickContext({ source }), ...parts };
}

/** The name of the member that a client gets, or the reason it gets none; the lease stays open. */
export function nameOf(answer: Lease | Refusal | PendingLease): string {
  if (answer.kind === 'lease') return answer.member.name;
  return answer.kind === 'refusal' ? answer.reason : 'queued';
}

/** A lease, or the test fails. */
export function leaseOf(answer: Lease | Refusal | PendingLease): Lease {
  if (answer.kind !== 'lease') throw new Error(`expected a lease, got ${nameOf(answer)}`);
  return answer;
}

/** A place in the queue, or the test fails. */
export function placeOf(answer: Lease | Refusal | PendingLease): PendingLease {
  if (answer.kind !== 'pending') throw new Error(`expected to queue, got ${nameOf(answer)}`);
  return answer;
}

/** Acquires and releases `count` times; how many each member got. */
export function spread(pool: Pool, count: number, nowMs = 0): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const answer = pool.acquire(from('192.0.2.1', { nowMs }));
    const name = nameOf(answer);
    counts[name] = (counts[name] ?? 0) + 1;
    if (answer.kind === 'lease') answer.release('ok');
  }
  return counts;
}
