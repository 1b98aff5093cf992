// Reads sockets into buffers of our choice (`onread`), also accepted ones: the fastest way Node has to receive bytes.
import net from 'node:net';

/** Receives the bytes of one socket. */
export interface SocketReader {
  /**
   * The buffer for the reads to come; undefined = go on with the present one. Asked after every read.
   */
  nextBuffer(): Buffer | undefined;
  /**
   * `buffer[0..length)` has arrived. With a shared buffer the bytes are valid during the call only:
   * never write a view of it to a socket, the next read overwrites it under back-pressure.
   */
  onRead(buffer: Buffer, length: number): void;
}

/** Where a socket finds its present reader; assign `reader` to hand the socket to the next stage. */
export class ReaderSlot {
  reader: SocketReader;
  constructor(reader: SocketReader) {
    this.reader = reader;
  }
}

/** Bytes that wait in a socket before `write` answers false; 64 KiB from Node 22 on if not said. */
const WRITE_MARK = 16_384;

interface OnReadOptions {
  buffer: () => Buffer;
  callback: (length: number, buffer: Uint8Array) => boolean;
}

/** `net.Socket` options that exist but are not documented. */
interface HandleOptions extends net.SocketConstructorOpts {
  writableHighWaterMark: number;
  manualStart: true;
  handle: unknown;
  onread: OnReadOptions;
}

/** The undocumented parts of an accepted socket that {@link adoptSocket} moves. */
interface Internals {
  _handle: unknown;
  _server: unknown;
  server: unknown;
}

function onReadOptions(slot: ReaderSlot, first: Buffer): OnReadOptions {
  let current = first;
  return {
    buffer: () => {
      current = slot.reader.nextBuffer() ?? current;
      return current;
    },
    callback: (length, buffer) => {
      slot.reader.onRead(buffer as Buffer, length);
      return true;
    },
  };
}

let canAdopt: boolean | undefined;
let probing: Promise<boolean> | undefined;

/**
 * Whether accepted sockets can be re-wrapped with `onread` on this Node version; found out once, over loopback.
 * Until it has been asked, and where it is not so, accepted sockets fall back to 'data' events.
 */
export function probeAdoption(): Promise<boolean> {
  probing ??= runProbe().then((works) => {
    canAdopt = works;
    return works;
  });
  return probing;
}

function runProbe(): Promise<boolean> {
  return new Promise((resolve) => {
    let client: net.Socket | undefined;
    let adopted: net.Socket | undefined;
    const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
    const finish = (works: boolean): void => {
      client?.destroy();
      adopted?.destroy();
      server.close();
      resolve(works);
    };
    server.on('error', () => finish(false));
    server.on('connection', (socket) => {
      const reader: SocketReader = {
        nextBuffer: () => undefined,
        onRead: (buffer, length) =>
          finish(length === 4 && buffer.toString('latin1', 0, 4) === 'ping'),
      };
      try {
        adopted = adoptByHandle(socket, new ReaderSlot(reader), Buffer.allocUnsafeSlow(16));
        adopted.on('error', () => finish(false));
        adopted.on('end', () => finish(false));
        adopted.read(0);
      } catch {
        socket.destroy();
        finish(false);
      }
    });
    server.listen(0, '127.0.0.1', () => {
      client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
      client.on('error', () => finish(false));
      client.end('ping');
    });
  });
}

function adoptByHandle(accepted: net.Socket, slot: ReaderSlot, first: Buffer): net.Socket {
  const from = accepted as unknown as Internals;
  const handle = from._handle;
  if (handle === null || typeof handle !== 'object')
    throw new TypeError('the socket has no handle');
  const options: HandleOptions = {
    handle,
    allowHalfOpen: true,
    writableHighWaterMark: WRITE_MARK,
    // Without it the constructor begins to read, before anybody listens: an end that comes at once would be lost.
    manualStart: true,
    onread: onReadOptions(slot, first),
  };
  from._handle = null;
  const socket = new net.Socket(options);
  // The server counts its open connections through the socket that holds the handle.
  const to = socket as unknown as Internals;
  to._server = from._server;
  to.server = from.server;
  from._server = null;
  return socket;
}

/**
 * Takes over a socket accepted with `pauseOnConnect: true, allowHalfOpen: true`: from now on `slot.reader` gets its bytes.
 * Reading starts with `startReading(socket)`. The socket passed in must not be used again.
 */
export function adoptSocket(accepted: net.Socket, slot: ReaderSlot, first: Buffer): net.Socket {
  if (canAdopt === true && (accepted as unknown as Internals)._handle !== null) {
    return adoptByHandle(accepted, slot, first);
  }
  feedFromData(accepted, slot, first);
  return accepted;
}

/** Fallback: copies each chunk into the reader's buffer, in pieces that fit. */
function feedFromData(socket: net.Socket, slot: ReaderSlot, first: Buffer): void {
  let buffer = first;
  socket.pause();
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && !socket.destroyed; ) {
      const length = chunk.copy(buffer, 0, at);
      at += length;
      slot.reader.onRead(buffer, length);
      buffer = slot.reader.nextBuffer() ?? buffer;
    }
  });
}

/** Begins (or goes on) to read an adopted socket. */
export function startReading(socket: net.Socket): void {
  if (socket.listenerCount('data') > 0) socket.resume();
  else if (socket.isPaused()) socket.resume();
  else socket.read(0);
}

/** Options of {@link dialSocket}. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts a connection whose bytes go to `slot.reader`. The caller hears 'connect', 'error' and 'close', and keeps the deadline.
 */
export function dialSocket(options: DialOptions, slot: ReaderSlot, first: Buffer): net.Socket {
  const connect = {
    host: options.host,
    port: options.port,
    noDelay: true,
    allowHalfOpen: true,
    writableHighWaterMark: WRITE_MARK,
    onread: onReadOptions(slot, first),
  };
  return net.connect(connect as unknown as net.TcpNetConnectOpts);
}

/** The part of a socket's handle that counts what the kernel has not taken yet. */
interface QueueCounter {
  readonly writeQueueSize?: number;
}

/** Bytes written to a socket that the kernel has not taken: it shrinks as the peer reads, 'drain' comes at the end only. */
export function queuedBytes(socket: net.Socket): number {
  const handle = (socket as unknown as Internals)._handle as QueueCounter | null;
  return handle?.writeQueueSize ?? socket.writableLength;
}
