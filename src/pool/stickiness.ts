// What a pool asks of its stickiness: whom a client belongs to, and what is to be noted once it got a member.
import type { PickContext } from '../model/pick-context.js';
import type { AnswerCookie } from '../sticky/answer-cookie.js';
import type { MemoryStickyStore } from '../sticky/memory-store.js';
import type { RequestCookie } from '../sticky/request-cookie.js';
import type { PooledMember } from './pooled-member.js';

/** @internal What is known of one client while it gets its member. */
export class Binding {
  /** Who made it: notes are taken by the same one. */
  readonly owner: Stickiness;
  /** Whom the client belongs to; undefined = nobody. */
  home: PooledMember | undefined = undefined;
  /** Where it is remembered; '' = nowhere. */
  key = '';
  /** It is remembered with a member that is gone. */
  isVoid = false;
  /** Dates of its cookie, Unix seconds, 0 = none. */
  lastS = 0;
  firstS = 0;

  constructor(owner: Stickiness) {
    this.owner = owner;
  }

  /** Makes ready for another client. */
  clear(): void {
    this.home = undefined;
    this.key = '';
    this.isVoid = false;
    this.lastS = 0;
    this.firstS = 0;
  }

  /** For who keeps it: the original may be used again. */
  copy(): Binding {
    const copy = new Binding(this.owner);
    copy.home = this.home;
    copy.key = this.key;
    copy.isVoid = this.isVoid;
    copy.lastS = this.lastS;
    copy.firstS = this.firstS;
    return copy;
  }
}

/** @internal Who waits for a store. */
export interface BindingWaiter {
  onFound(binding: Binding): void;
}

/** @internal A store that has not answered yet. */
export interface OpenLookup {
  /** Lets a client wait; it hears of the answer, or that there is none. */
  join(waiter: BindingWaiter): void;
}

/** @internal How the clients of one pool stay with their members. */
export interface Stickiness {
  /** What members are not to see of requests. */
  readonly requestCookie: RequestCookie | undefined;
  /** Where clients are remembered in this process; undefined = elsewhere: in cookies, or a store of the host's. */
  readonly table: MemoryStickyStore | undefined;
  /** Takes effect; called once, when the settings that it was made from do. */
  begin(): void;
  /** Knows these members from now on. */
  use(members: readonly PooledMember[]): void;
  /** Whom a client belongs to: at once (good until the next call), or when a store has answered. */
  find(context: PickContext): Binding | OpenLookup;
  /** Looks again for a client that had no member when it began to wait. */
  recall(binding: Binding): void;
  /**
   * The client gets this member.
   * @param isAway - for this once: it still belongs to the other
   * @returns what its answer says; undefined = nothing
   */
  onLent(binding: Binding, member: PooledMember, isAway: boolean): AnswerCookie | undefined;
  /** Nobody takes the client. */
  onRefused(binding: Binding): void;
}
