// Where the active node's others connect: accepted while it is active, and fed by a publisher each.
import net from 'node:net';
import type { Clock } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import { Publisher } from '../replication/publisher.js';
import type { ReplicaSources } from '../replication/source.js';
import { HaStream, type StreamSecrets } from './stream.js';

/** Connections at once, those that have not shown anything yet included. */
const MAX_CONNECTIONS = 64;

/** One other node that is connected, for the status. */
export interface FollowerStatus {
  readonly address: string;
  readonly isSynced: boolean;
  /** Age of the oldest change that is not in force there, ms. */
  readonly lagMs: number;
  /** Changes that wait to be sent. */
  readonly pending: number;
  /** Entries sent so far. */
  readonly sent: number;
}

/** A TCP listener of the pair. */
export class StreamServer {
  readonly #secrets: StreamSecrets;
  readonly #sources: () => ReplicaSources;
  readonly #clock: Clock;
  readonly #sockets: Set<net.Socket> = new Set();
  readonly #publishers: Map<HaStream, Publisher> = new Map();
  /** Connections that were cut: who came does not know the secret, or sent what is no frame. */
  refused = 0;
  #server: net.Server | undefined;
  #isActive = false;

  constructor(secrets: StreamSecrets, sources: () => ReplicaSources, clock: Clock) {
    this.#secrets = secrets;
    this.#sources = sources;
    this.#clock = clock;
  }

  /** @throws EvenkeelError `EK_BIND` */
  async open(host: string, port: number): Promise<void> {
    const server = net.createServer({ noDelay: true }, (socket) => this.#accept(socket));
    server.maxConnections = MAX_CONNECTIONS;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
      });
    } catch (error) {
      throw new EvenkeelError(
        'EK_BIND',
        `ha: can't listen on tcp ${host}:${port}: ${String(error)}`,
        {
          cause: error,
        },
      );
    }
    server.removeAllListeners('error');
    server.on('error', () => {});
    this.#server = server;
  }

  /** Takes connections, or cuts them: a backup has nothing to tell. */
  setActive(isActive: boolean): void {
    if (this.#isActive === isActive) return;
    this.#isActive = isActive;
    if (!isActive) for (const socket of this.#sockets) socket.destroy();
  }

  /** The nodes that are connected. */
  get followers(): readonly FollowerStatus[] {
    return [...this.#publishers].map(([stream, publisher]) => ({
      address: stream.remoteAddress,
      isSynced: publisher.isSynced,
      lagMs: publisher.lagMs,
      pending: publisher.pending,
      sent: publisher.sent,
    }));
  }

  /** Sends from the present sources to those that are connected, everything anew. */
  restart(): void {
    for (const publisher of this.#publishers.values()) publisher.use(this.#sources());
  }

  /** Sends what waits at once; resolves when all who are connected have it. */
  async flush(): Promise<void> {
    await Promise.all([...this.#publishers.values()].map((publisher) => publisher.flush()));
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    if (!this.#isActive) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    let publisher: Publisher | undefined;
    const stream = new HaStream(
      socket,
      'server',
      this.#secrets,
      {
        onOpen: (opened) => {
          publisher = new Publisher(this.#sources(), opened, this.#clock);
          this.#publishers.set(opened, publisher);
          publisher.start();
        },
        onMessage: (message) => {
          if (message.type === 'ack') publisher?.onAck(message.batch);
        },
        onDrain: () => publisher?.resume(),
        onClose: (_wasOpen, isRefused) => {
          if (isRefused) this.refused++;
          publisher?.close();
          this.#publishers.delete(stream);
        },
      },
      this.#clock,
    );
  }
}
