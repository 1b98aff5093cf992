// What every wait for a lease is: a promise with one answer, that can be cancelled.
import type { Lease, PendingLease, Refusal } from './lease.js';

/** @internal The promise's part of a {@link PendingLease}; who waits for what is told by those who extend it. */
export abstract class LeaseWait implements PendingLease {
  readonly kind = 'pending' as const;
  isSettled = false;
  readonly #answer: Promise<Lease | Refusal>;
  #resolve!: (answer: Lease | Refusal) => void;

  constructor() {
    this.#answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: a PendingLease is awaited, and cancelled
  // oxlint-disable-next-line unicorn/no-thenable
  then<Granted = Lease | Refusal, Failed = never>(
    onAnswer?: ((answer: Lease | Refusal) => Granted | PromiseLike<Granted>) | null,
    onFailure?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Granted | Failed> {
    return this.#answer.then(onAnswer, onFailure);
  }

  abstract cancel(): void;

  /** @internal Gives the answer; only the first one counts. */
  resolve(answer: Lease | Refusal): void {
    this.isSettled = true;
    this.#resolve(answer);
  }
}
