// A member of HTTP/2 in a chaos run: answers each stream in its own way, or badly, or ends the connection under all of them.
import { once } from 'node:events';
import net from 'node:net';
import { type Chance, type ChaosBook, cut, pattern, turns } from './chaos.js';
import { ChaosEnd, type EndOwner, Setting } from './chaos-http2.js';
import { idIn, mark } from './chaos-mark.js';
import { ErrorCode } from './raw-http2.js';

/** What a member does with a stream. The bad ones excuse an error. */
const GOOD = [
  'plain',
  'plain',
  'plain',
  'plain',
  'hints',
  'slow',
  'trailers',
  'goaway',
  'narrow',
  'squeeze',
];
const BAD = ['silent', 'reset', 'refuse', 'cut', 'short', 'kill', 'early'];

/** One stream that a member has taken. */
interface Taken {
  readonly id: string;
  readonly plan: string;
  readonly chance: Chance;
  body: string;
}

/** One connection. */
class ChaosSide2 implements EndOwner {
  readonly #book: ChaosBook;
  readonly #end: ChaosEnd;
  readonly #streams: Map<number, Taken> = new Map();
  /** All that ever came: an answer that has left here may be on its way still. */
  readonly #ids: Set<string> = new Set();
  #last = 0;
  #lastPromised = Number.POSITIVE_INFINITY;

  constructor(book: ChaosBook, socket: net.Socket, name: string) {
    this.#book = book;
    this.#end = new ChaosEnd(socket, book.chance(name), this, false);
  }

  onFields(stream: number, fields: Buffer, _status: number, isEnded: boolean): void {
    const known = this.#streams.get(stream);
    if (known !== undefined) {
      // Trailers.
      if (isEnded) this.#onWhole(stream, known);
      return;
    }
    // What comes behind a GOAWAY is not looked at: the peer knows, and may send it elsewhere.
    if (stream > this.#lastPromised) return;
    this.#last = stream;
    const book = this.#book;
    const id = idIn(fields) ?? '?';
    if (!book.requests.has(id)) book.wrongs.push(`${id}: nobody asked that`);
    const count = book.tries.get(id) ?? 0;
    book.tries.set(id, count + 1);
    const chance = book.chance(`${id} ${count} h2`);
    const plan = chance.one(chance.next() < 0.25 ? BAD : GOOD);
    book.count(`h2 ${plan}`);
    if (BAD.includes(plan)) book.harmed.add(id);
    if (plan === 'refuse') {
      this.#end.reset(stream, ErrorCode.refused);
      return;
    }
    book.arrive(id);
    const taken = { id, plan, chance, body: '' };
    this.#streams.set(stream, taken);
    this.#ids.add(id);
    this.#end.open(stream);
    if (plan === 'reset') {
      this.#streams.delete(stream);
      this.#end.reset(stream, ErrorCode.internal);
    } else if (plan === 'early') void this.#answer(stream, taken);
    else if (isEnded) this.#onWhole(stream, taken);
  }

  onData(stream: number, text: string, isEnded: boolean): void {
    const taken = this.#streams.get(stream);
    if (taken === undefined) return;
    taken.body += text;
    const expected = this.#book.requests.get(taken.id)?.body ?? '';
    if (!expected.startsWith(taken.body)) {
      this.#book.wrongs.push(`${taken.id}: bytes of another body arrived`);
    }
    if (isEnded) this.#onWhole(stream, taken);
  }

  onReset(stream: number): void {
    this.#streams.delete(stream);
  }

  onGoaway(): void {}

  onOver(): void {
    this.#streams.clear();
  }

  #onWhole(stream: number, taken: Taken): void {
    const { id, plan, body } = taken;
    if (body !== this.#book.requests.get(id)?.body) {
      this.#book.wrongs.push(`${id}: another body arrived`);
    }
    if (plan !== 'silent' && plan !== 'early') void this.#answer(stream, taken);
  }

  async #answer(stream: number, { id, plan, chance }: Taken): Promise<void> {
    const end = this.#end;
    if (plan === 'slow') await turns(chance.under(200));
    if (plan === 'narrow') void this.#narrow(chance);
    if (plan === 'squeeze') void this.#squeeze(chance);
    if (plan === 'goaway' && this.#lastPromised === Number.POSITIVE_INFINITY) {
      this.#book.kills++;
      this.#lastPromised = this.#last;
      end.goaway(this.#last);
    }
    if (!this.#streams.has(stream)) return;
    if (plan === 'kill') return this.#kill(chance);
    const names: [string, string][] = [
      ['x-id', id],
      ['x-mark', mark(id)],
    ];
    if (plan === 'hints') end.fields(stream, [[':status', '103'], ...names], false);
    const isHead = this.#book.requests.get(id)?.method === 'HEAD';
    const body = pattern(`r${id}`, chance.size());
    const extra = plan === 'short' ? 1 + chance.under(9) : 0;
    const length: [string, string][] =
      plan === 'short' || chance.next() < 0.6
        ? [['content-length', String(body.length + extra)]]
        : [];
    end.fields(stream, [[':status', '200'], ...names, ...length], isHead);
    if (isHead) return this.#done(stream);
    const sent = plan === 'cut' ? body.slice(0, chance.under(body.length + 1)) : body;
    for (const piece of cut(sent, chance)) {
      if (!this.#streams.has(stream)) return;
      end.data(stream, piece, false);
      await turns(1);
    }
    if (plan === 'trailers') {
      while (!end.hasSent(stream)) {
        if (!this.#streams.has(stream)) return;
        await turns(1);
      }
      end.fields(stream, [['x-end', id]], true);
    } else if (plan === 'cut') end.reset(stream, ErrorCode.internal);
    else end.data(stream, '', true);
    this.#done(stream);
  }

  /** After a GOAWAY the connection ends with its last stream; what is still to be sent leaves first. */
  #done(stream: number): void {
    void (async () => {
      while (!this.#end.hasSent(stream) && !this.#end.isOver) await turns(1);
      this.#streams.delete(stream);
      if (this.#streams.size === 0 && this.#lastPromised !== Number.POSITIVE_INFINITY) {
        this.#end.socket.end();
      }
    })();
  }

  /** One stream at a time, or none, for a while. */
  async #narrow(chance: Chance): Promise<void> {
    this.#end.settings([Setting.maxStreams, chance.under(2)]);
    await turns(chance.under(40));
    this.#end.settings([Setting.maxStreams, 100]);
  }

  async #squeeze(chance: Chance): Promise<void> {
    this.#end.settings([Setting.initialWindow, chance.under(2000)]);
    await turns(chance.under(60));
    this.#end.settings([Setting.initialWindow, 65_535]);
  }

  /** Ends the connection under everybody who is on it. */
  #kill(chance: Chance): void {
    this.#book.kills++;
    for (const id of this.#ids) this.#book.harmed.add(id);
    const { socket } = this.#end;
    if (chance.next() < 0.3) this.#end.fragment();
    if (chance.next() < 0.5) socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** A running member. */
export class ChaosMember2 {
  readonly #server: net.Server;
  readonly #sockets: Set<net.Socket> = new Set();

  private constructor(server: net.Server) {
    this.#server = server;
  }

  static async start(book: ChaosBook): Promise<ChaosMember2> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const member = new ChaosMember2(server);
    let count = 0;
    server.on('connection', (socket) => {
      member.#sockets.add(socket);
      socket.on('close', () => member.#sockets.delete(socket));
      void new ChaosSide2(book, socket, `member2 ${count++}`);
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
