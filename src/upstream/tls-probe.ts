// Finds out once whether TLS sockets can be built around bare handles on this Node version.
import net from 'node:net';
import tls from 'node:tls';
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
  probing ??= runProbe().then((result) => {
    works = result;
    return result;
  });
  return probing;
}

interface ListeningServer {
  readonly _handle: { onconnection: (status: number, handle?: object) => void } | null;
}

/** One connection: the server name, bytes both ways and the end must arrive. */
function runProbe(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    const sockets: net.Socket[] = [];
    const finish = (result: boolean): void => {
      for (const socket of sockets) socket.destroy();
      server.close();
      resolve(result);
    };
    const failed = (): void => finish(false);
    server.on('error', failed);
    server.on('connection', failed);
    server.listen(0, '127.0.0.1', () => {
      try {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in accept.ts
        const listening = (server as unknown as ListeningServer)._handle;
        if (listening === null) throw new Error('a server without a handle');
        const secureContext = tls.createSecureContext({
          ciphers: ANONYMOUS,
          maxVersion: 'TLSv1.2',
        });
        listening.onconnection = (_status, handle) => {
          if (handle === undefined) return failed();
          try {
            sockets.push(echo(handle, secureContext, failed));
          } catch {
            failed();
          }
        };
        const { port } = server.address() as net.AddressInfo;
        sockets.push(converse(port, secureContext, finish));
      } catch {
        failed();
      }
    });
  });
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
