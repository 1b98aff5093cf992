// A question to a store that answers later, and the clients who wait for it.
import type { PickContext } from '../model/pick-context.js';
import type { Lease, PendingLease, Refusal } from './lease.js';
import { LeaseWait } from './lease-wait.js';
import { refusal } from './refusal.js';
import type { Binding, BindingWaiter, OpenLookup } from './stickiness.js';

/** @internal One per key: clients of the same key wait for the same answer, and the first of them decides for all. */
export class Lookup implements OpenLookup {
  readonly binding: Binding;
  /** Clients that asked; those that left meanwhile are among them. */
  waiting = 0;
  #waiters: BindingWaiter[] = [];

  constructor(binding: Binding) {
    this.binding = binding;
  }

  join(waiter: BindingWaiter): void {
    this.#waiters.push(waiter);
  }

  /** The answer is in `binding`. */
  settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.onFound(this.binding);
  }
}

/** @internal Who goes on when the answer is there. */
export interface SoughtLeaseHost {
  onFound(place: SoughtLease, binding: Binding): Lease | Refusal | PendingLease;
  onSettled(place: SoughtLease): void;
}

/** @internal Waits for a store, and then perhaps in the queue. */
export class SoughtLease extends LeaseWait implements BindingWaiter {
  /** The asker's own: it stays what it is until there is an answer. */
  readonly context: PickContext;
  readonly #host: SoughtLeaseHost;
  #queued: PendingLease | undefined = undefined;

  constructor(context: PickContext, host: SoughtLeaseHost) {
    super();
    this.context = context;
    this.#host = host;
  }

  cancel(): void {
    if (this.#queued === undefined) this.settle(refusal('cancelled'));
    else this.#queued.cancel();
  }

  onFound(binding: Binding): void {
    if (this.isSettled) return;
    const answer = this.#host.onFound(this, binding);
    if (answer.kind !== 'pending') {
      this.settle(answer);
      return;
    }
    this.#host.onSettled(this);
    this.#queued = answer;
    void answer.then((late) => this.settle(late));
  }

  /** Ends the wait; harmless when it has ended. */
  settle(answer: Lease | Refusal): void {
    if (this.isSettled) return;
    this.resolve(answer);
    this.#host.onSettled(this);
  }
}
