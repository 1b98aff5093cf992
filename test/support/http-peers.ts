// Raw HTTP/1.1 clients and members for tests: what they send and receive is bytes, not somebody's idea of a message.
import { connectTcp, startTcpMember, type TcpMember, type TcpPeer } from './tcp-peers.js';

/** One received message. */
export interface HttpMessage {
  /** First line and header lines, without the empty line. */
  readonly head: string;
  readonly firstLine: string;
  /** Status of a response, 0 for a request. */
  readonly status: number;
  /** Header lines by lower-case name; several of one name are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** The payload, chunked framing taken off. */
  readonly body: Buffer;
  /** Trailer lines of a chunked body, as they came. */
  readonly trailers: string;
}

/** Reads messages from a peer, one after the other. */
export class MessageReader {
  readonly peer: TcpPeer;
  #at = 0;

  constructor(peer: TcpPeer) {
    this.peer = peer;
  }

  /** Bytes that have come and belong to no message read so far. */
  get rest(): string {
    return this.peer.received.toString('latin1', this.#at);
  }

  /** @param hasBody - false for the answer to HEAD */
  async next(hasBody = true): Promise<HttpMessage> {
    const end = await this.#find('\r\n\r\n', this.#at);
    const head = this.peer.received.toString('latin1', this.#at, end);
    this.#at = end + 4;
    const [firstLine = '', ...lines] = head.split('\r\n');
    const headers = new Map<string, string>();
    for (const text of lines) {
      const colon = text.indexOf(':');
      const name = text.slice(0, colon).toLowerCase();
      const before = headers.get(name);
      const value = text.slice(colon + 1).trim();
      headers.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    const status = firstLine.startsWith('HTTP/') ? Number(firstLine.split(' ')[1]) : 0;
    const empty = !hasBody || (status > 0 && status < 200) || status === 204 || status === 304;
    const { body, trailers } = empty
      ? { body: Buffer.alloc(0), trailers: '' }
      : await this.#body(headers, status);
    return { head, firstLine, status, headers, body, trailers };
  }

  async #body(
    headers: ReadonlyMap<string, string>,
    status: number,
  ): Promise<{ body: Buffer; trailers: string }> {
    if (headers.get('transfer-encoding') === 'chunked') return this.#chunked();
    const length = headers.get('content-length');
    if (length === undefined && status > 0) {
      await this.peer.ending;
      const body = Buffer.from(this.peer.received.subarray(this.#at));
      this.#at += body.length;
      return { body, trailers: '' };
    }
    return { body: await this.#take(Number(length ?? 0)), trailers: '' };
  }

  async #chunked(): Promise<{ body: Buffer; trailers: string }> {
    const pieces: Buffer[] = [];
    for (;;) {
      const end = await this.#find('\r\n', this.#at);
      const size = Number.parseInt(this.peer.received.toString('latin1', this.#at, end), 16);
      this.#at = end + 2;
      if (size === 0) break;
      pieces.push(await this.#take(size));
      await this.#take(2);
    }
    let trailers = '';
    for (;;) {
      const end = await this.#find('\r\n', this.#at);
      const text = this.peer.received.toString('latin1', this.#at, end + 2);
      this.#at = end + 2;
      if (text === '\r\n') return { body: Buffer.concat(pieces), trailers };
      trailers += text;
    }
  }

  async #take(length: number): Promise<Buffer> {
    await this.peer.read(this.#at + length);
    const bytes = Buffer.from(this.peer.received.subarray(this.#at, this.#at + length));
    this.#at += length;
    return bytes;
  }

  async #find(text: string, from: number): Promise<number> {
    for (let searched = from; ; ) {
      const { received } = this.peer;
      const at = received.indexOf(text, Math.max(from, searched - text.length), 'latin1');
      if (at >= 0) return at;
      searched = received.length;
      await this.peer.read(received.length + 1);
    }
  }
}

/** A raw client. */
export interface HttpClient {
  readonly peer: TcpPeer;
  send(data: string | Buffer): void;
  /** The next answer, 1xx included. */
  reply(hasBody?: boolean): Promise<HttpMessage>;
  /** What came behind the answers read. */
  readonly rest: string;
}

/** Connects a raw client to a port of 127.0.0.1. */
export async function connectHttp(port: number): Promise<HttpClient> {
  const peer = await connectTcp(port);
  const reader = new MessageReader(peer);
  return {
    peer,
    send: (data) => peer.send(data),
    reply: (hasBody) => reader.next(hasBody),
    get rest() {
      return reader.rest;
    },
  };
}

/** One exchange over a connection of its own. */
export async function ask(port: number, request: string): Promise<HttpMessage> {
  const client = await connectHttp(port);
  client.send(request);
  try {
    return await client.reply(!request.startsWith('HEAD '));
  } finally {
    client.peer.socket.destroy();
  }
}

/** A member that is scripted request by request. */
export interface HttpMember extends TcpMember {
  readonly requests: HttpMessage[];
}

/** `peer.send` something, or return what to send. `count` = requests before this one on the connection. */
export type Script = (
  request: HttpMessage,
  peer: TcpPeer,
  count: number,
) => string | Buffer | undefined | void;

/** Starts a member that answers every whole request by `script`. */
export async function startHttpMember(script: Script): Promise<HttpMember> {
  const requests: HttpMessage[] = [];
  const member = await startTcpMember((peer) => {
    const reader = new MessageReader(peer);
    const serve = async (): Promise<void> => {
      for (let count = 0; ; count++) {
        const request = await reader.next();
        requests.push(request);
        const answer = script(request, peer, count);
        if (answer !== undefined && !peer.socket.destroyed) peer.send(answer);
      }
    };
    // The connection's end ends the loop; a member that was not told otherwise closes its side then.
    serve().catch(() => peer.socket.end());
  });
  return Object.assign(Object.create(member) as TcpMember, { requests });
}

/** `HTTP/1.1 200 OK` with a length. */
export function ok(body: string | Buffer = 'ok', lines = ''): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body as string)]);
}

/** `GET path` with a Host, kept alive. */
export function get(path = '/', lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`;
}

/** `POST path` with a body and its length. */
export function post(body: string, path = '/', lines = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`;
}
