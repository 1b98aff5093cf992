// Finds out once whether TLS sockets can be built around bare handles on this Node version.
import type net from 'node:net';
import tls from 'node:tls';
import { type ProbeEnds, probeOverLoopback } from './loopback-probe.js';
import { ReaderSlot } from './socket-reader.js';
import { releaseControl, wrapTlsHandle } from './tls-socket.js';

/** Without certificates: a connection to oneself needs no proof of who one is. */
const ANONYMOUS = 'AECDH-AES128-SHA@SECLEVEL=0';

/** What the client asks for. */
const NAME = 'probe.test';

let works = false;
let probing: Promise<boolean> | undefined;

/** Whether the probe has been made and went well. */
export function canWrapTls(): boolean {
  return works;
}

/**
 * Makes the probe, over loopback, at the first call. Until then, and where it fails, TLS is put on sockets that Node has built and
 * read through 'data' events: slower, not different.
 */
export function probeTls(): Promise<boolean> {
  probing ??= probeOverLoopback(prepare).then((result) => {
    works = result;
    return result;
  });
  return probing;
}

/** The server name, bytes both ways and the end must arrive. */
function prepare(): ProbeEnds {
  const secureContext = tls.createSecureContext({ ciphers: ANONYMOUS, maxVersion: 'TLSv1.2' });
  return {
    serve: (handle, failed) => echo(handle, secureContext, failed),
    converse: (port, finish) => converse(port, secureContext, finish),
  };
}

/** The server's side: sends back what it reads, and ends when the client does. */
function echo(handle: object, secureContext: tls.SecureContext, failed: () => void): net.Socket {
  const slot = new ReaderSlot({
    nextBuffer: () => undefined,
    onRead: (buffer, length) => void socket.write(buffer.toString('latin1', 0, length), 'latin1'),
  });
  let asked = '';
  const socket = wrapTlsHandle(handle, slot, Buffer.allocUnsafeSlow(16), {
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
): net.Socket {
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
