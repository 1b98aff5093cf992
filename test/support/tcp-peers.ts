// Raw TCP clients and members for tests: they say what they received and how the connection ended.
import { once } from 'node:events';
import net from 'node:net';
import type { Random } from '../../src/core/random.js';
import type { FrontendOptions } from '../../src/frontend/frontend.js';
import { Frontend, type FrontendDependencies } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';

/** How a connection ended for a peer. */
export type Ending = 'end' | 'reset' | 'closed-by-us';

/** One end of a TCP connection. */
export class TcpPeer {
  readonly socket: net.Socket;
  /** FIN or RST has come. */
  readonly ending: Promise<Ending>;
  readonly closed: Promise<void>;
  #chunks: Buffer[] = [];
  #length = 0;
  #wakers: (() => void)[] = [];
  #isOver = false;

  constructor(socket: net.Socket) {
    this.socket = socket;
    let error: NodeJS.ErrnoException | undefined;
    socket.on('error', (fault) => {
      error = fault;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    this.ending = new Promise((resolve) => {
      socket.once('end', () => resolve('end'));
      socket.once('close', () => resolve(error === undefined ? 'closed-by-us' : 'reset'));
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      });
      socket.once('end', () => {
        this.#isOver = true;
        this.#wake();
      });
    });
  }

  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** Resolves with everything received, once that is `bytes` long; rejects if the connection ends before. */
  async read(bytes: number): Promise<string> {
    while (this.#length < bytes) {
      if (this.#isOver) throw new Error(`ended after ${this.#length} of ${bytes} bytes`);
      await new Promise<void>((resolve) => {
        this.#wakers.push(resolve);
      });
    }
    return this.text;
  }

  send(data: string | Buffer): void {
    this.socket.write(data);
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }
}

/** Connects to a port of 127.0.0.1; rejects when nobody listens. A peer may have been reset at once. */
export async function connectTcp(
  port: number,
  options: Partial<net.TcpNetConnectOpts> = {},
): Promise<TcpPeer> {
  const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, ...options });
  const peer = new TcpPeer(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') resolve();
      else reject(error);
    });
  });
  return peer;
}

/** A member: a TCP server whose connections a test can take one by one. */
export interface TcpMember {
  readonly port: number;
  readonly address: string;
  readonly peers: readonly TcpPeer[];
  /** The next connection that was not taken yet. */
  next(): Promise<TcpPeer>;
  close(): Promise<void>;
}

/** Starts a member; `serve` is called for every connection. */
export async function startTcpMember(serve?: (peer: TcpPeer) => void): Promise<TcpMember> {
  const peers: TcpPeer[] = [];
  const wakers: (() => void)[] = [];
  let taken = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new TcpPeer(socket);
    peers.push(peer);
    serve?.(peer);
    for (const wake of wakers.splice(0)) wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    peers,
    async next() {
      while (peers.length <= taken) {
        await new Promise<void>((resolve) => {
          wakers.push(resolve);
        });
      }
      return peers[taken++] as TcpPeer;
    },
    async close() {
      for (const { socket } of peers) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A member that sends everything back, half-closes included. */
export function startEcho(): Promise<TcpMember> {
  return startTcpMember((peer) => {
    peer.socket.on('data', (chunk: Buffer) => peer.socket.write(chunk));
    peer.socket.once('end', () => peer.socket.end());
  });
}

/**
 * A port of 127.0.0.1 that refuses connections. It is the client's end of a connection that stays open: a port that is just
 * given up may become the listener of another test, which then hears from strangers.
 */
export async function deadPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  const [peer] = (await accepted) as [net.Socket];
  for (const socket of [client, peer]) socket.unref();
  server.close();
  return client.localPort!;
}

/** Pools and frontends that a test starts; `close` ends them all. */
export class Stage {
  readonly #frontends: Frontend[] = [];
  readonly #others: (() => Promise<void>)[] = [];

  /** A tcp frontend on a free port in front of members. */
  async open(
    members: readonly (TcpMember | string)[],
    options: Partial<FrontendOptions> = {},
    poolOptions: object = {},
    dependencies: FrontendDependencies = {},
  ): Promise<{ frontend: Frontend; pool: Pool; port: number }> {
    const pool = new Pool({
      name: 'pool',
      members: members.map((member) => (typeof member === 'string' ? member : member.address)),
      ...poolOptions,
    });
    const frontend = new Frontend(
      { name: 'front', protocol: 'tcp', bind: '127.0.0.1:0', pool, ...options },
      dependencies,
    );
    this.#frontends.push(frontend);
    const [bound] = await frontend.listen();
    return { frontend, pool, port: bound?.port ?? 0 };
  }

  /** Closed with the stage. */
  add<T extends { close(): Promise<void> }>(thing: T): T {
    this.#others.push(() => thing.close());
    return thing;
  }

  async close(): Promise<void> {
    for (const frontend of this.#frontends.splice(0)) await frontend.close();
    for (const close of this.#others.splice(0)) await close();
  }
}

/** Chance for a frontend, which draws once for each pause between two tries. */
export class CountedPauses implements Random {
  count = 0;

  next(): number {
    this.count++;
    return 0;
  }
}
