// Passive health: ejects a member that fails real requests for a while. Pure; the pool calls it and emits the events.
import type { MemberState } from '../model/member.js';
import type { OutlierConfig } from '../spec/config.js';

/**
 * Counts failures in a row per member and says when a member should, and may, be ejected.
 * The counts live in {@link MemberState}; an ejection ends after `ejectFor`, or earlier after `rise` good checks.
 *
 * Source: Envoy's consecutive-failure outlier detection, with a fixed ejection time and one rule more:
 * the last eligible member is never ejected.
 */
export class OutlierDetector {
  readonly config: OutlierConfig;
  readonly #goodChecks: WeakMap<MemberState, number> = new WeakMap();

  constructor(config: OutlierConfig) {
    this.config = config;
  }

  /**
   * Counts how one use of a member ended; a success starts the count anew.
   * What ends while the member is ejected was begun before and is not counted.
   *
   * @returns whether the member has failed often enough: then ask {@link mayEject}
   */
  onOutcome(state: MemberState, isFailure: boolean, nowMs: number): boolean {
    if (this.isEjected(state, nowMs)) return false;
    state.consecutiveFailures = isFailure ? state.consecutiveFailures + 1 : 0;
    return state.consecutiveFailures >= this.config.consecutiveFailures;
  }

  /**
   * Whether one member more may be ejected: within `maxEjectedPercent` of all members (rounded down, at least one),
   * and never the last eligible one.
   *
   * @param ejectedCount - members ejected now
   * @param memberCount - members of the pool
   * @param eligibleOthers - eligible members besides the one in question
   */
  mayEject(ejectedCount: number, memberCount: number, eligibleOthers: number): boolean {
    if (eligibleOthers < 1) return false;
    const allowed = Math.max(1, Math.floor((memberCount * this.config.maxEjectedPercent) / 100));
    return ejectedCount < allowed;
  }

  /** Ejects the member now and forgets its failures; returns until when, monotonic ms. @param forMs - @defaultValue `ejectFor` */
  eject(state: MemberState, nowMs: number, forMs: number = this.config.ejectFor): number {
    state.ejectedUntil = nowMs + forMs;
    state.consecutiveFailures = 0;
    this.#goodChecks.delete(state);
    return state.ejectedUntil;
  }

  /** Whether the member is ejected at this moment. */
  isEjected(state: MemberState, nowMs: number): boolean {
    return state.ejectedUntil > nowMs;
  }

  /**
   * Counts an active check of an ejected member.
   *
   * @returns whether `rise` good checks in a row have ended the ejection by this one
   */
  onCheck(state: MemberState, isGood: boolean, rise: number, nowMs: number): boolean {
    if (!this.isEjected(state, nowMs)) return false;
    const good = isGood ? (this.#goodChecks.get(state) ?? 0) + 1 : 0;
    this.#goodChecks.set(state, good);
    if (good < rise) return false;
    this.restore(state);
    return true;
  }

  /** Ends the ejection. */
  restore(state: MemberState): void {
    state.ejectedUntil = 0;
    state.consecutiveFailures = 0;
    this.#goodChecks.delete(state);
  }
}
