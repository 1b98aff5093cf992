// A scripted TCP server: sends back what comes.
import { createServer, type Server, type Socket } from 'node:net';
import type { MemberService, ServiceHost } from './member-service.js';
import { writePaced } from './paced-writer.js';
import type { Step } from './script.js';
import { listenOn, SocketSet } from './socket-set.js';

/** Serves connections by steps: one step for each, chosen when it comes. */
export class TcpService implements MemberService {
  readonly #host: ServiceHost;
  readonly #sockets: SocketSet = new SocketSet();
  #server: Server | undefined;

  constructor(host: ServiceHost) {
    this.#host = host;
  }

  open(port: number): Promise<number> {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#onConnection(socket));
    return listenOn(this.#server, port);
  }

  async shut(): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    await Promise.resolve();
  }

  reset(): void {
    this.#sockets.reset();
  }

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket);
    this.#host.onRequest();
    const step = this.#host.use();
    if (step?.action === 'refuse') {
      socket.resetAndDestroy();
      return;
    }
    if (step === undefined || step.action === 'hang') {
      socket.resume();
      return;
    }
    if (step.action === 'half-close') socket.end();
    socket.once('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => this.#onBytes(socket, bytes, step));
  }

  #onBytes(socket: Socket, bytes: Buffer, step: Step): void {
    const { clock } = this.#host.environment;
    if (step.action === 'half-close') return;
    if (step.action === 'reset') {
      clock.schedule(step.delayMs, () => socket.resetAndDestroy());
      return;
    }
    const sink = {
      get isOpen(): boolean {
        return socket.writable;
      },
      write: (piece: Buffer): void => void socket.write(piece),
    };
    const answer = step.body === undefined ? bytes : Buffer.from(step.body);
    // What comes meanwhile waits, so that answers keep their order.
    socket.pause();
    writePaced(clock, step, answer, sink, () => socket.resume());
  }
}
