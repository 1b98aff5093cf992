// TLS on a socket that was read in the clear before: behind a PROXY header.
import type { ByteSocket } from './byte-socket.js';
import { RawTlsSocket } from './raw-tls-socket.js';
import type { SecureSocket, ServerSide } from './secure-socket.js';
import type { ReaderSlot } from './socket-reader.js';
import { streamOf, takeHandle } from './take-handle.js';
import { canUseRawTls, canWrapTls } from './tls-probe.js';
import { wrapTlsHandle, wrapTlsSocket } from './tls-socket.js';

/** The undocumented part of a TLS socket that is used here. */
interface Receiver {
  readonly _handle: { receive?(bytes: Buffer): void } | null;
}

/**
 * The server's side of TLS on an accepted socket; `socket` itself is not to be used any more.
 * @param early - what was read and belongs to TLS; it must not change any more
 */
export function putTlsOn(
  socket: ByteSocket,
  slot: ReaderSlot,
  first: Buffer,
  side: ServerSide,
  early: Buffer,
): SecureSocket {
  const handle = canWrapTls() ? takeHandle(socket) : undefined;
  if (handle === undefined) {
    return wrapTlsSocket(streamOf(socket, slot, first), slot, first, side, early);
  }
  if (canUseRawTls()) return new RawTlsSocket(handle, slot, first, side).resumeWith(early);
  const secure = wrapTlsHandle(handle, slot, first, side);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Node itself does with bytes that a socket has read
  const receiver = secure as unknown as Receiver;
  // Once the caller listens.
  if (early.length > 0) process.nextTick(() => receiver._handle?.receive?.(early));
  return secure;
}
