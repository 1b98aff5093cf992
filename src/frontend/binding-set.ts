// The bound addresses of one frontend, and how they change: bind what is new, then let go of what is gone.
import type { Clock } from '../core/clock.js';
import type { BoundAddress } from '../model/events.js';
import type { Binding, Service } from './service.js';

/** A change that is bound but not in force yet. */
export interface BindingChange {
  /** @param lingerMs - how long the clients of a datagram address that is gone may go on */
  commit(lingerMs: number): void;
  abort(): void;
}

/** Bindings by their text, in the order of the spec. */
export class BindingSet {
  readonly #service: Service;
  readonly #clock: Clock;
  #present: readonly Binding[] = [];
  /** Let go of, but still serving the clients they have. */
  readonly #retiring: Set<Binding> = new Set();

  constructor(service: Service, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  get addresses(): readonly BoundAddress[] {
    return this.#present.flatMap((binding) => binding.addresses);
  }

  /** Binds the texts that are not bound yet: all of them, or none and the first error. */
  async prepare(texts: readonly string[]): Promise<BindingChange> {
    const left = [...this.#present];
    const next: Binding[] = [];
    const fresh: Binding[] = [];
    try {
      for (const text of texts) {
        const index = left.findIndex((binding) => binding.text === text);
        const kept = index < 0 ? undefined : left.splice(index, 1)[0];
        if (kept === undefined) this.#releaseRetiring(text);
        const binding = kept ?? (await this.#service.open(text));
        if (kept === undefined) fresh.push(binding);
        next.push(binding);
      }
    } catch (error) {
      for (const binding of fresh) binding.close();
      throw error;
    }
    return {
      commit: (lingerMs) => {
        this.#present = next;
        for (const binding of left) this.#retire(binding, lingerMs);
      },
      abort: () => {
        for (const binding of fresh) binding.close();
      },
    };
  }

  /** No address takes new clients any more. */
  stop(): void {
    for (const binding of this.#present) void binding.stop();
  }

  /** Frees every address. */
  close(): void {
    for (const binding of [...this.#present, ...this.#retiring]) binding.close();
    this.#retiring.clear();
  }

  #retire(binding: Binding, lingerMs: number): void {
    this.#retiring.add(binding);
    const timer = this.#clock.schedule(lingerMs, () => binding.close());
    void binding.stop().then(() => {
      timer.cancel();
      this.#retiring.delete(binding);
    });
  }

  /** An address that comes back before its last clients have gone is taken from them. */
  #releaseRetiring(text: string): void {
    for (const binding of this.#retiring) if (binding.text === text) binding.close();
  }
}
