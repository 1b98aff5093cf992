// A scripted HTTP server.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MemberService, ServiceHost } from './member-service.js';
import { writePaced } from './paced-writer.js';
import type { Step } from './script.js';
import { listenOn, SocketSet } from './socket-set.js';

/** Answers requests by steps; its port can be closed and opened again. */
export class HttpService implements MemberService {
  readonly #host: ServiceHost;
  readonly #sockets: SocketSet = new SocketSet();
  #server: Server | undefined;

  constructor(host: ServiceHost) {
    this.#host = host;
  }

  open(port: number): Promise<number> {
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) =>
      this.#onRequest(request, response),
    );
    server.on('connection', (socket) => this.#onConnection(socket));
    server.on('clientError', (_error, socket) => socket.destroy());
    this.#server = server;
    return listenOn(server, port);
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.listening !== true) return;
    // `close` waits for open connections; the port is free at once.
    server.close();
    await Promise.resolve();
  }

  reset(): void {
    this.#sockets.reset();
  }

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket);
    if (this.#host.step.action !== 'refuse') return;
    this.#host.use();
    socket.resetAndDestroy();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#host.onRequest();
    const step = this.#host.use();
    request.resume();
    if (step === undefined || step.action === 'hang') return;
    if (step.action === 'reset' || step.action === 'refuse') {
      const { clock } = this.#host.environment;
      clock.schedule(step.delayMs, () => request.socket.resetAndDestroy());
    } else void this.#answer(request, response, step);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, step: Step): Promise<void> {
    if (!request.complete) await once(request, 'end').catch(() => undefined);
    const body = Buffer.from(step.body ?? `${this.#host.name}\n`);
    const isCut = step.action === 'half-close';
    const sent = isCut ? body.subarray(0, body.length >> 1) : body;
    const sink = {
      get isOpen(): boolean {
        return !request.socket.destroyed;
      },
      write(bytes: Buffer): void {
        if (!response.headersSent)
          response.writeHead(step.status, { 'content-length': body.length, ...step.headers });
        response.write(bytes);
      },
    };
    writePaced(this.#host.environment.clock, step, sent, sink, () => {
      if (isCut) request.socket.end();
      else response.end();
    });
  }
}
