// One bound TCP address: accepts, and hands every connection on unread.
import net from 'node:net';
import { unmapAddress } from '../core/address.js';
import type { BoundAddress } from '../model/events.js';
import { ACCEPT_OPTIONS, type AcceptOwner, acceptFrom, probeAccept } from '../upstream/accept.js';
import { type BindAddress, errorCode } from './bind-address.js';
import type { Binding } from './service.js';

/** Length of the kernel's accept queue; Linux cuts it to net.core.somaxconn (4096 by default). */
const BACKLOG = 4096;

/** A listening socket. */
export class Listener implements Binding {
  readonly text: string;
  readonly addresses: readonly BoundAddress[];
  readonly #server: net.Server;

  private constructor(text: string, server: net.Server, bound: BoundAddress) {
    this.text = text;
    this.addresses = [bound];
    this.#server = server;
  }

  /** Binds and listens; rejects with the system's error. */
  static async open(bind: BindAddress, owner: AcceptOwner): Promise<Listener> {
    await probeAccept();
    const server = net.createServer(ACCEPT_OPTIONS);
    await listenAnywhere(server, bind);
    acceptFrom(server, owner);
    const { address, port } = server.address() as net.AddressInfo;
    return new Listener(bind.text, server, { address: unmapAddress(address), port });
  }

  stop(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** Stops accepting; connections that were accepted live on. */
  close(): void {
    if (this.#server.listening) this.#server.close();
  }
}

/** `:443` is every address; on a machine without IPv6 that is 0.0.0.0. `[::]:443` is IPv6 alone. */
async function listenAnywhere(server: net.Server, bind: BindAddress): Promise<void> {
  if (bind.host !== '') {
    await listen(server, { host: bind.host, port: bind.port, ipv6Only: bind.host === '::' });
    return;
  }
  try {
    await listen(server, { host: '::', port: bind.port, ipv6Only: false });
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error))) throw error;
    await listen(server, { host: '0.0.0.0', port: bind.port });
  }
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
