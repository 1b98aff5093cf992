// Finds out once whether TLS can be put on bare handles on this Node version, and whether it can do without Node's streams.
import tls from 'node:tls';
import type { ByteSocket } from './byte-socket.js';
import { probeOverLoopback } from './loopback-probe.js';
import { hasNativeTls, RawTlsSocket } from './raw-tls-socket.js';
import type { SecureSocket, ServerSide } from './secure-socket.js';
import { ReaderSlot } from './socket-reader.js';
import { releaseControl, wrapTlsHandle } from './tls-socket.js';

/** Without certificates: a connection to oneself needs no proof of who one is. */
const ANONYMOUS = 'AECDH-AES128-SHA@SECLEVEL=0';

/** What the client asks for. */
const NAME = 'probe.test';

type Open = (handle: object, slot: ReaderSlot, first: Buffer, side: ServerSide) => SecureSocket;

let canWrap = false;
let canDoWithoutStreams = false;
let probing: Promise<boolean> | undefined;

/** Whether TLS sockets of Node's can be built around bare handles. */
export function canWrapTls(): boolean {
  return canWrap;
}

/** Whether `RawTlsSocket` works. */
export function canUseRawTls(): boolean {
  return canDoWithoutStreams;
}

/**
 * Makes the probes, over loopback, at the first call. Until then, and where they fail, TLS is put on sockets that Node has built:
 * slower, not different. Resolves with `canWrapTls`.
 */
export function probeTls(): Promise<boolean> {
  probing ??= probeBoth();
  return probing;
}

async function probeBoth(): Promise<boolean> {
  canWrap = await probe(wrapTlsHandle);
  canDoWithoutStreams =
    canWrap && hasNativeTls() && (await probe((...parts) => new RawTlsSocket(...parts).resume()));
  return canWrap;
}

/** The server name, bytes both ways and the end must arrive. */
function probe(open: Open): Promise<boolean> {
  return probeOverLoopback(() => {
    const secureContext = tls.createSecureContext({ ciphers: ANONYMOUS, maxVersion: 'TLSv1.2' });
    return {
      serve: (handle, failed) => echo(open, handle, secureContext, failed),
      converse: (port, finish) => converse(port, secureContext, finish),
    };
  });
}

/** The server's side: sends back what it reads, in two writes, and ends when the client does. */
function echo(
  open: Open,
  handle: object,
  secureContext: tls.SecureContext,
  failed: () => void,
): ByteSocket {
  const slot = new ReaderSlot({
    nextBuffer: () => undefined,
    onRead: (buffer, length) => {
      socket.write(buffer.toString('latin1', 0, 1), 'latin1');
      socket.write(Buffer.from(buffer.subarray(1, length)));
    },
  });
  let asked = '';
  const socket = open(handle, slot, Buffer.allocUnsafeSlow(16), {
    options: { isServer: true, secureContext },
    choose: (name) => {
      asked = name;
      return secureContext;
    },
  });
  socket.on('secure', () => {
    releaseControl(socket);
    if (asked !== NAME) failed();
  });
  socket.on('end', () => socket.end());
  socket.on('error', failed);
  return socket;
}

function converse(
  port: number,
  secureContext: tls.SecureContext,
  finish: (result: boolean) => void,
): ByteSocket {
  let text = '';
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    secureContext,
    maxVersion: 'TLSv1.2',
    servername: NAME,
    // The server has no certificate to show.
    rejectUnauthorized: false,
  });
  socket.on('secureConnect', () => socket.write('ping'));
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text === 'ping') socket.end();
  });
  socket.on('error', () => finish(false));
  socket.on('close', () => finish(text === 'ping'));
  return socket;
}
