// Ends a TCP connection so that the peer can tell it from a normal end.

import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ByteSocket } from '../upstream/byte-socket.js';
import { resetTlsSocket } from '../upstream/tls-socket.js';

/**
 * Resets a connection (RST) and frees it: what was cut must not look complete.
 * A socket that has sent its FIN already, or was never connected, is destroyed instead: its stream was whole,
 * and Node would leak a handle that it resets during a shutdown.
 */
export function resetSocket(socket: ByteSocket): void {
  if (socket.destroyed) return;
  // Sockets of ours know it themselves.
  const isNode = socket instanceof Socket;
  if (isNode && (socket.connecting || socket.writableEnded)) socket.destroy();
  else if (socket instanceof TLSSocket) resetTlsSocket(socket);
  else socket.resetAndDestroy();
}
