// The TCP side of a fault proxy: every connection is two faulty links.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { HostPort } from '../../core/address.js';
import type { Environment } from '../../core/environment.js';
import { listenOn } from '../member/socket-set.js';
import type { PlannedFaults } from './fault-spec.js';
import { FaultyLink } from './faulty-link.js';

/** One connection through the proxy. */
class FaultyConnection {
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #up: FaultyLink;
  readonly #down: FaultyLink;

  constructor(client: Socket, target: Socket, faults: PlannedFaults, environment: Environment) {
    this.#client = client;
    this.#target = target;
    this.#up = this.#link(client, target, faults.up, environment);
    this.#down = this.#link(target, client, faults.down, environment);
  }

  set(faults: PlannedFaults): void {
    if (faults.reset) return this.reset();
    this.#up.set(faults.up);
    this.#down.set(faults.down);
  }

  reset(): void {
    this.#close();
    this.#client.resetAndDestroy();
    this.#target.resetAndDestroy();
  }

  #link(
    from: Socket,
    to: Socket,
    faults: PlannedFaults['up'],
    environment: Environment,
  ): FaultyLink {
    const link = new FaultyLink(faults, environment, {
      deliver: (bytes) => {
        if (!to.write(bytes)) from.pause();
      },
      onEnd: () => to.end(),
      onDrain: () => from.resume(),
      onLimit: () => this.#end(),
    });
    to.on('drain', () => {
      if (!link.isFull) from.resume();
    });
    from.on('data', (bytes: Buffer) => {
      link.send(bytes);
      if (link.isFull) from.pause();
    });
    from.on('end', () => link.end());
    // A reset at one side is one at the other.
    from.on('error', () => this.reset());
    return link;
  }

  #end(): void {
    this.#close();
    this.#client.end();
    this.#target.end();
    this.#client.destroySoon();
    this.#target.destroySoon();
  }

  #close(): void {
    this.#up.close();
    this.#down.close();
  }
}

/** Listens, and carries connections to the target with faults. */
export class TcpFaults {
  readonly #target: HostPort;
  readonly #environment: Environment;
  readonly #connections: Set<FaultyConnection> = new Set();
  #faults: PlannedFaults;
  #server: Server | undefined;

  constructor(target: HostPort, faults: PlannedFaults, environment: Environment) {
    this.#target = target;
    this.#faults = faults;
    this.#environment = environment;
  }

  get open(): number {
    return this.#connections.size;
  }

  listen({ host, port }: HostPort): Promise<number> {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#onClient(client));
    return listenOn(this.#server, port, host === '' ? '::' : host);
  }

  set(faults: PlannedFaults): void {
    this.#faults = faults;
    for (const connection of this.#connections) connection.set(faults);
  }

  cut(): void {
    for (const connection of this.#connections) connection.reset();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const isClosed = new Promise((resolve) => server.close(resolve));
    this.cut();
    await isClosed;
  }

  #onClient(client: Socket): void {
    if (this.#faults.reset) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const { host, port } = this.#target;
    const target = connect({ host, port, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const connection = new FaultyConnection(client, target, this.#faults, this.#environment);
    this.#connections.add(connection);
    // What still waits in one direction outlives the side that has gone.
    const forget = (): void => {
      if (client.closed && target.closed) this.#connections.delete(connection);
    };
    client.once('close', forget);
    target.once('close', forget);
  }
}
