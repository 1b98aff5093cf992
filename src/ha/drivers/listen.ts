// Two processes on one host: the active one listens, the other one waits for the addresses to be free.
import { type Clock, sleep } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import type { AddressDriver } from '../driver.js';

/** How long to wait before an address that is still taken is tried again, ms. */
const RETRY_MS = 10;

/** The listeners of whoever uses the pair. */
export interface HaListeners {
  /** Listens on every address, or on none. @throws EvenkeelError `EK_BIND` when one is taken */
  listen(): Promise<void>;
  /** Frees every address; connections may go on. */
  stopListening(): Promise<void>;
}

/** Listens while it holds. The addresses need not be free at once: the one before is still letting go, or was killed just now. */
export class ListenDriver implements AddressDriver {
  readonly description: string = 'own listeners';
  readonly #listeners: HaListeners;
  readonly #clock: Clock;

  constructor(listeners: HaListeners, clock: Clock) {
    this.#listeners = listeners;
    this.#clock = clock;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async acquire(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#listeners.listen();
        return;
      } catch (error) {
        if (!(error instanceof EvenkeelError) || error.code !== 'EK_BIND') throw error;
        await sleep(this.#clock, RETRY_MS, signal);
      }
    }
  }

  release(): Promise<void> {
    return this.#listeners.stopListening();
  }

  announce(): void {
    // The host has one network stack: there is nobody to tell.
  }

  detach(): Promise<void> {
    return Promise.resolve();
  }
}
