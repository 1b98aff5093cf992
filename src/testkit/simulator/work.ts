// What is under way on a modelled member, as the member sees it.
import type { Linked } from '../../core/linked-list.js';

/** @internal One request on a member. */
export abstract class Work implements Linked<Work> {
  previousLinked: Work | undefined = undefined;
  nextLinked: Work | undefined = undefined;
  /** The node that it came from. */
  abstract readonly nodeIndex: number;
  /** The member's process is gone: the connection is reset. */
  abstract onReset(): void;
  /** Nothing comes from the member until {@link onThawed}. */
  abstract onFrozen(): void;
  /** It goes on, so much later. */
  abstract onThawed(byMs: number): void;
}
