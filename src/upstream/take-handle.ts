// Takes the handle out of a connection, for TLS to be put on it.
import net from 'node:net';
import type { ByteSocket } from './byte-socket.js';
import { RawSocket } from './raw-socket.js';
import { type ReaderSlot, startReading, wrapHandle } from './socket-reader.js';

/** The undocumented parts of a socket and its handle that are used here. */
interface WithHandle {
  _handle: { reading?: boolean; readStop?(): number } | null;
}

/** The handle, which is not read any more; undefined = it can't be had. `socket` itself is not to be used any more. */
export function takeHandle(socket: ByteSocket): object | undefined {
  if (socket instanceof RawSocket) return socket.release();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked for before it is used
  const bare = socket as unknown as WithHandle;
  const handle = bare._handle;
  if (handle === null || typeof handle.readStop !== 'function') return undefined;
  handle.readStop();
  handle.reading = false;
  bare._handle = null;
  return handle;
}

/** The connection as a socket of Node's own, which is read; `socket` itself is not to be used any more if it was none. */
export function streamOf(socket: ByteSocket, slot: ReaderSlot, first: Buffer): net.Socket {
  if (socket instanceof net.Socket) return socket;
  const handle = takeHandle(socket);
  if (handle === undefined) throw new TypeError('a connection without a handle');
  const stream = wrapHandle(handle, slot, first);
  startReading(stream);
  return stream;
}
