// A member of a chaos run: answers each request in its own way, or badly, or not at all.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { Issued } from './authority.js';
import { type Chance, type ChaosBook, cut, frame, pattern, turns } from './chaos.js';
import { mark } from './chaos-mark.js';
import { readRequest, resetPeer } from './raw-http.js';

/** What a member does with a request. The bad ones excuse an error; `surplus` must not reach anybody. */
const GOOD = ['plain', 'plain', 'plain', 'plain', 'close', 'end-after', 'surplus', 'hints', 'slow'];
const BAD = ['silent', 'reset-head', 'reset-whole', 'cut-end', 'cut-reset', 'garbage', 'early'];

/** Bytes that nobody asked for. */
export const EVIL: string = `HTTP/1.1 200 OK\r\nX-Id: evil\r\nX-Mark: ${mark('evil')}\r\nContent-Length: 4\r\n\r\nevil`;

/** One connection that a member has accepted. */
class ChaosSide {
  readonly #socket: net.Socket;
  readonly #book: ChaosBook;
  #text = '';
  #at = 0;
  /** The request whose head has come and whose answer has not been decided to its end. */
  #present: { readonly id: string; readonly plan: string; readonly chance: Chance } | undefined;
  #isDone = false;

  constructor(socket: net.Socket, book: ChaosBook) {
    this.#socket = socket;
    this.#book = book;
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (text: string) => {
      this.#text += text;
      if (!this.#isDone) this.#read();
    });
  }

  #read(): void {
    if (this.#present === undefined) this.#begin();
    const { requests, wrongs } = this.#book;
    const present = this.#present;
    if (present === undefined || this.#isDone) return;
    try {
      const read = readRequest(this.#text, this.#at);
      if (read === undefined) return;
      const sent = requests.get(present.id);
      if (read.message.body !== sent?.body) wrongs.push(`${present.id}: another body arrived`);
      if (read.message.method !== sent?.method) wrongs.push(`${present.id}: another method`);
      this.#at = read.end;
      void this.#answer();
    } catch (error) {
      wrongs.push(`${present.id}: unreadable at the member: ${String(error)}`);
      this.#reset();
    }
  }

  /** A head has come: what to do is decided here, for each try anew. */
  #begin(): void {
    const end = this.#text.indexOf('\r\n\r\n', this.#at);
    if (end < 0) return;
    const id = /^\S+ \/(\w+) /.exec(this.#text.slice(this.#at, end))?.[1] ?? '?';
    if (!this.#book.requests.has(id)) this.#book.wrongs.push(`${id}: nobody asked that`);
    const chance = this.#book.chance(`${id} ${this.#book.arrive(id)}`);
    const plan = chance.one(chance.next() < 0.25 ? BAD : GOOD);
    this.#present = { id, plan, chance };
    this.#book.count(plan);
    if (BAD.includes(plan)) this.#book.harmed.add(id);
    if (plan === 'silent') this.#isDone = true;
    else if (plan === 'reset-head') this.#reset();
    else if (plan === 'early') void this.#answer();
  }

  #reset(): void {
    this.#isDone = true;
    resetPeer(this.#socket);
  }

  async #answer(): Promise<void> {
    const { id, plan, chance } = this.#present!;
    const request = this.#book.requests.get(id);
    if (plan === 'reset-whole') return this.#reset();
    if (plan === 'slow') await turns(chance.under(200));
    if (plan === 'early') this.#isDone = true;
    if (plan === 'garbage') return this.#finish('HTTP/1.1 abc\r\n\r\n', chance);
    if (request?.isUpgrade === true && plan !== 'early') return this.#switch(id);
    const isBare = chance.next() < 0.05;
    const framed = frame(pattern(`r${id}`, chance.size()), chance);
    const lines = isBare ? '' : framed.lines;
    const names = `X-Id: ${id}\r\nX-Mark: ${mark(id)}\r\n`;
    const hints = plan === 'hints' ? `HTTP/1.1 103 Early Hints\r\n${names}\r\n` : '';
    const close = plan === 'close' || plan === 'early' ? 'Connection: close\r\n' : '';
    const body = request?.method === 'HEAD' ? '' : isBare ? pattern(`r${id}`, 5000) : framed.bytes;
    const head = `${hints}HTTP/1.1 200 OK\r\n${names}${close}${lines}\r\n`;
    const text = head + body;
    if (plan.startsWith('cut')) {
      const part = text.slice(0, chance.under(text.length));
      await this.#write(cut(part, chance));
      if (plan === 'cut-reset') return this.#reset();
      this.#isDone = true;
      this.#socket.end();
      return;
    }
    if (isBare || close !== '') return this.#finish(text, chance);
    const pieces = cut(text, chance);
    if (plan === 'surplus') pieces.push(`${pieces.pop() ?? ''}${EVIL}`);
    await this.#write(pieces);
    if (plan === 'end-after') {
      this.#isDone = true;
      await turns(chance.under(3));
      this.#socket.end();
      return;
    }
    this.#present = undefined;
    if (this.#at < this.#text.length) this.#read();
  }

  async #finish(text: string, chance: Chance): Promise<void> {
    this.#isDone = true;
    await this.#write(cut(text, chance));
    this.#socket.end();
  }

  /** Says who it is, echoes what comes, and ends with its client. */
  #switch(id: string): void {
    this.#isDone = true;
    const early = this.#text.slice(this.#at);
    this.#socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nX-Id: ${id}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${pattern(`r${id}`, 300)}${early}`,
    );
    this.#socket.on('data', (text: string) => this.#socket.write(text, 'latin1'));
  }

  async #write(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      if (this.#socket.destroyed) return;
      this.#socket.write(piece, 'latin1');
      await turns(1);
    }
  }
}

function serve(bare: net.Socket, book: ChaosBook, secureContext?: tls.SecureContext): ChaosSide {
  if (secureContext === undefined) return new ChaosSide(bare, book);
  const socket = new tls.TLSSocket(bare, { isServer: true, secureContext });
  socket.allowHalfOpen = true;
  bare.on('error', () => {});
  return new ChaosSide(socket, book);
}

/** A running member. */
export class ChaosMember {
  readonly #server: net.Server;
  readonly #sockets: Set<net.Socket> = new Set();

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** @param issued - it speaks TLS with this certificate */
  static async start(book: ChaosBook, issued?: Issued): Promise<ChaosMember> {
    const secureContext = issued && tls.createSecureContext(issued);
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const member = new ChaosMember(server);
    server.on('connection', (socket) => {
      member.#sockets.add(socket);
      socket.on('close', () => member.#sockets.delete(socket));
      serve(socket, book, secureContext);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return member;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
