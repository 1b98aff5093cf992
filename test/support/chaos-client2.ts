// A client of HTTP/2 in a chaos run: several streams at once over one connection, cancelled or cut at any moment.
import { once } from 'node:events';
import net from 'node:net';
import {
  type Chance,
  type ChaosBook,
  type ChaosRequest,
  chaosRequest,
  cut,
  pattern,
  turns,
} from './chaos.js';
import { ChaosEnd, type EndOwner, Setting } from './chaos-http2.js';
import { idIn, mark } from './chaos-mark.js';
import { ErrorCode } from './raw-http2.js';

/** What has come on a stream. */
interface Asked {
  readonly request: ChaosRequest;
  status: number;
  /** Who the answer says that it is for. */
  from: string | undefined;
  body: string;
  /** `whole` at its end, a number = the code that it was reset with. */
  end: 'whole' | 'lost' | number | undefined;
  readonly over: () => void;
  /** Connections that members had ended when it was sent. */
  readonly killsBefore: number;
}

/** One connection with its streams. */
export class ChaosClient2 implements EndOwner {
  readonly #book: ChaosBook;
  readonly #chance: Chance;
  readonly #end: ChaosEnd;
  readonly #asked: Map<number, Asked> = new Map();
  /** Requests that the client itself has given up. */
  readonly #given: Set<string> = new Set();
  readonly #name: string;
  #last = -1;

  private constructor(book: ChaosBook, name: string, socket: net.Socket) {
    this.#book = book;
    this.#name = name;
    this.#chance = book.chance(name);
    this.#end = new ChaosEnd(socket, book.chance(`${name} frames`), this, true);
  }

  static async run(book: ChaosBook, name: string, port: number): Promise<void> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    await new ChaosClient2(book, name, socket).#run();
  }

  async #run(): Promise<void> {
    const chance = this.#chance;
    const count = 1 + chance.under(6);
    if (chance.next() < 0.3) void this.#squeeze();
    if (chance.next() < 0.2) this.#end.ping();
    if (chance.next() < 0.15) void turns(chance.under(150)).then(() => this.#leave());
    const asking: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      await turns(chance.under(10));
      if (this.#end.isOver) break;
      asking.push(this.#ask(`${this.#name}q${i}`));
    }
    await Promise.all(asking);
    this.#end.socket.destroy();
  }

  /** Little room for answers, later more: windows below nothing in between. */
  async #squeeze(): Promise<void> {
    this.#book.count('client squeezes');
    this.#end.settings([Setting.initialWindow, this.#chance.under(2000)]);
    await turns(this.#chance.under(60));
    this.#end.settings([Setting.initialWindow, 65_535]);
  }

  #leave(): void {
    if (this.#end.isOver) return;
    for (const { request } of this.#asked.values()) this.#given.add(request.id);
    const { socket } = this.#end;
    const how = this.#chance.one(['reset', 'destroy', 'end', 'fragment']);
    this.#book.count(`client ${how}`);
    if (how === 'fragment') this.#end.fragment();
    if (how === 'reset') socket.resetAndDestroy();
    else if (how === 'end') socket.end();
    else socket.destroy();
    this.#hasLeft = true;
  }

  #hasLeft = false;

  async #ask(id: string): Promise<void> {
    const chance = this.#book.chance(`${id} sent`);
    const request = chaosRequest(id, chance, false);
    this.#book.requests.set(id, request);
    if (this.#hasLeft) this.#given.add(id);
    const { method, body } = request;
    const hasBody = method === 'PUT' || method === 'POST';
    this.#last += 2;
    const stream = this.#last;
    const isOver = new Promise<void>((over) => {
      const nothing = { status: 0, from: undefined, body: '', end: undefined };
      const killsBefore = this.#book.kills;
      this.#asked.set(stream, { request, ...nothing, over, killsBefore });
    });
    const length: [string, string][] =
      hasBody && chance.next() < 0.6 ? [['content-length', String(body.length)]] : [];
    this.#end.open(stream);
    this.#end.fields(
      stream,
      [
        [':method', method],
        [':scheme', 'http'],
        [':path', `/${id}`],
        [':authority', 'a.test'],
        ['x-id', id],
        ['x-mark', mark(id)],
        ...length,
      ],
      !hasBody,
    );
    if (chance.next() < 0.15) void turns(chance.under(100)).then(() => this.#cancel(stream));
    if (hasBody) await this.#send(stream, body, chance);
    await isOver;
    this.#check(this.#asked.get(stream)!);
  }

  #cancel(stream: number): void {
    const asked = this.#asked.get(stream)!;
    if (asked.end !== undefined || this.#end.isOver) return;
    this.#book.count('client cancel');
    this.#given.add(asked.request.id);
    this.#end.reset(stream, ErrorCode.cancel);
    this.#finish(stream, ErrorCode.cancel);
  }

  async #send(stream: number, body: string, chance: Chance): Promise<void> {
    for (const piece of cut(body, chance)) {
      this.#end.data(stream, piece, false);
      await turns(1);
    }
    this.#end.data(stream, '', true);
  }

  #finish(stream: number, end: Asked['end']): void {
    const asked = this.#asked.get(stream);
    if (asked === undefined || asked.end !== undefined) return;
    asked.end = end;
    asked.over();
  }

  onFields(stream: number, fields: Buffer, status: number, isEnded: boolean): void {
    const asked = this.#asked.get(stream);
    if (asked === undefined) {
      this.#book.wrongs.push(`${this.#name}: fields of stream ${stream}`);
      return;
    }
    if (asked.end === undefined) {
      const from = idIn(fields);
      if (from !== undefined) asked.from = from;
      const { id } = asked.request;
      if (from !== undefined && from !== id) this.#wrong(`${id}: got the fields of ${from}`);
      if (status >= 200) asked.status = status;
    }
    if (isEnded) this.#finish(stream, 'whole');
  }

  onData(stream: number, text: string, isEnded: boolean): void {
    const asked = this.#asked.get(stream);
    if (asked !== undefined && asked.end === undefined) asked.body += text;
    if (isEnded) this.#finish(stream, 'whole');
  }

  onReset(stream: number, code: number): void {
    this.#finish(stream, code);
  }

  onGoaway(): void {}

  onOver(): void {
    for (const stream of this.#asked.keys()) this.#finish(stream, 'lost');
  }

  #wrong(text: string): void {
    this.#book.wrongs.push(text);
  }

  #check({ request, status, from, body, end, killsBefore }: Asked): void {
    const { id, method } = request;
    // Who was not harmed itself may have met, at each of its tries, a connection that just ended.
    const isExcused =
      this.#given.has(id) || this.#book.isHarmed(id) || this.#book.kills - killsBefore >= 2;
    this.#book.count(`status ${status}`);
    if (body !== pattern(`r${id}`, body.length) && from !== undefined) {
      this.#wrong(`${id}: got bytes of another answer`);
    }
    if (status === 0) {
      if (!isExcused) this.#wrong(`${id}: no answer (${String(end)})`);
      return;
    }
    if (from === undefined) {
      const mayFail =
        isExcused ||
        method === 'POST' ||
        request.body.length > this.#book.keptBody ||
        status === 504;
      if (status < 400 || !mayFail) this.#wrong(`${id}: ${status} without a reason`);
      return;
    }
    if (end !== 'whole' && !isExcused) this.#wrong(`${id}: was cut (${String(end)})`);
  }
}
