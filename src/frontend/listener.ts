// One bound TCP address: accepts, and hands every connection on unread.
import net from 'node:net';
import { unmapAddress } from '../core/address.js';
import type { BoundAddress } from '../model/events.js';
import {
  ACCEPT_OPTIONS,
  type Accepted,
  type AcceptOwner,
  acceptFrom,
  probeAccept,
} from '../upstream/accept.js';
import { type BindAddress, errorCode } from './bind-address.js';
import type { Binding } from './service.js';

/** Length of the kernel's accept queue; Linux cuts it to net.core.somaxconn (4096 by default). */
const BACKLOG = 4096;

/** A listening socket. It may change hands: who owns it gets the connections that are accepted from then on. */
export class Listener implements Binding, AcceptOwner {
  readonly transport = 'tcp';
  readonly text: string;
  readonly addresses: readonly BoundAddress[];
  owner: AcceptOwner;
  readonly #host: string;
  #server: net.Server;

  private constructor(bind: BindAddress, server: net.Server, owner: AcceptOwner) {
    const { address, port } = server.address() as net.AddressInfo;
    this.text = bind.text;
    this.addresses = [{ address: unmapAddress(address), port }];
    this.owner = owner;
    this.#host = bind.host;
    this.#server = server;
    acceptFrom(server, this);
  }

  /** Binds and listens; rejects with the system's error. */
  static async open(bind: BindAddress, owner: AcceptOwner): Promise<Listener> {
    await probeAccept();
    return new Listener(bind, await listenAnywhere(bind), owner);
  }

  get isOpen(): boolean {
    return this.#server.listening;
  }

  onAccept(accepted: Accepted): void {
    this.owner.onAccept(accepted);
  }

  onAcceptFault(error: Error): void {
    this.owner.onAcceptFault(error);
  }

  stop(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** Stops accepting; connections that were accepted live on. */
  close(): void {
    if (this.#server.listening) this.#server.close();
  }

  suspend(): void {
    this.close();
  }

  async resume(): Promise<void> {
    const port = this.addresses[0]?.port ?? 0;
    this.#server = await listenAnywhere({ host: this.#host, port });
    acceptFrom(this.#server, this);
  }
}

/** `:443` is every address; on a machine without IPv6 that is 0.0.0.0. `[::]:443` is IPv6 alone. */
async function listenAnywhere(bind: Pick<BindAddress, 'host' | 'port'>): Promise<net.Server> {
  const { host, port } = bind;
  const server = net.createServer(ACCEPT_OPTIONS);
  if (host !== '') {
    await listen(server, { host, port, ipv6Only: host === '::' });
    return server;
  }
  try {
    await listen(server, { host: '::', port, ipv6Only: false });
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error))) throw error;
    await listen(server, { host: '0.0.0.0', port });
  }
  return server;
}

function listen(server: net.Server, options: net.ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      server.off('listening', succeeded);
      reject(error);
    };
    const succeeded = (): void => {
      server.off('error', failed);
      resolve();
    };
    server.once('error', failed);
    server.once('listening', succeeded);
    // Exclusive: without it a cluster worker would share the primary's handle.
    server.listen({ ...options, backlog: BACKLOG, exclusive: true });
  });
}
