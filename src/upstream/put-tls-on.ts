// TLS on a socket that was read in the clear before: behind a PROXY header.
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ReaderSlot } from './socket-reader.js';
import { canWrapTls } from './tls-probe.js';
import { type ServerSide, wrapTlsHandle, wrapTlsSocket } from './tls-socket.js';

/** The undocumented parts of a socket and its handle that are used here. */
interface WithHandle {
  _handle: { reading?: boolean; readStop?(): number } | null;
}
interface Receiver {
  readonly _handle: { receive?(bytes: Buffer): void } | null;
}

/**
 * The server's side of TLS on an accepted socket; `socket` itself is not to be used any more.
 * @param early - what was read and belongs to TLS; it must not change any more
 */
export function putTlsOn(
  socket: net.Socket,
  slot: ReaderSlot,
  first: Buffer,
  side: ServerSide,
  early: Buffer,
): TLSSocket {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked for before it is used
  const bare = socket as unknown as WithHandle;
  const handle = bare._handle;
  if (!canWrapTls() || handle === null || typeof handle.readStop !== 'function') {
    return wrapTlsSocket(socket, slot, first, side, early);
  }
  handle.readStop();
  handle.reading = false;
  bare._handle = null;
  const secure = wrapTlsHandle(handle, slot, first, side);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Node itself does with bytes that a socket has read
  const receiver = secure as unknown as Receiver;
  // Once the caller listens.
  if (early.length > 0) process.nextTick(() => receiver._handle?.receive?.(early));
  return secure;
}
