// The open connections of a server, and how a server begins to listen.
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/** Connections that can be reset all at once. */
export class SocketSet {
  readonly #sockets: Set<Socket> = new Set();

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

/** Listens on a port of `host`, 0 = any; returns the real one. Rejects with the system's error. */
export async function listenOn(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}
