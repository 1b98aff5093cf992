// Chance alone, in proportion to weight.
import type { Random } from '../core/random.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from './strategy.js';
import { WeightedDraw } from './weighted-draw.js';

/** Draws one eligible member by weight. Needs no state, so many balancers that know nothing of each other spread well. */
export class RandomChoice implements Strategy {
  readonly name = 'random';
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  build(members: readonly Member[]): Picker {
    return new RandomPicker(new WeightedDraw(members, this.#random));
  }
}

class RandomPicker implements Picker {
  readonly #draw: WeightedDraw;

  constructor(draw: WeightedDraw) {
    this.#draw = draw;
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    return this.#draw.draw(context.nowMs, isEligible);
  }
}
