// Turns good and bad checks into up and down: consecutive results against thresholds, no timers.
import type { HealthState } from '../model/member.js';

/** How many results in a row it takes to change a settled state; both at least 1. */
export interface FlipThresholds {
  /** Good checks in a row: down -> up. */
  readonly rise: number;
  /** Bad checks in a row: up -> down. */
  readonly fall: number;
}

/**
 * The health of one member, as its checks tell it.
 *
 * ```
 *              1 good                  fall bad in a row
 *   unknown ------------> up ----------------------------> down
 *      |                   ^ ----------------------------- ^ |
 *      |  1 bad            '------- rise good in a row ----|-'
 *      '---------------------------------------------------'
 * ```
 */
export class FlipCounter {
  readonly #thresholds: FlipThresholds;
  #state: HealthState;
  #against = 0;

  /** @param initial - `up` and `down` are settled states: leaving them takes `fall` or `rise` results */
  constructor(thresholds: FlipThresholds, initial: HealthState = 'unknown') {
    this.#thresholds = thresholds;
    this.#state = initial;
  }

  get state(): HealthState {
    return this.#state;
  }

  /** Whether the last results speak against the state, or there is none yet: the next check is worth hurrying. */
  get isMoving(): boolean {
    return this.#state === 'unknown' || this.#against > 0;
  }

  /** Takes it for down, by another's word: `rise` good checks bring it back. */
  assumeDown(): void {
    this.#state = 'down';
    this.#against = 0;
  }

  /** Counts one check; returns whether the state changed by it. */
  record(isGood: boolean): boolean {
    const next = isGood ? 'up' : 'down';
    if (next === this.#state) {
      this.#against = 0;
      return false;
    }
    this.#against++;
    if (this.#state !== 'unknown' && this.#against < this.#threshold(isGood)) return false;
    this.#state = next;
    this.#against = 0;
    return true;
  }

  #threshold(isGood: boolean): number {
    return isGood ? this.#thresholds.rise : this.#thresholds.fall;
  }
}
