// What the outside world looks like to the library: time, chance and a place to complain.
import { type Clock, systemClock } from './clock.js';
import { type Random, systemRandom } from './random.js';

/** The injected seams; every public constructor takes a partial one. */
export interface Environment {
  /** @defaultValue {@link systemClock} */
  readonly clock: Clock;
  /** @defaultValue {@link systemRandom} */
  readonly random: Random;
}

/** Fills the missing seams with the real ones. */
export function createEnvironment(partial: Partial<Environment> = {}): Environment {
  return { clock: partial.clock ?? systemClock, random: partial.random ?? systemRandom };
}
