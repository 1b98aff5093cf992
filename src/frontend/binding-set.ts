// The bound addresses of one frontend, and how they change: bind what is new, then let go of what is gone.
import { type Clock, sleep } from '../core/clock.js';
import type { BoundAddress } from '../model/events.js';
import type { BindingHolder, Handover } from './handover.js';
import type { Binding, Service } from './service.js';

/** A change that is bound but not in force yet. */
export interface BindingChange {
  /** @param lingerMs - how long the clients of a datagram address that is gone may go on */
  commit(lingerMs: number): void;
  abort(): void;
}

/** Bindings by their text, in the order of the spec. */
export class BindingSet implements BindingHolder {
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

  /** Tells `handover` what is given up when the texts are these. */
  offer(texts: readonly string[], handover: Handover): void {
    const kept = [...texts];
    for (const binding of [...this.#present, ...this.#retiring]) {
      const index = kept.indexOf(binding.text);
      if (index < 0) handover.offer(binding, this);
      else kept.splice(index, 1);
    }
  }

  /**
   * Binds the texts that are not bound yet: all of them, or none and the first error.
   * What another set gives up in `handover` is taken over; what only has to wait for room is bound by its `complete`.
   */
  async prepare(texts: readonly string[], handover: Handover): Promise<BindingChange> {
    const left = [...this.#present];
    const next: Binding[] = [];
    const fresh: Binding[] = [];
    const abort = (): void => {
      for (const binding of fresh) binding.close();
    };
    const open = async (place: number, text: string): Promise<void> => {
      const binding = await this.#service.open(text);
      fresh.push(binding);
      next[place] = binding;
    };
    try {
      for (const [place, text] of texts.entries()) {
        const kept = takeOut(left, text) ?? handover.take(text, this.#service);
        if (kept !== undefined) {
          next[place] = kept;
          continue;
        }
        this.#releaseRetiring(text);
        await open(place, text).catch((error: unknown) => {
          if (!handover.mayMakeRoom(error, this.#service, text)) throw error;
          handover.postpone(() => this.#openInPlace(text, handover, () => open(place, text)));
        });
      }
    } catch (error) {
      abort();
      throw error;
    }
    return {
      commit: (lingerMs) => {
        this.#present = next;
        for (const binding of next) handover.settle(binding, this.#service);
        for (const binding of left) if (!handover.isTaken(binding)) this.#retire(binding, lingerMs);
      },
      abort,
    };
  }

  forget(binding: Binding): void {
    this.#present = this.#present.filter((other) => other !== binding);
  }

  onLost(binding: Binding, error: unknown): void {
    this.#service.onBindFault(binding.text, error);
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

  async #openInPlace(text: string, handover: Handover, open: () => Promise<void>): Promise<void> {
    // One turn of the event loop: what the kernel has accepted already is served, not reset with the listener.
    await sleep(this.#clock, 0);
    handover.makeRoom(this.#service, text);
    await open();
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

/** Removes the first binding of this text from the list. */
function takeOut(bindings: Binding[], text: string): Binding | undefined {
  const index = bindings.findIndex((binding) => binding.text === text);
  return index < 0 ? undefined : bindings.splice(index, 1)[0];
}
