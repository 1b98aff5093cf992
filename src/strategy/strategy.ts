// The contract of a balancing algorithm. See docs/strategies.md for how to write one.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';

/** Whether a member may be used for this pick: health, state, weight, capacity and tried members are the pool's business. */
export type Eligible = (member: Member) => boolean;

/** An immutable choice table over the members it was built from. */
export interface Picker {
  /**
   * Chooses one eligible member, or undefined when there is none. Synchronous; allocates nothing.
   * Walks its own order of preference and skips ineligible members,
   * so that one failure moves only the failed member's clients.
   */
  pick(context: PickContext, isEligible: Eligible): Member | undefined;
  /**
   * The member a client belongs to, however busy it is; asked with `onMemberDown: refuse`.
   * @defaultValue what `pick` chooses when everybody is eligible
   */
  home?(context: PickContext): Member | undefined;
}

/** A balancing algorithm. Holds no timer, socket or logger; chance is injected. */
export interface Strategy {
  readonly name: string;
  /**
   * True when a client belongs to one member (hashes): a full member is then waited for, not skipped.
   * @defaultValue false
   */
  readonly isSticky?: boolean;
  /**
   * Builds the table; called when members are added or removed or a weight changes, never when health flips.
   * Weight 0 and drain do not change a hash table: use `member.state.hashWeight` there, `member.effectiveWeight(now)` elsewhere.
   * @param previous - the picker this strategy built before, to keep its place
   */
  build(members: readonly Member[], previous?: Picker): Picker;
}
