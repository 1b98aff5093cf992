// Makes what a driver holds follow what the machine wants, one call at a time.
import type { AddressDriver } from './driver.js';

/** What a {@link Holder} tells. */
export interface HolderListener {
  onAcquired(): void;
  /** It could not be taken, or not be kept. */
  onAcquireFailed(reason: string): void;
  /** It could not be kept once: it is tried again with the next advert. */
  onRenewFailed(reason: string): void;
  /** The address could not be given up: somebody has to look. */
  onReleaseFailed(reason: string): void;
}

/** A driver and what is wanted of it. What is wanted may change while the driver works. */
export class Holder {
  readonly #driver: AddressDriver;
  readonly #listener: HolderListener;
  #isWanted = false;
  #isHeld = false;
  /** Whether the driver failed to keep it the last time. */
  #isFailing = false;
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
    this.#begin();
  }

  release(): void {
    this.#isWanted = false;
    this.#waiting?.abort();
    this.#begin();
  }

  /** It is still wanted: nothing to do for most drivers. */
  renew(): void {
    if (this.#driver.renew === undefined || !this.#isHeld || this.#work !== undefined) return;
    this.#work = this.#keep();
  }

  /** Resolves when the driver rests. */
  async settled(): Promise<void> {
    await this.#work;
  }

  #begin(): void {
    if (this.#work === undefined && this.#isWanted !== this.#isHeld) this.#work = this.#follow();
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
    let fault: unknown;
    try {
      await this.#driver.acquire(waiting.signal);
    } catch (error) {
      fault = error ?? 'unknown';
    }
    this.#waiting = undefined;
    // Given up half way, whatever came of it: if it is wanted again by now it is taken anew.
    if (waiting.signal.aborted) await this.#letGo();
    else if (fault !== undefined) await this.#fail(fault);
    else {
      this.#isHeld = true;
      this.#listener.onAcquired();
    }
  }

  async #keep(): Promise<void> {
    try {
      await this.#driver.renew?.();
      this.#isFailing = false;
    } catch (error) {
      if (this.#isFailing) await this.#fail(error);
      else this.#listener.onRenewFailed(messageOf(error));
      this.#isFailing = !this.#isFailing;
    }
    await this.#follow();
  }

  async #fail(error: unknown): Promise<void> {
    const wasWanted = this.#isWanted;
    this.#isWanted = false;
    // Whatever is left, half done.
    await this.#letGo();
    if (wasWanted) this.#listener.onAcquireFailed(messageOf(error));
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
