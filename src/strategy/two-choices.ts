// Power of two choices: draw two, take the less busy one.
import type { Random } from '../core/random.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from './strategy.js';
import { WeightedDraw } from './weighted-draw.js';

/**
 * Nearly as even as least-connections at O(1), and free of its herd effect when several balancers share the members.
 * Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing"; HAProxy `balance random(2)`.
 */
export class TwoChoices implements Strategy {
  readonly name = 'two-choices';
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  build(members: readonly Member[]): Picker {
    return new TwoChoicesPicker(new WeightedDraw(members, this.#random));
  }
}

class TwoChoicesPicker implements Picker {
  readonly #draw: WeightedDraw;

  constructor(draw: WeightedDraw) {
    this.#draw = draw;
  }

  pick({ nowMs }: PickContext, isEligible: Eligible): Member | undefined {
    const one = this.#draw.draw(nowMs, isEligible);
    if (one === undefined) return undefined;
    // Two different members only if weights are equal: with weights 100 and 1 the light one would be in every pair.
    const two = this.#draw.draw(nowMs, isEligible, this.#draw.hasEqualWeights ? one : undefined);
    if (two === undefined) return one;
    // On a tie the first drawn serves, so that idle members share by weight.
    const loadOfOne = one.state.active / one.effectiveWeight(nowMs);
    return two.state.active / two.effectiveWeight(nowMs) < loadOfOne ? two : one;
  }
}
