// Waits until the leases on one member have ended, up to a deadline, and counts how they did.
import type { Clock, ClockTimer } from '../core/clock.js';
import type { DrainResult } from '../model/events.js';
import type { DrainOptions } from './options.js';
import type { PooledMember, ReleaseWatcher } from './pooled-member.js';

/**
 * @internal One wait for one member.
 *
 * ```
 *   waiting -- last lease released --> done {completed}
 *           -- deadline ------------> done {completed, aborted, stillOpen}   (leases are revoked)
 *           -- interrupted ---------> given up {completed, stillOpen}        (signal, ready again, pool closed)
 * ```
 */
export class Drain implements ReleaseWatcher {
  /** Resolves when the wait is over. */
  readonly result: Promise<DrainResult>;
  readonly #member: PooledMember;
  readonly #signal: AbortSignal | undefined;
  #resolve!: (result: DrainResult) => void;
  #deadline: ClockTimer | undefined;
  #completed = 0;
  #isOver = false;
  /** Whether it ended by itself or at the deadline, not by an interruption. */
  isDone = false;

  /** @param options - `deadlineMs` from now; infinity = none */
  constructor(
    member: PooledMember,
    clock: Clock,
    options: DrainOptions & { readonly deadlineMs: number },
  ) {
    this.#member = member;
    this.#signal = options.signal;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    (member.drains ??= []).push(this);
    if (member.state.active === 0) this.#finish(true);
    else if (options.signal?.aborted === true) this.interrupt();
    else {
      options.signal?.addEventListener('abort', this.#onAbort, { once: true });
      if (Number.isFinite(options.deadlineMs))
        this.#deadline = clock.schedule(options.deadlineMs, () => this.#cut());
    }
  }

  /** A lease of the member was released. */
  onRelease(): void {
    if (this.#isOver) return;
    this.#completed++;
    if (this.#member.state.active === 0) this.#finish(true);
  }

  /** Gives up: the rest stays open. */
  interrupt(): void {
    this.#finish(false);
  }

  readonly #onAbort = (): void => this.interrupt();

  #cut(): void {
    const open = this.#member.state.active;
    // Over first: what owners release while they are asked is aborted, not completed.
    this.#isOver = true;
    const aborted = this.#member.revokeAll('drain deadline');
    this.#isOver = false;
    this.#finish(true, aborted, open - aborted);
  }

  #finish(isDone: boolean, aborted = 0, stillOpen: number = this.#member.state.active): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.isDone = isDone;
    this.#deadline?.cancel();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const rest = this.#member.drains?.filter((drain) => drain !== this) ?? [];
    this.#member.drains = rest.length > 0 ? rest : undefined;
    this.#resolve({ completed: this.#completed, aborted, stillOpen });
  }
}
