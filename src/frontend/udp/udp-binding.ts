// One bind text of a udp frontend: a socket, or for a wildcard one per local address, so that replies leave from the address asked.
import { networkInterfaces } from 'node:os';
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { BoundAddress } from '../../model/events.js';
import { type BindAddress, errorCode } from '../bind-address.js';
import type { Binding } from '../service.js';
import { LocalSocket, type SessionGate } from './local-socket.js';
import { bindUdpSocket } from './open-socket.js';

/** How often a wildcard looks for addresses that came or went, ms. */
export const ADDRESS_REFRESH_MS = 10_000;
/** Tries to find a port that is free on every address. */
const PORT_TRIES = 10;

/** What a binding tells the frontend. */
export interface UdpBindingOwner extends SessionGate {
  readonly clock: Clock;
  /** An address that appeared can't be bound. */
  onBindFault(address: string, error: unknown): void;
  /** The binding holds no socket any more. */
  onBindingGone(binding: UdpBinding): void;
}

/** Sockets by local address. */
export class UdpBinding implements Binding {
  readonly transport = 'udp';
  readonly text: string;
  readonly #bind: BindAddress;
  readonly #owner: UdpBindingOwner;
  readonly #sockets: Map<string, LocalSocket> = new Map();
  /** Addresses that could not be bound: each is complained about once. */
  readonly #failed: Set<string> = new Set();
  #port: number;
  #refresh: ClockTimer | undefined = undefined;
  #isStopped = false;

  private constructor(bind: BindAddress, owner: UdpBindingOwner) {
    this.text = bind.text;
    this.#bind = bind;
    this.#owner = owner;
    this.#port = bind.port;
  }

  /** Binds every address, or rejects with the system's error and leaves nothing open. */
  static async open(bind: BindAddress, owner: UdpBindingOwner): Promise<UdpBinding> {
    const binding = new UdpBinding(bind, owner);
    await binding.#open(bind.port);
    return binding;
  }

  get isOpen(): boolean {
    return this.#sockets.size > 0;
  }

  get addresses(): readonly BoundAddress[] {
    return [...this.#sockets.values()].map((socket) => socket.bound);
  }

  async stop(): Promise<void> {
    this.#refresh?.cancel();
    this.#isStopped = true;
    await Promise.all([...this.#sockets.values()].map((socket) => socket.stop()));
    this.#owner.onBindingGone(this);
  }

  close(): void {
    this.#refresh?.cancel();
    this.#isStopped = true;
    for (const socket of this.#sockets.values()) socket.close();
    this.#owner.onBindingGone(this);
  }

  suspend(): void {
    this.#refresh?.cancel();
    this.#isStopped = true;
    this.#closeAll();
  }

  resume(): Promise<void> {
    this.#isStopped = false;
    return this.#open(this.#port);
  }

  /** Tells every session that the time to be silent has changed. */
  hurry(): void {
    for (const socket of this.#sockets.values()) socket.hurry();
  }

  /** Ends every session; returns how many there were. */
  cut(): number {
    let count = 0;
    for (const socket of this.#sockets.values()) count += socket.cut();
    return count;
  }

  async #open(port: number): Promise<void> {
    for (let tries = 1; ; tries++) {
      this.#port = port;
      try {
        await this.#addAll();
        break;
      } catch (error) {
        this.#closeAll();
        const mayTryAgain = port === 0 && errorCode(error) === 'EADDRINUSE';
        if (!mayTryAgain || tries === PORT_TRIES) throw error;
      }
    }
    if (isWildcard(this.#bind.host)) this.#scheduleRefresh();
  }

  /** An interface may list an address before it can be used (IPv6 looks for duplicates first): a wildcard does without it till later. */
  async #addAll(): Promise<void> {
    let unusable: unknown;
    for (const address of localAddresses(this.#bind.host)) {
      await this.#add(address).catch((error: unknown) => {
        if (errorCode(error) !== 'EADDRNOTAVAIL') throw error;
        unusable = error;
      });
    }
    if (this.#sockets.size === 0 && unusable !== undefined) throw unusable;
  }

  #closeAll(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  async #add(address: string): Promise<void> {
    const socket = new LocalSocket(await bindUdpSocket(address, this.#port), this.#owner);
    if (this.#isStopped) {
      socket.close();
      return;
    }
    this.#port = socket.bound.port;
    this.#sockets.set(address, socket);
  }

  #scheduleRefresh(): void {
    this.#refresh = this.#owner.clock.schedule(ADDRESS_REFRESH_MS, () => {
      void this.#follow().then(() => {
        if (!this.#isStopped) this.#scheduleRefresh();
      });
    });
  }

  /** Binds addresses that came, closes those that went. Never rejects. */
  async #follow(): Promise<void> {
    const present = localAddresses(this.#bind.host);
    for (const [address, socket] of this.#sockets) {
      if (present.has(address)) continue;
      this.#sockets.delete(address);
      socket.close();
    }
    for (const address of this.#failed) if (!present.has(address)) this.#failed.delete(address);
    for (const address of present) {
      if (this.#isStopped || this.#sockets.has(address)) continue;
      try {
        await this.#add(address);
        this.#failed.delete(address);
      } catch (error) {
        if (!this.#failed.has(address)) this.#owner.onBindFault(address, error);
        this.#failed.add(address);
      }
    }
  }
}

function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/** The addresses that a host text stands for: for a wildcard those of every interface, of its family. Two interfaces may share one. */
function localAddresses(host: string): ReadonlySet<string> {
  if (!isWildcard(host)) return new Set([host]);
  const found = new Set<string>();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address, family, scopeid } of addresses ?? []) {
      if (host !== '' && (family === 'IPv6') !== (host === '::')) continue;
      found.add(scopeid === undefined || scopeid === 0 ? address : `${address}%${name}`);
    }
  }
  return found;
}
