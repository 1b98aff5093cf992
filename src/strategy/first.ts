// Fills members in order: the next one is used only when those before it are full or down.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/**
 * Takes the first eligible member in the order they were given. Needs `maxConnections` on members to spill at all,
 * since a full member is not eligible; ignores weights.
 * Source: HAProxy `balance first`.
 */
export class First implements Strategy {
  readonly name = 'first';

  build(members: readonly Member[]): Picker {
    return new FirstPicker(members);
  }
}

class FirstPicker implements Picker {
  readonly #members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  pick(_context: PickContext, isEligible: Eligible): Member | undefined {
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      if (member !== undefined && isEligible(member)) return member;
    }
    return undefined;
  }
}
