// Keeps a popular key from drowning its member: past a fair share of the load, the next choice serves.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/**
 * Wraps a strategy so that no member gets more than `ceil(factor * (in flight + 1) * weight / weights)`, all counted over eligible members.
 * O(n) per pick. Source: Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads"; HAProxy `hash-balance-factor`.
 */
export class BoundedLoad implements Strategy {
  readonly name: string;
  readonly isSticky: boolean;
  readonly #inner: Strategy;
  readonly #factor: number;

  /** @param factor - above 1; 1.25 lets a member carry a quarter more than its share */
  constructor(inner: Strategy, factor: number) {
    this.name = inner.name;
    this.isSticky = inner.isSticky ?? false;
    this.#inner = inner;
    this.#factor = factor;
  }

  build(members: readonly Member[], previous?: Picker): Picker {
    const before = previous instanceof BoundedPicker ? previous.inner : undefined;
    return new BoundedPicker(this.#inner.build(members, before), members, this.#factor);
  }
}

class BoundedPicker implements Picker {
  readonly inner: Picker;
  readonly #members: readonly Member[];
  readonly #factor: number;
  #capPerWeight = 0;
  #isEligible: Eligible = () => false;

  constructor(inner: Picker, members: readonly Member[], factor: number) {
    this.inner = inner;
    this.#members = members;
    this.#factor = factor;
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    let active = 0;
    let weight = 0;
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      if (member === undefined || !isEligible(member)) continue;
      active += member.state.active;
      weight += member.state.weight;
    }
    this.#capPerWeight = (this.#factor * (active + 1)) / weight;
    this.#isEligible = isEligible;
    // The caps add up to more than the load, so some eligible member is always under its own.
    return this.inner.pick(context, this.#hasRoom);
  }

  home(context: PickContext): Member | undefined {
    return this.inner.pick(context, isAnyone);
  }

  readonly #hasRoom: Eligible = (member) => {
    const cap = Math.ceil(this.#capPerWeight * member.state.weight);
    return member.state.active < cap && this.#isEligible(member);
  };
}

function isAnyone(): boolean {
  return true;
}
