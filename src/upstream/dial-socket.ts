// Starts connections to members, in the clear.
import net from 'node:net';
import type { ByteSocket } from './byte-socket.js';
import { canUseRaw } from './raw-probe.js';
import { RawSocket } from './raw-socket.js';
import { onReadOptions, type ReaderSlot, SOCKET_DEFAULTS } from './socket-reader.js';

/** Where to. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts a connection whose bytes go to `slot.reader`. The caller hears 'connect', 'error' and 'close', and keeps the deadline.
 * A name is looked up by Node's own socket, which tries its addresses in turn.
 */
export function dialSocket(options: DialOptions, slot: ReaderSlot, first: Buffer): ByteSocket {
  const { host, port } = options;
  if (canUseRaw() && net.isIP(host) !== 0) return RawSocket.dial(host, port, slot, first);
  return connect(options, { onread: onReadOptions(slot, first) });
}

/** Starts a connection that somebody else will read: what TLS is put on. */
export function dialPlain(options: DialOptions): net.Socket {
  return connect(options, {});
}

function connect({ host, port }: DialOptions, more: object): net.Socket {
  const options = { host, port, noDelay: true, ...more, ...SOCKET_DEFAULTS };
  return net.connect(options as unknown as net.TcpNetConnectOpts);
}
