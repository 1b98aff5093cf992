// An HTTP member inside the test process: counts what it serves, can hold answers back, die, and come back on its port.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How a member answers besides `/health`. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What {@link HttpMember} is built from. */
export interface HttpMemberOptions {
  /** @defaultValue 200 with the member's name as body */
  readonly answer?: Answer;
}

/** A member that answers with its name. */
export class HttpMember implements AsyncDisposable {
  readonly name: string;
  /** Requests it has seen, as `GET /path`; health checks left out. */
  readonly seen: string[] = [];
  /** Health checks it has seen. */
  checks = 0;
  /** What `/health` answers. */
  healthStatus = 200;
  readonly #answer: Answer;
  readonly #sockets: Set<Socket> = new Set();
  #server: Server | undefined;
  #port = 0;
  #waiting: (() => void)[] = [];

  private constructor(name: string, { answer }: HttpMemberOptions) {
    this.name = name;
    this.#answer = answer ?? ((_request, response) => void response.end(name));
  }

  static async start(name: string, options: HttpMemberOptions = {}): Promise<HttpMember> {
    const member = new HttpMember(name, options);
    await member.listen();
    return member;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the port of the first time. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#serve(request, response));
    // Longer than any test: who closes first is not the question here.
    server.keepAliveTimeout = 600_000;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Dies as a killed process does: its port refuses, its connections are reset. */
  async die(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Resolves when it has seen `count` requests. */
  async sees(count: number): Promise<void> {
    while (this.seen.length < count)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.die();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/health') {
      this.checks++;
      response.statusCode = this.healthStatus;
      response.end();
      return;
    }
    this.seen.push(`${request.method} ${request.url}`);
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#answer(request, response);
  }
}
