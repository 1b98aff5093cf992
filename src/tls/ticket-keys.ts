// The keys of session tickets: shared by every certificate of a frontend, and changed from time to time.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.js';

/** How long new tickets are sealed with one key, ms. For as long again the tickets of that key are good. */
export const TICKET_KEY_MS: number = 12 * 3_600_000;

/** How long a session may be resumed, s. */
export const SESSION_SECONDS = 300;

/** One key: 16 bytes each of name, HMAC key and AES key. */
export interface TicketKey {
  readonly name: Buffer;
  readonly hmac: Buffer;
  readonly aes: Buffer;
}

/**
 * The present key and the one before it. They outlive every reload of a frontend, so that clients resume across it.
 * No timer runs: the keys are changed when one is asked for and the time has come.
 */
export class TicketKeys {
  readonly #clock: Clock;
  #current: TicketKey = createKey();
  #previous: TicketKey | undefined = undefined;
  /** Monotonic ms. */
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** The key that tickets are sealed with now. */
  get current(): TicketKey {
    this.#rotate();
    return this.#current;
  }

  /** The key of that name, if its tickets are still good. */
  find(name: Uint8Array): TicketKey | undefined {
    this.#rotate();
    if (this.#current.name.equals(name)) return this.#current;
    return this.#previous?.name.equals(name) === true ? this.#previous : undefined;
  }

  #rotate(): void {
    const now = this.#clock.now();
    const age = now - this.#since;
    if (age < TICKET_KEY_MS) return;
    this.#previous = age < 2 * TICKET_KEY_MS ? this.#current : undefined;
    this.#current = createKey();
    this.#since = now;
  }
}

function createKey(): TicketKey {
  return { name: randomBytes(16), hmac: randomBytes(16), aes: randomBytes(16) };
}
