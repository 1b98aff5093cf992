// Typed events: the one place that knows eventemitter3.
import { EventEmitter } from 'eventemitter3';
import { throwLater } from './errors.js';

/** A map from event name to its single payload object. */
export type EventMap = object;

/**
 * An emitter whose names and payloads are checked.
 * Unlike Node's, an unheard `error` does not throw: nothing here relies on it.
 */
export class Emitter<Events extends EventMap> {
  readonly #inner: EventEmitter = new EventEmitter();

  /** Calls `listener` on every `name`; returns a function that stops it. */
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (payload: Events[Name]) => void,
  ): () => void {
    this.#inner.on(name, listener);
    return () => {
      this.#inner.off(name, listener);
    };
  }

  /** Stops calling `listener` on `name`. */
  off<Name extends keyof Events & string>(
    name: Name,
    listener: (payload: Events[Name]) => void,
  ): void {
    this.#inner.off(name, listener);
  }

  /** Resolves with the next `name`; rejects with the signal's reason when `signal` aborts first. */
  once<Name extends keyof Events & string>(
    name: Name,
    options: { signal?: AbortSignal } = {},
  ): Promise<Events[Name]> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const heard = (payload: Events[Name]): void => {
        this.#inner.off(name, heard);
        signal?.removeEventListener('abort', aborted);
        resolve(payload);
      };
      const aborted = (): void => {
        this.#inner.off(name, heard);
        reject(signal?.reason);
      };
      this.#inner.on(name, heard);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Whether anybody listens: hot paths ask before they build a payload. */
  hears(name: keyof Events & string): boolean {
    return this.#inner.listenerCount(name) > 0;
  }

  /**
   * Calls the listeners of `name` now, in the order they were added.
   * One that throws stops neither the others nor the emitter: its error is thrown later, by itself.
   */
  emit<Name extends keyof Events & string>(name: Name, payload: Events[Name]): void {
    for (const listener of this.#inner.listeners(name)) {
      try {
        listener(payload);
      } catch (error) {
        throwLater(error);
      }
    }
  }
}
