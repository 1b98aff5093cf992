// Addresses that change hands in one reload: who gives one up, who takes it over, who makes room.
import { parseHostPort } from '../core/address.js';
import { EvenkeelError } from '../core/errors.js';
import { errorCode } from './bind-address.js';
import type { Binding, Service } from './service.js';

/** Who has bindings and may lose them. */
export interface BindingHolder {
  /** Somebody else has this binding now. */
  forget(binding: Binding): void;
  /** A binding that made room in vain could not be opened again. */
  onLost(binding: Binding, error: unknown): void;
}

/**
 * One reload's exchange of addresses between frontends.
 *
 * ```
 *   offer    everybody says what it will not keep
 *   take     the same text and transport: the binding is taken over as it is and never closes
 *   postpone what is in use by something on offer (`127.0.0.1:80` beside `:80`) waits for complete
 *   complete last of all: closes what is in the way, then binds
 *   restore  after a failure: opens again what was closed
 * ```
 */
export class Handover {
  readonly #offered: Map<Binding, BindingHolder> = new Map();
  readonly #taken: Map<Binding, BindingHolder> = new Map();
  readonly #suspended: Map<Binding, BindingHolder> = new Map();
  readonly #postponed: (() => Promise<void>)[] = [];

  /** `holder` will give `binding` up when the reload succeeds. */
  offer(binding: Binding, holder: BindingHolder): void {
    if (binding.isOpen) this.#offered.set(binding, holder);
  }

  /** A binding on offer that `service` can go on with. Port 0 means a port of one's own: it does not change hands. */
  take(text: string, service: Service): Binding | undefined {
    if (portOf(text) === 0) return undefined;
    for (const [binding, holder] of this.#offered) {
      if (binding.text !== text || !service.canAdopt(binding)) continue;
      this.#offered.delete(binding);
      this.#taken.set(binding, holder);
      return binding;
    }
    return undefined;
  }

  isTaken(binding: Binding): boolean {
    return this.#taken.has(binding);
  }

  /** Puts a binding that was taken into the hands of `service`; part of the switch. */
  settle(binding: Binding, service: Service): void {
    const holder = this.#taken.get(binding);
    if (holder === undefined) return;
    holder.forget(binding);
    service.adopt(binding);
  }

  /** Whether a bind failed only because of something on offer. */
  mayMakeRoom(error: unknown, service: Service, text: string): boolean {
    const isInUse =
      error instanceof EvenkeelError &&
      error.code === 'EK_BIND' &&
      errorCode(error.cause) === 'EADDRINUSE';
    return isInUse && this.#inTheWay(service, portOf(text)).length > 0;
  }

  /** Adds work for {@link complete}. */
  postpone(work: () => Promise<void>): void {
    this.#postponed.push(work);
  }

  /** Closes what is on offer on the port of this text, for {@link restore} to open again. */
  makeRoom(service: Service, text: string): void {
    for (const binding of this.#inTheWay(service, portOf(text))) {
      const holder = this.#offered.get(binding);
      if (holder !== undefined) this.#suspended.set(binding, holder);
      binding.suspend();
    }
  }

  /** Binds what was postponed. @throws EvenkeelError EK_BIND */
  async complete(): Promise<void> {
    for (const work of this.#postponed) await work();
  }

  /** Opens again what made room; what is bound in its place must be closed before. Never rejects. */
  async restore(): Promise<void> {
    for (const [binding, holder] of this.#suspended) {
      await binding.resume().catch((error: unknown) => holder.onLost(binding, error));
    }
    this.#suspended.clear();
  }

  #inTheWay(service: Service, port: number): Binding[] {
    return [...this.#offered.keys()].filter(
      ({ isOpen, transport, addresses }) =>
        isOpen &&
        transport === service.transport &&
        addresses.some((address) => address.port === port),
    );
  }
}

function portOf(text: string): number {
  return parseHostPort(text)?.port ?? 0;
}
