// A TCP server of a few lines that says what a test wants it to say, and knows when its clients have gone.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A listening responder. */
export interface Responder extends AsyncDisposable {
  readonly port: number;
  /** Bytes received so far, over all connections. */
  received(): string;
  /** Resolves when every connection made so far is closed; made at least one. */
  allGone(): Promise<void>;
}

/** Listens on 127.0.0.1 and hands every connection to `onConnection`. */
export async function startResponder(
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<Responder> {
  let received = '';
  const sockets: { socket: Socket; gone: Promise<unknown> }[] = [];
  const server = createServer((socket) => {
    sockets.push({ socket, gone: new Promise((resolve) => socket.on('close', resolve)) });
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    received: () => received,
    async allGone() {
      if (sockets.length === 0) await once(server, 'connection');
      await Promise.all(sockets.map(({ gone }) => gone));
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const { socket } of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Writes `bytes` one at a time, each in a packet of its own as far as the kernel allows. */
export async function drip(socket: Socket, bytes: Uint8Array): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of bytes) {
    if (socket.destroyed) return;
    await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
  }
}

/** Writes for as long as the client takes it. */
export function flood(socket: Socket, bytes: Uint8Array): void {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', pump);
  pump();
}
