// A member for conformance: answers with its name, and misbehaves by path.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Server,
  type Http2ServerRequest,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { MEMBER_CERTIFICATE } from './member-tls.js';

/** A request as the member saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** `name: value` in lower-case names, in order. */
  readonly lines: readonly string[];
  readonly body: string;
}

/**
 * | path | answer |
 * |---|---|
 * | `/health` | `healthStatus` and `healthBody`; `silentHealth` never answers |
 * | `/slow?ms=N` | its name, after N ms |
 * | `/close`, `/junk`, `/partial` | closes; no HTTP; 4 of 1000 bytes, then a reset |
 * | `/status/N` | that status |
 * | `/trailers` | its name, with the trailer `x-sum` |
 * | `/etag` | its name, with an ETag |
 * | `/big` | 10,000 bytes of text |
 * | everything else | its name |
 *
 * One whose name begins with `tls` speaks TLS, one whose name ends with `h2` HTTP/2 and nothing else.
 */
export class Member {
  readonly name: string;
  /** Requests without health checks. */
  readonly seen: SeenRequest[] = [];
  /** Arrival of each health check, monotonic ms, and what it was answered. */
  readonly checks: { readonly at: number; readonly status: number; readonly lines: string[] }[] =
    [];
  healthStatus = 200;
  healthBody = '';
  isHealthSilent = false;
  /** Status of everything but health checks; 0 = 200. */
  status = 0;
  /** Connections that brought a request other than a health check. */
  connections = 0;
  readonly #sockets: Set<Socket> = new Set();
  readonly #counted: WeakSet<object> = new WeakSet();
  #server: Server | Http2Server | undefined;
  #port = 0;

  constructor(name: string) {
    this.name = name;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response);
    const server = this.name.endsWith('h2') ? this.#http2Server() : this.#httpServer();
    server.on('request', serve);
    server.on('connection', (socket) => this.#keep(socket));
    server.on('upgrade', (request: IncomingMessage, socket: Socket) =>
      this.#upgrade(request, socket),
    );
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #httpServer(): Server {
    const server = this.name.startsWith('tls')
      ? createHttpsServer(MEMBER_CERTIFICATE)
      : createServer();
    server.keepAliveTimeout = 600_000;
    return server;
  }

  #http2Server(): Http2Server {
    const server = this.name.startsWith('tls')
      ? createSecureServer(MEMBER_CERTIFICATE)
      : createHttp2Server();
    server.on('session', (session) => session.on('error', () => undefined));
    return server;
  }

  /** Its port refuses, its connections are reset. */
  async die(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await once(server, 'close');
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://member');
    response.on('error', () => undefined);
    if (pathname === '/health') {
      this.checks.push({
        at: performance.now(),
        status: this.healthStatus,
        lines: [
          `${request.method} ${request.url} HTTP/${request.httpVersion}`,
          ...linesOf(request),
        ],
      });
      if (this.isHealthSilent) return;
      response.statusCode = this.healthStatus;
      response.end(this.healthBody);
      return;
    }
    const connection = connectionOf(request);
    if (!this.#counted.has(connection)) {
      this.#counted.add(connection);
      this.connections++;
    }
    let body = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    } catch {
      return;
    }
    const { method = '', url = '' } = request;
    this.seen.push({ method, url, lines: linesOf(request), body });
    this.#answer(pathname, searchParams, request, response);
  }

  #answer(
    pathname: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (this.status !== 0) response.statusCode = this.status;
    const [, first = '', second = ''] = pathname.split('/');
    switch (first) {
      case 'slow':
        setTimeout(() => response.end(this.name), Number(query.get('ms')));
        return;
      case 'close':
        request.socket.destroy();
        return;
      case 'junk':
        request.socket.end('this is no HTTP\r\n\r\n');
        return;
      case 'partial':
        response.writeHead(200, { 'content-length': 1000 });
        response.write('half', () => setTimeout(() => request.socket.destroy(), 50));
        return;
      case 'status':
        response.statusCode = Number(second);
        break;
      case 'trailers':
        response.addTrailers({ 'x-sum': `of ${this.name}` });
        break;
      case 'etag':
        response.setHeader('etag', '"1"');
        break;
      case 'big':
        response.setHeader('content-type', 'text/plain');
        response.end('0123456789'.repeat(1000));
        return;
      default:
    }
    response.end(this.name);
  }

  /** Echoes what comes after a WebSocket-like handshake; `/bad` leaves out the accept key. */
  #upgrade(request: IncomingMessage, socket: Socket): void {
    this.#keep(socket);
    const accept =
      request.url === '/bad' ? '' : 'sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n';
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n${accept}\r\n`,
    );
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('end', () => socket.end());
  }
}

/** What stands for the connection: in HTTP/2 each request shows a socket object of its own. */
function connectionOf(request: IncomingMessage | Http2ServerRequest): object {
  return 'stream' in request ? (request.stream.session ?? request.stream) : request.socket;
}

function linesOf(request: IncomingMessage): string[] {
  const lines: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    lines.push(`${request.rawHeaders[i]?.toLowerCase()}: ${request.rawHeaders[i + 1]}`);
  return lines;
}

/** A tcp member: says its name and a line end, then sends back what comes. Health over `/health` of a second port is not its business. */
export class TcpMember {
  readonly name: string;
  readonly sockets: Set<Socket> = new Set();
  /** First bytes of each connection. */
  readonly received: Buffer[] = [];
  /** How each connection ended for it, in order: `end`, `reset`. */
  readonly endings: string[] = [];
  /** Says nothing first and nothing back. */
  isSilent = false;
  /** Resets whoever sends something. */
  isResetting = false;
  /** Answers only when the client has ended its side. */
  answersAtEnd = false;
  #server: ReturnType<typeof createTcpServer> | undefined;
  #port = 0;

  constructor(name: string) {
    this.name = name;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async die(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
    await once(server, 'close');
  }

  #serve(socket: Socket): void {
    const at = this.received.push(Buffer.alloc(0)) - 1;
    this.sockets.add(socket);
    let isReset = false;
    socket.on('error', () => {
      isReset = true;
    });
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.endings[at] ??= isReset ? 'reset' : 'end';
    });
    if (!this.isSilent && !this.answersAtEnd) socket.write(`${this.name}\n`);
    socket.on('data', (chunk: Buffer) => {
      this.received[at] = Buffer.concat([this.received[at] ?? Buffer.alloc(0), chunk]);
      if (this.isResetting) socket.resetAndDestroy();
      else if (!this.isSilent && !this.answersAtEnd) socket.write(chunk);
    });
    socket.on('end', () => {
      this.endings[at] = 'end';
      socket.end(this.answersAtEnd ? `${this.name} got ${this.received[at]?.length}` : '');
    });
  }
}
