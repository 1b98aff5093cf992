// Makes what a driver holds follow what the machine wants, one call at a time.
import type { AddressDriver } from './driver.js';

/** What a {@link Holder} tells. */
export interface HolderListener {
  onAcquired(): void;
  onAcquireFailed(reason: string): void;
  /** The address could not be given up: somebody has to look. */
  onReleaseFailed(reason: string): void;
}

/** A driver and what is wanted of it. What is wanted may change while the driver works. */
export class Holder {
  readonly #driver: AddressDriver;
  readonly #listener: HolderListener;
  #isWanted = false;
  #isHeld = false;
  #work: Promise<void> | undefined;
  #waiting: AbortController | undefined;

  constructor(driver: AddressDriver, listener: HolderListener) {
    this.#driver = driver;
    this.#listener = listener;
  }

  /** Whether the driver has the address now. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  acquire(): void {
    this.#isWanted = true;
    this.#work ??= this.#follow();
  }

  release(): void {
    this.#isWanted = false;
    this.#waiting?.abort();
    this.#work ??= this.#follow();
  }

  /** Resolves when the driver rests. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #follow(): Promise<void> {
    while (this.#isWanted !== this.#isHeld) {
      if (this.#isWanted) await this.#take();
      else await this.#letGo();
    }
    this.#work = undefined;
  }

  async #take(): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    try {
      await this.#driver.acquire(waiting.signal);
      this.#isHeld = true;
      if (this.#isWanted) this.#listener.onAcquired();
    } catch (error) {
      const wasWanted = this.#isWanted;
      this.#isWanted = false;
      // Whatever it left half done.
      await this.#letGo();
      if (wasWanted) this.#listener.onAcquireFailed(messageOf(error));
    } finally {
      this.#waiting = undefined;
    }
  }

  async #letGo(): Promise<void> {
    try {
      await this.#driver.release();
    } catch (error) {
      this.#listener.onReleaseFailed(messageOf(error));
    }
    this.#isHeld = false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
