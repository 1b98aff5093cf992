// Rules that must hold whatever goes wrong; each breach is noted.
import type { Member } from '../../model/member.js';
import { PooledMember } from '../../pool/pooled-member.js';
import type { RateLimitConfig } from '../../spec/config.js';
import { isServing } from './balance.js';
import type { Violation } from './report-types.js';
import type { SimPool } from './sim-pool.js';

/** Breaches that are kept. */
const MAX_KEPT = 100;
/** Requests that are remembered for one key of a limit; limits beyond it are not checked. */
const MAX_REMEMBERED = 10_000;
const MAX_KEYS = 10_000;

/** @internal Watches the real code from outside, by rules that do not use its own accounts. */
export class Invariants {
  readonly violations: Violation[] = [];
  count = 0;
  readonly #seen: Map<string, RecentTimes> = new Map();

  note(atMs: number, invariant: string, detail: string): void {
    this.count++;
    if (this.violations.length < MAX_KEPT) this.violations.push({ atMs, invariant, detail });
  }

  /** A member is given to a request. */
  onPick(pool: SimPool, member: Member, nowMs: number): void {
    const { health, active } = member.state;
    if (health === 'down' && pool.config.onMemberDown !== 'keep' && !pool.pool.status().panic)
      this.note(nowMs, 'known-down', `${pool.config.name}/${member.name} was picked while down`);
    if (active > member.maxConnections)
      this.note(nowMs, 'limit', `${member.name} has ${active} of ${member.maxConnections} at once`);
  }

  /** A request is lost after `tried`, though it may be sent again. */
  onRefused(pool: SimPool, tried: readonly Member[], nowMs: number): void {
    const other = pool.pool.members.find(
      (member) =>
        isServing(member) &&
        !tried.includes(member) &&
        member instanceof PooledMember &&
        !member.isFull,
    );
    if (other !== undefined && pool.config.onMemberDown === 'next')
      this.note(nowMs, 'lost-retry', `${other.name} would have taken a request that was lost`);
  }

  /** At most so many wait. */
  onQueue(pool: SimPool, queued: number, nowMs: number): void {
    const { max } = pool.config.queue;
    if (queued > max)
      this.note(nowMs, 'limit', `${queued} wait for ${pool.config.name}, ${max} may`);
  }

  /** A limit let a request of `key` pass. */
  onAllowed(limit: RateLimitConfig, key: string, nowMs: number): void {
    const { requests, window, algorithm, burst = requests } = limit;
    // Two periods meet in a sliding window of two counters: at worst both are used up.
    const most = algorithm === 'gcra' ? burst + requests : 2 * requests;
    if (most > MAX_REMEMBERED) return;
    let times = this.#seen.get(key);
    if (times === undefined) {
      if (this.#seen.size >= MAX_KEYS) return;
      times = new RecentTimes(most + 1);
      this.#seen.set(key, times);
    }
    const earlier = times.push(nowMs);
    if (earlier !== undefined && nowMs - earlier < window - 1)
      this.note(nowMs, 'limit', `${most + 1} of ${key} in ${nowMs - earlier} ms`);
  }
}

/** The last few moments. */
class RecentTimes {
  readonly #times: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#times = new Float64Array(size);
  }

  /** Adds one; returns the one that is then the first of `size`, if there are so many. */
  push(atMs: number): number | undefined {
    const size = this.#times.length;
    this.#times[this.#count % size] = atMs;
    this.#count++;
    return this.#count < size ? undefined : this.#times[this.#count % size];
  }
}
