// A client of a chaos run: asks several things over one connection, in its own rhythm, and may leave at any moment.
import {
  type Chance,
  type ChaosBook,
  type ChaosRequest,
  chaosRequest,
  cut,
  pattern,
  turns,
} from './chaos.js';
import { RawClient, type RawResponse } from './raw-http.js';

type Leaving = 'reset' | 'destroy' | 'end';

/** One connection with its requests. */
export class ChaosClient {
  readonly #book: ChaosBook;
  readonly #chance: Chance;
  readonly #client: RawClient;
  readonly #requests: ChaosRequest[] = [];
  /** When and how it leaves before its time; undefined = it stays for every answer. */
  readonly #leaving: { readonly how: Leaving; readonly afterBytes: number } | undefined;
  #sent = 0;
  #killsBefore = 0;
  /** It stopped reading for a while: a reset that ends a later answer then takes along what it had not read yet. */
  #pauses = false;

  constructor(book: ChaosBook, name: string, client: RawClient) {
    this.#book = book;
    this.#client = client;
    this.#chance = book.chance(name);
    const count = 1 + this.#chance.under(6);
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const request = chaosRequest(`${name}q${i}`, this.#chance, book.maySwitch);
      book.requests.set(request.id, request);
      this.#requests.push(request);
      bytes += request.text.length;
      // What follows a switch belongs to the other protocol.
      if (request.isUpgrade) break;
    }
    if (this.#chance.next() < 0.3) {
      const how = this.#chance.one<Leaving>(['reset', 'destroy', 'end']);
      this.#leaving = { how, afterBytes: this.#chance.under(bytes + 1) };
    }
  }

  static async run(book: ChaosBook, name: string, port: number, isTls: boolean): Promise<void> {
    const client = isTls ? await RawClient.connectTls(port) : await RawClient.connect(port);
    await new ChaosClient(book, name, client).#run();
  }

  async #run(): Promise<void> {
    const { socket } = this.#client;
    const isPipelining = this.#chance.next() < 0.5;
    this.#pauses = this.#chance.next() < 0.1;
    if (this.#pauses) {
      socket.pause();
      void turns(this.#chance.under(300)).then(() => socket.resume());
    }
    const sending = isPipelining
      ? this.#send(this.#requests.map(({ text }) => text).join(''))
      : undefined;
    for (const request of this.#requests) {
      if (!isPipelining) this.#killsBefore = this.#book.kills;
      if (!isPipelining) await this.#send(request.text);
      const goesOn = await this.#check(request);
      if (!goesOn || this.#client.isEnded) break;
    }
    await sending;
    this.#client.close();
  }

  /** Sends in pieces; stops where it leaves. */
  async #send(text: string): Promise<void> {
    const { socket } = this.#client;
    for (const piece of cut(text, this.#chance)) {
      if (socket.destroyed || socket.writableEnded || this.#client.isEnded) return;
      const left = (this.#leaving?.afterBytes ?? Number.POSITIVE_INFINITY) - this.#sent;
      this.#client.send(piece.slice(0, left));
      this.#sent += piece.length;
      if (piece.length >= left && this.#leaving !== undefined) {
        await turns(this.#chance.under(20));
        this.#leave(this.#leaving.how);
        return;
      }
      await turns(1);
    }
  }

  #leave(how: Leaving): void {
    this.#book.count(`client ${how}`);
    if (how === 'reset') this.#client.reset();
    else if (how === 'end') this.#client.endSending();
    else this.#client.close();
  }

  /** Reads the answer to `request`; false = there will be no other. */
  async #check(request: ChaosRequest): Promise<boolean> {
    const { wrongs } = this.#book;
    try {
      for (;;) {
        const answer = await this.#client.response(request.method === 'HEAD');
        if (answer === undefined) {
          this.#onNone(request);
          return false;
        }
        if (!this.#isOf(request, answer)) return false;
        if (answer.status === 101) return false;
        if (answer.status >= 200) return this.#goesOn(answer);
      }
    } catch (error) {
      wrongs.push(`${request.id}: unreadable at the client: ${String(error)}`);
      return false;
    }
  }

  #onNone(request: ChaosRequest): void {
    const { arrivals, wrongs } = this.#book;
    const mayBe =
      this.#leaving !== undefined ||
      this.#isHarmed(request.id) ||
      !arrivals.has(request.id) ||
      (this.#pauses && this.#requests.some(({ id }) => this.#book.isHarmed(id)));
    if (!mayBe) wrongs.push(`${request.id}: no answer`);
  }

  /** Who was not harmed itself may have met, at each of its tries, a connection that just ended. */
  #isHarmed(id: string): boolean {
    return this.#book.isHarmed(id) || this.#book.kills - this.#killsBefore >= 2;
  }

  #goesOn(answer: RawResponse): boolean {
    return answer.isWhole && answer.fields.get('connection') !== 'close';
  }

  #isOf(request: ChaosRequest, answer: RawResponse): boolean {
    const { wrongs } = this.#book;
    const { id } = request;
    const from = answer.fields.get('x-id');
    this.#book.count(`status ${answer.status}`);
    if (from === undefined) {
      // Ours: the member, or the client itself, must have given a reason.
      const hasReason =
        this.#isHarmed(id) ||
        this.#leaving !== undefined ||
        request.method === 'POST' ||
        request.body.length > this.#book.keptBody;
      // Timeouts depend on how busy this machine is.
      if (answer.status < 400 || !(hasReason || answer.status === 504))
        wrongs.push(`${id}: ${answer.status} without a reason`);
      return true;
    }
    if (from !== id) wrongs.push(`${id}: got the answer of ${from}`);
    const isPlain = !answer.fields.has('transfer-encoding') || answer.isWhole;
    if (isPlain && answer.body !== pattern(`r${id}`, answer.body.length))
      wrongs.push(`${id}: got bytes of another answer`);
    if (!answer.isWhole && !this.#isHarmed(id) && this.#leaving === undefined)
      wrongs.push(`${id}: was cut`);
    return from === id;
  }
}
