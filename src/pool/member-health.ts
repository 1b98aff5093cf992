// Watches the members of a pool with its health checker and writes what the checks say into their state.
import type { Clock } from '../core/clock.js';
import type { HealthChecker, HealthFlip } from '../health/health-checker.js';
import type { ProbeTarget } from '../health/probe.js';
import type { LastCheck } from '../model/member.js';
import type { PooledMember } from './pooled-member.js';

/** @internal What the pool does with the news. The state of the member is already written. */
export interface MemberHealthHost {
  readonly slowStartMs: number;
  /** Up or down. */
  onHealth(member: PooledMember, flip: HealthFlip): void;
  /** A check ended. */
  onCheck(member: PooledMember, check: LastCheck, rise: number): void;
  /** The member's own check began or ceased to ask for a drain. */
  onDrainAsked(member: PooledMember, isDraining: boolean): void;
  /** A member added live passed its first check. */
  onFirstGoodCheck(member: PooledMember): void;
}

/** @internal The link between one pool and its checker, which may be shared with others. */
export class MemberHealth {
  readonly #host: MemberHealthHost;
  readonly #clock: Clock;
  #checker: HealthChecker | undefined;
  #hasBegun = false;

  constructor(host: MemberHealthHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** Begins to watch the pool's first members. */
  begin(checker: HealthChecker | undefined, members: readonly PooledMember[]): void {
    this.#hasBegun = true;
    this.#checker = checker;
    for (const member of members) this.join(member, false);
  }

  /**
   * Watches a member. Until its first check it is what the monitor's `initial` says,
   * but one that comes while the pool runs (`isLive`) waits for a good one. Without checks, that one ramps up at once.
   */
  join(member: PooledMember, isLive: boolean): void {
    member.state.healthAt = this.#clock.now();
    if (this.#checker === undefined) {
      if (isLive && this.#hasBegun)
        member.beginSlowStart(this.#clock.now(), this.#host.slowStartMs);
      return;
    }
    if (isLive) member.awaitsFirstCheck = true;
    else member.state.health = this.#checker.initialState();
    this.#watch(member, this.#checker);
  }

  /** Stops watching a member. */
  leave(member: PooledMember): void {
    member.unwatch?.();
    member.unwatch = undefined;
  }

  /** Another node says why the member is down, or (undefined) that it is not. */
  doubt(member: PooledMember, reason: string | undefined): void {
    this.#checker?.doubt(targetOf(member), reason);
  }

  /** Goes on with another checker, or with none: then nobody is known to be down any more. */
  replace(checker: HealthChecker | undefined, members: readonly PooledMember[]): void {
    this.#checker = checker;
    for (const member of members) {
      this.leave(member);
      if (checker !== undefined) {
        this.#watch(member, checker);
        continue;
      }
      member.state.setHealth('unknown', this.#clock.now());
      member.state.isDrainingByCheck = false;
      member.awaitsFirstCheck = false;
    }
  }

  #watch(member: PooledMember, checker: HealthChecker): void {
    const { state } = member;
    member.unwatch = checker.watch(
      targetOf(member),
      {
        onCheck: (check) => this.#onCheck(member, check, checker.config.rise),
        onHealth: (flip) => this.#onHealth(member, flip),
        onDrainAsked: (isDraining) => {
          state.isDrainingByCheck = isDraining;
          this.#host.onDrainAsked(member, isDraining);
        },
      },
      { initial: state.health, isDraining: state.isDrainingByCheck },
    );
  }

  #onCheck(member: PooledMember, check: LastCheck, rise: number): void {
    member.state.lastCheck = check;
    if (!check.ok) member.state.totals.checksFailed++;
    this.#host.onCheck(member, check, rise);
    if (!check.ok || !member.awaitsFirstCheck) return;
    member.awaitsFirstCheck = false;
    member.beginSlowStart(this.#clock.now(), this.#host.slowStartMs);
    this.#host.onFirstGoodCheck(member);
  }

  #onHealth(member: PooledMember, flip: HealthFlip): void {
    const { state } = member;
    const wasDown = state.health === 'down';
    state.setHealth(flip.state, this.#clock.now());
    state.reason = flip.reason;
    if (flip.state === 'up' && wasDown)
      member.beginSlowStart(this.#clock.now(), this.#host.slowStartMs);
    this.#host.onHealth(member, flip);
  }
}

function targetOf({ name, host, port }: PooledMember): ProbeTarget {
  return { name, host, port };
}
