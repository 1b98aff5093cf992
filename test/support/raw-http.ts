// Raw HTTP/1.1 for tests: a client that sends bytes as told, a scripted member that records what it gets, and a plain
// reader of messages that shares no code with the parser under test.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { resetTlsSocket } from '../../src/upstream/tls-socket.js';

/** A message as it stood on the wire; text is latin1. */
export interface RawMessage {
  readonly startLine: string;
  /** The start line and header lines with the empty line. */
  readonly head: string;
  /** Header lines as they came, in order. */
  readonly lines: readonly string[];
  /** Values by lower-case name; several lines of one name joined by `|`. */
  readonly fields: ReadonlyMap<string, string>;
  /** Payload, chunked framing removed. */
  readonly body: string;
  /** Body as it stood on the wire. */
  readonly rawBody: string;
  readonly trailers: readonly string[];
  /** Whether its end was there; false for what the end of the connection cut off. */
  readonly isWhole: boolean;
}

export interface RawRequest extends RawMessage {
  readonly method: string;
  readonly target: string;
}

export interface RawResponse extends RawMessage {
  readonly status: number;
}

interface ReadResult<Message> {
  readonly message: Message;
  readonly end: number;
}

/** No control character but tab. */
function isClean(line: string): boolean {
  for (const character of line) {
    const code = character.charCodeAt(0);
    if (code !== 9 && (code < 32 || code === 127)) return false;
  }
  return true;
}

function readHead(text: string, from: number): (RawMessage & { end: number }) | undefined {
  const end = text.indexOf('\r\n\r\n', from);
  if (end < 0) return undefined;
  const [startLine = '', ...lines] = text.slice(from, end).split('\r\n');
  const fields = new Map<string, string>();
  for (const line of lines) {
    const found = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (found === null || !isClean(line)) {
      throw new Error(`bad header line ${JSON.stringify(line)}`);
    }
    const [, name = '', value = ''] = found;
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}|${value}`);
  }
  const head = text.slice(from, end + 4);
  return {
    startLine,
    head,
    lines,
    fields,
    body: '',
    rawBody: '',
    trailers: [],
    isWhole: true,
    end: end + 4,
  };
}

interface RawBody {
  readonly body: string;
  readonly trailers: readonly string[];
  readonly end: number;
  readonly isWhole: boolean;
}

function readChunked(text: string, from: number): RawBody | undefined {
  let body = '';
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = text.slice(at, lineEnd);
    if (!/^[0-9A-Fa-f]{1,16}$/.test(size))
      throw new Error(`bad chunk size ${JSON.stringify(size)}`);
    at = lineEnd + 2;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (text.length < at + length + 2) return undefined;
    body += text.slice(at, at + length);
    at += length;
    if (text.slice(at, at + 2) !== '\r\n') throw new Error('no CRLF behind a chunk');
    at += 2;
  }
  const trailers: string[] = [];
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = text.slice(at, lineEnd);
    at = lineEnd + 2;
    if (line === '') return { body, trailers, end: at, isWhole: true };
    trailers.push(line);
  }
}

function readSized(text: string, from: number, length: string): RawBody | undefined {
  if (!/^\d+$/.test(length)) throw new Error(`bad Content-Length ${JSON.stringify(length)}`);
  const end = from + Number(length);
  return text.length < end
    ? undefined
    : { body: text.slice(from, end), trailers: [], end, isWhole: true };
}

function readBody(head: RawMessage & { end: number }, text: string): RawBody | undefined {
  const coding = head.fields.get('transfer-encoding');
  const length = head.fields.get('content-length');
  if (coding !== undefined) {
    if (coding !== 'chunked' || length !== undefined) throw new Error('bad framing');
    return readChunked(text, head.end);
  }
  if (length !== undefined) return readSized(text, head.end, length);
  return { body: '', trailers: [], end: head.end, isWhole: true };
}

/** The request at `from`, or undefined while it is not all there. @throws Error when it is malformed */
export function readRequest(text: string, from: number): ReadResult<RawRequest> | undefined {
  const head = readHead(text, from);
  if (head === undefined) return undefined;
  const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.1$/.exec(head.startLine) ?? [];
  if (method === '') throw new Error(`bad request line ${JSON.stringify(head.startLine)}`);
  const body = readBody(head, text);
  if (body === undefined) return undefined;
  const rawBody = text.slice(head.end, body.end);
  return { message: { ...head, ...body, rawBody, method, target }, end: body.end };
}

/** The response at `from`; `isEnded`: nothing more will come. */
export function readResponse(
  text: string,
  from: number,
  options: { readonly isHead: boolean; readonly isEnded: boolean },
): ReadResult<RawResponse> | undefined {
  const head = readHead(text, from);
  if (head === undefined) return undefined;
  const found = /^HTTP\/1\.1 (\d{3})( .*)?$/.exec(head.startLine);
  if (found === null) throw new Error(`bad status line ${JSON.stringify(head.startLine)}`);
  const status = Number(found[1]);
  const hasNoBody = options.isHead || status < 200 || status === 204 || status === 304;
  let body: RawBody | undefined;
  if (hasNoBody) body = { body: '', trailers: [], end: head.end, isWhole: true };
  else if (head.fields.has('transfer-encoding') || head.fields.has('content-length')) {
    body = readBody(head, text);
  }
  if (body === undefined) {
    if (!options.isEnded) return undefined;
    const isUntilClose =
      !head.fields.has('transfer-encoding') && !head.fields.has('content-length');
    body = { body: text.slice(head.end), trailers: [], end: text.length, isWhole: isUntilClose };
  }
  const rawBody = text.slice(head.end, body.end);
  return { message: { ...head, ...body, rawBody, status }, end: body.end };
}

/** Waits for conditions over what one socket has received. */
class Inbox {
  text = '';
  isEnded = false;
  #waiting: (() => void)[] = [];

  constructor(socket: net.Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.text += text;
      this.wake();
    });
    socket.on('end', () => this.end());
    socket.on('close', () => this.end());
    socket.on('error', () => this.end());
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The first value of `look` that is not undefined; undefined when the connection ends without one. */
  async until<Value>(look: () => Value | undefined): Promise<Value | undefined> {
    for (;;) {
      const value = look();
      if (value !== undefined || this.isEnded) return value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Ends a connection of a test with RST, also one with TLS on it. */
export function resetPeer(socket: net.Socket): void {
  if (socket instanceof tls.TLSSocket) resetTlsSocket(socket);
  else socket.resetAndDestroy();
}

/** A client that sends exactly the bytes it is told to, and reads responses in order. */
export class RawClient {
  readonly socket: net.Socket;
  readonly #inbox: Inbox;
  #at = 0;

  constructor(socket: net.Socket) {
    this.socket = socket;
    this.#inbox = new Inbox(socket);
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = net.connect({ port, host, noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** The same over TLS; whoever answers is believed. */
  static async connectTls(port: number): Promise<RawClient> {
    const bare = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const socket = tls.connect({ socket: bare, servername: 'a.test', rejectUnauthorized: false });
    socket.allowHalfOpen = true;
    await once(socket, 'secureConnect');
    return new RawClient(socket);
  }

  /** Everything received so far. */
  get received(): string {
    return this.#inbox.text;
  }

  /** Received and not yet read as a response. */
  get unread(): string {
    return this.#inbox.text.slice(this.#at);
  }

  /** The peer has ended or cut the connection. */
  get isEnded(): boolean {
    return this.#inbox.isEnded;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Sends in pieces of `size` bytes, each a write of its own that the kernel has taken before the next. */
  async sendPieces(text: string, size: number): Promise<void> {
    for (let at = 0; at < text.length && !this.isEnded; at += size) {
      await new Promise<void>((resolve) => {
        this.socket.write(text.slice(at, at + size), 'latin1', () => setImmediate(resolve));
      });
    }
  }

  /** Ends the sending side; answers still come. */
  endSending(): void {
    this.socket.end();
  }

  /** The next response, 1xx included; undefined when the connection ends before one. */
  response(isHead = false): Promise<RawResponse | undefined> {
    return this.#inbox.until(() => {
      const read = readResponse(this.#inbox.text, this.#at, {
        isHead,
        isEnded: this.#inbox.isEnded,
      });
      if (read !== undefined) this.#at = read.end;
      return read?.message;
    });
  }

  /** Every response up to the end of the connection. */
  async responses(isHead = false): Promise<RawResponse[]> {
    const all: RawResponse[] = [];
    for (;;) {
      const next = await this.response(isHead);
      if (next === undefined) return all;
      all.push(next);
    }
  }

  /** Waits until `text` has been received, or the connection ends. */
  async sees(text: string): Promise<boolean> {
    return (await this.#inbox.until(() => this.received.includes(text) || undefined)) === true;
  }

  /** Waits for the end of the connection. */
  async ended(): Promise<void> {
    await this.#inbox.until(() => undefined);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Cuts the connection with a reset. */
  reset(): void {
    resetPeer(this.socket);
  }
}

/** A connection that the member accepted, with everything it brought. */
export class MemberSide {
  readonly socket: net.Socket;
  readonly requests: RawRequest[] = [];
  /** What made the bytes received unreadable, if anything. */
  fault: string | undefined = undefined;
  readonly inbox: Inbox;
  at = 0;

  constructor(socket: net.Socket) {
    this.socket = socket;
    this.inbox = new Inbox(socket);
  }

  get received(): string {
    return this.inbox.text;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }
}

/** What a member does with a request: the bytes of its answer, or undefined when the script writes by itself. */
export type MemberScript = (request: RawRequest, side: MemberSide) => string | undefined;

/** A plain answer with a length. */
export function answerOk(body = 'ok', lines = ''): string {
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A member that records the bytes of every connection and answers each whole request by its script. */
export class ScriptedMember {
  readonly connections: MemberSide[] = [];
  /** Every request of every connection, in the order they became whole. */
  readonly requests: RawRequest[] = [];
  script: MemberScript = () => answerOk();
  readonly #server: net.Server;
  #waiting: (() => void)[] = [];

  private constructor(server: net.Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<ScriptedMember> {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true });
    const member = new ScriptedMember(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return member;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return address.port;
  }

  /** Forgets what was recorded; open connections go on. */
  forget(): void {
    this.requests.length = 0;
    for (const side of this.connections) side.requests.length = 0;
  }

  /** Connections whose bytes could not be read as requests. */
  get faults(): string[] {
    return this.connections.flatMap((side) => (side.fault === undefined ? [] : [side.fault]));
  }

  /** Bytes of requests that never became whole. */
  get leftovers(): string[] {
    return this.connections
      .map((side) => side.received.slice(side.at))
      .filter((text) => text !== '');
  }

  /** Waits until `count` requests have been recorded. */
  async sees(count: number): Promise<void> {
    while (this.requests.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async close(): Promise<void> {
    for (const side of this.connections) side.socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: net.Socket): void {
    const side = new MemberSide(socket);
    this.connections.push(side);
    socket.on('data', () => this.#read(side));
    socket.on('end', () => socket.end());
  }

  #read(side: MemberSide): void {
    if (side.fault !== undefined) return;
    try {
      for (;;) {
        const read = readRequest(side.received, side.at);
        if (read === undefined) break;
        side.at = read.end;
        side.requests.push(read.message);
        this.requests.push(read.message);
        const answer = this.script(read.message, side);
        if (answer !== undefined) side.send(answer);
      }
    } catch (error) {
      side.fault = String(error);
      side.socket.destroy();
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
