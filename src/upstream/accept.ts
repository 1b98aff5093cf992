// Accepts connections without reading from them, and without building two socket objects for each.
import net from 'node:net';
import type { ByteSocket } from './byte-socket.js';
import { canUseRaw, probeRaw } from './raw-probe.js';
import { RawSocket } from './raw-socket.js';
import { RawTlsSocket } from './raw-tls-socket.js';
import type { SecureSocket, ServerSide } from './secure-socket.js';
import { feedFromData, ReaderSlot, startReading, wrapBare, wrapHandle } from './socket-reader.js';
import { canUseRawTls, canWrapTls } from './tls-probe.js';
import { wrapTlsHandle, wrapTlsSocket } from './tls-socket.js';

/** A connection that nobody has begun to read: back-pressure reaches the client for as long as it stays so. */
export interface Accepted {
  /** undefined = the client has reset it already. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  /** The port that it came to. */
  readonly localPort: number;
  /**
   * Makes it a connection whose bytes go to `slot.reader`, from `startReading(socket)` on. To be called once.
   * @param first - the buffer for the first read
   */
  open(slot: ReaderSlot, first: Buffer): ByteSocket;
  /** The same with TLS on it: the handshake begins, 'secure' tells of its end. */
  openTls(slot: ReaderSlot, first: Buffer, side: ServerSide): SecureSocket;
  /** Ends it with RST. */
  reset(): void;
  /** Ends it without a word: FIN, unless the client has sent something already. */
  close(): void;
}

/** Who takes the connections of a server. */
export interface AcceptOwner {
  onAccept(accepted: Accepted): void;
  /** Accepting failed (out of descriptors, out of memory); the server goes on. */
  onAcceptFault(error: Error): void;
}

/** The undocumented parts of a listening server that are used here. */
interface ServerInternals {
  readonly _handle: { onconnection: (status: number, handle?: TcpHandle) => void } | null;
}

/** The undocumented parts of an accepted connection's handle. */
interface TcpHandle {
  getpeername(out: { address?: string; port?: number }): number;
  setNoDelay(enable: boolean): number;
}

let canIntercept = false;
let probing: Promise<boolean> | undefined;

/**
 * Whether this Node version lets connections be taken as bare handles; found out once, over loopback.
 * Until it has been asked, and where it does not, sockets are built by Node and read through 'data' events: slower, not different.
 */
export function probeAccept(): Promise<boolean> {
  probing ??= runProbe().then(async (works) => {
    canIntercept = works;
    if (works) await probeRaw();
    return works;
  });
  return probing;
}

/** Options for the server of `acceptFrom`. */
export const ACCEPT_OPTIONS: net.ServerOpts = {
  pauseOnConnect: true,
  allowHalfOpen: true,
  noDelay: true,
};

/** Hands over every connection of a server that listens, made with `ACCEPT_OPTIONS`. */
export function acceptFrom(server: net.Server, owner: AcceptOwner): void {
  server.on('error', (error) => owner.onAcceptFault(error));
  server.on('connection', (socket) => owner.onAccept(new AcceptedSocket(socket)));
  if (canIntercept) intercept(server, owner);
}

function intercept(server: net.Server, owner: AcceptOwner): void {
  const listening = (server as unknown as ServerInternals)._handle;
  if (listening === null) return;
  // All connections of a listening socket have its port: the kernel need not be asked about each.
  const { port } = server.address() as net.AddressInfo;
  const byNode = listening.onconnection;
  listening.onconnection = function onConnection(status, handle) {
    if (status !== 0 || handle === undefined) {
      // Node tells its own 'error' listeners.
      byNode.call(this, status, handle);
      return;
    }
    handle.setNoDelay(true);
    owner.onAccept(new AcceptedHandle(handle, port));
  };
}

/** A connection as the kernel handed it over. */
class AcceptedHandle implements Accepted {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  readonly localPort: number;
  readonly #handle: TcpHandle;

  constructor(handle: TcpHandle, localPort: number) {
    const isKnown = handle.getpeername(PEER) === 0;
    this.remoteAddress = isKnown ? PEER.address : undefined;
    this.remotePort = isKnown ? PEER.port : 0;
    this.localPort = localPort;
    this.#handle = handle;
  }

  open(slot: ReaderSlot, first: Buffer): ByteSocket {
    return canUseRaw()
      ? new RawSocket(this.#handle, slot, first)
      : wrapHandle(this.#handle, slot, first);
  }

  openTls(slot: ReaderSlot, first: Buffer, side: ServerSide): SecureSocket {
    if (canUseRawTls()) return new RawTlsSocket(this.#handle, slot, first, side).resume();
    if (canWrapTls()) return wrapTlsHandle(this.#handle, slot, first, side);
    return wrapTlsSocket(wrapBare(this.#handle), slot, first, side);
  }

  reset(): void {
    const socket = this.open(new ReaderSlot(NO_READER), NO_BUFFER);
    socket.on('error', ignore);
    socket.resetAndDestroy();
  }

  close(): void {
    const socket = this.open(new ReaderSlot(NO_READER), NO_BUFFER);
    socket.on('error', ignore);
    socket.destroy();
  }
}

/** A connection that Node has made a socket of. */
class AcceptedSocket implements Accepted {
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('error', ignore);
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  open(slot: ReaderSlot, first: Buffer): net.Socket {
    feedFromData(this.#socket, slot, first);
    return this.#socket;
  }

  openTls(slot: ReaderSlot, first: Buffer, side: ServerSide): SecureSocket {
    return wrapTlsSocket(this.#socket, slot, first, side);
  }

  reset(): void {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Where `getpeername` writes: its properties are there already, which spares each connection adding them. */
const PEER: { address: string; family: string; port: number } = {
  address: '',
  family: '',
  port: 0,
};

const NO_READER = { nextBuffer: (): undefined => undefined, onRead: ignore };
const NO_BUFFER: Buffer = Buffer.allocUnsafeSlow(1);

function ignore(): void {}

/** One connection over loopback, taken as a handle: its bytes and its end must arrive. */
function runProbe(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer(ACCEPT_OPTIONS);
    const sockets: ByteSocket[] = [];
    let text = '';
    const finish = (works: boolean): void => {
      for (const socket of sockets) socket.destroy();
      server.close();
      resolve(works);
    };
    const reader = {
      nextBuffer: () => undefined,
      onRead: (buffer: Buffer, length: number) => {
        text += buffer.toString('latin1', 0, length);
      },
    };
    server.on('error', () => finish(false));
    server.on('connection', (socket) => {
      sockets.push(socket);
      finish(false);
    });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
      sockets.push(client);
      client.on('error', () => finish(false));
      try {
        intercept(server, {
          onAccept(accepted) {
            const socket = accepted.open(new ReaderSlot(reader), Buffer.allocUnsafeSlow(16));
            sockets.push(socket);
            socket.on('error', () => finish(false));
            socket.on('end', () =>
              finish(text === 'ping' && accepted.remoteAddress === '127.0.0.1'),
            );
            startReading(socket);
          },
          onAcceptFault: () => finish(false),
        });
        client.end('ping');
      } catch {
        finish(false);
      }
    });
  });
}
