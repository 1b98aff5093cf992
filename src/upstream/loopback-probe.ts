// One connection to oneself, taken as a bare handle: finds out whether what rests on undocumented parts of Node works.
import net from 'node:net';
import type { ByteSocket } from './byte-socket.js';

interface ListeningServer {
  readonly _handle: { onconnection: (status: number, handle?: object) => void } | null;
}

/** The two ends of the connection. */
export interface ProbeEnds {
  /** The server's end, around the handle of what it accepted. */
  serve(handle: object, failed: () => void): ByteSocket;
  /** The client's end; it tells how it went. */
  converse(port: number, finish: (works: boolean) => void): ByteSocket;
}

/** Whether the conversation that `prepare` sets up goes well. Both ends are destroyed afterwards; it never rejects. */
export function probeOverLoopback(prepare: () => ProbeEnds): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    const sockets: ByteSocket[] = [];
    const finish = (works: boolean): void => {
      for (const socket of sockets) socket.destroy();
      server.close();
      resolve(works);
    };
    const failed = (): void => finish(false);
    server.on('error', failed);
    server.on('connection', failed);
    server.listen(0, '127.0.0.1', () => {
      try {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in accept.ts
        const listening = (server as unknown as ListeningServer)._handle;
        if (listening === null) throw new Error('a server without a handle');
        const ends = prepare();
        listening.onconnection = (_status, handle) => {
          if (handle === undefined) return failed();
          try {
            sockets.push(ends.serve(handle, failed));
          } catch {
            failed();
          }
        };
        const { port } = server.address() as net.AddressInfo;
        sockets.push(ends.converse(port, finish));
      } catch {
        failed();
      }
    });
  });
}
