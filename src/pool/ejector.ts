// Passive health of a pool: takes a member that fails real requests out for a while, and brings it back.
import type { Clock, ClockTimer } from '../core/clock.js';
import { OutlierDetector } from '../health/outlier.js';
import type { OutlierConfig } from '../spec/config.js';
import type { PooledMember } from './pooled-member.js';

/** @internal Told when somebody is taken out or comes back. */
export interface EjectorHost {
  readonly members: readonly PooledMember[];
  /** @param untilMs - Unix ms */
  onEjected(member: PooledMember, untilMs: number, reason: string): void;
  onRestored(member: PooledMember, reason: string): void;
}

/** @internal Runs an {@link OutlierDetector} over the members of one pool. */
export class Ejector {
  readonly #host: EjectorHost;
  readonly #clock: Clock;
  readonly #ejected: Map<PooledMember, ClockTimer> = new Map();
  #detector: OutlierDetector;

  constructor(host: EjectorHost, clock: Clock, config: OutlierConfig) {
    this.#host = host;
    this.#clock = clock;
    this.#detector = new OutlierDetector(config);
  }

  /** Takes other thresholds; who is out stays out until its time is over. */
  configure(config: OutlierConfig): void {
    this.#detector = new OutlierDetector(config);
  }

  /** Counts how a use of a member ended. */
  onOutcome(member: PooledMember, isFailure: boolean): void {
    const { state } = member;
    if (!isFailure && state.consecutiveFailures === 0) return;
    const nowMs = this.#clock.now();
    if (!this.#detector.onOutcome(state, isFailure, nowMs)) return;
    // A member that left the pool has nobody to be compared with.
    if (!this.#host.members.includes(member) || this.#ejected.has(member)) return;
    if (!this.#mayEject(member)) return;
    const failures = state.consecutiveFailures;
    this.#eject(member, this.#detector.config.ejectFor, `${failures} failures in a row`);
  }

  /** Another node has ejected the member for so long, ms; 0 = it has not, or no longer. */
  adopt(member: PooledMember, ejectedMs: number): void {
    const isOut = this.#ejected.has(member);
    if (ejectedMs <= 0) {
      if (isOut) this.#restore(member, 'the active node has restored it');
      return;
    }
    if (isOut || !this.#mayEject(member)) return;
    this.#eject(member, ejectedMs, 'the active node has ejected it');
  }

  /** Counts an active check: `rise` good ones end an ejection early. */
  onCheck(member: PooledMember, isGood: boolean, rise: number): void {
    if (!this.#detector.onCheck(member.state, isGood, rise, this.#clock.now())) return;
    this.#forget(member);
    this.#host.onRestored(member, `${rise} good checks`);
  }

  /** The member left the pool. */
  onLeft(member: PooledMember): void {
    this.#forget(member);
    this.#detector.restore(member.state);
  }

  /** Passive health is off from now on: everybody comes back. */
  restoreAll(reason: string): void {
    for (const member of this.#ejected.keys()) this.#restore(member, reason);
  }

  /** Forgets all timers. */
  close(): void {
    for (const member of this.#ejected.keys()) this.#forget(member);
  }

  #mayEject(member: PooledMember): boolean {
    const { members } = this.#host;
    const others = members.filter((other) => other !== member && other.isFit).length;
    return this.#detector.mayEject(this.#ejected.size, members.length, others);
  }

  #eject(member: PooledMember, forMs: number, reason: string): void {
    this.#detector.eject(member.state, this.#clock.now(), forMs);
    const timer = this.#clock.schedule(forMs, () => this.#expire(member));
    this.#ejected.set(member, timer);
    this.#host.onEjected(member, this.#clock.wallTime() + forMs, reason);
  }

  #expire(member: PooledMember): void {
    this.#restore(member, 'the ejection is over');
  }

  #restore(member: PooledMember, reason: string): void {
    this.#forget(member);
    this.#detector.restore(member.state);
    this.#host.onRestored(member, reason);
  }

  #forget(member: PooledMember): void {
    this.#ejected.get(member)?.cancel();
    this.#ejected.delete(member);
  }
}
