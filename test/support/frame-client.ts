// A client of HTTP/2 that sends what it is told, byte by byte if need be, and holds everything that comes against RFC 9113.
import { once } from 'node:events';
import net from 'node:net';
import { type Field, HpackDecoder, literal } from './hpack.js';
import { Flag, Frame, frame, number32 } from './raw-http2.js';

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Longest payload of a frame that both sides take without SETTINGS. */
export const MAX_FRAME = 16_384;
/** Flow-control windows at the beginning. */
export const WINDOW = 65_535;
/** Most of all windows (RFC 9113 6.9.1). */
export const MAX_WINDOW = 0x7fff_ffff;
/** Identifiers of settings (RFC 9113 6.5.2). */
export const Setting = {
  tableSize: 1,
  enablePush: 2,
  maxStreams: 3,
  initialWindow: 4,
  maxFrame: 5,
  maxList: 6,
} as const;
export const PUSH_PROMISE = 5;
/** What has not come by then does not come. */
const PATIENCE_MS = 10_000;

/** What is known of a stream. */
export interface Stream {
  /** 0 = no answer so far. */
  status: number;
  fields: readonly Field[];
  /** Statuses of 1xx heads. */
  readonly informational: number[];
  readonly body: Buffer[];
  bodyBytes: number;
  trailers: readonly Field[] | undefined;
  hasEnded: boolean;
  /** Code of RST_STREAM. */
  reset: number | undefined;
  /** What the other side may still send. */
  window: number;
}

/** A payload of SETTINGS. */
export function settingsPayload(...pairs: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(
    pairs.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 255]), number32(value)])),
  );
}

/** Fields as literals that leave the table alone. */
export function plainBlock(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => literal(name, value)));
}

/** The client's side of one connection. */
export class FrameClient {
  readonly socket: net.Socket;
  /** What the other side did that it may not do. */
  readonly wrongs: string[] = [];
  /** Frames that came, one line each. */
  readonly log: string[] = [];
  readonly streams: Map<number, Stream> = new Map();
  readonly decoder: HpackDecoder = new HpackDecoder();
  /** Settings of the other side. */
  readonly settings: Map<number, number> = new Map();
  /** Code and last stream of the last GOAWAY. */
  goaway: { code: number; last: number } | undefined;
  isClosed = false;
  /** Payloads of the PINGs that were answered. */
  readonly pongs: string[] = [];
  settingsAcks = 0;
  /** Room that the other side has given for DATA. */
  readonly room: Map<number, number> = new Map([[0, WINDOW]]);
  /** Whether what comes is given back to the windows at once. */
  grants = true;
  /** Whether SETTINGS and PING are answered. */
  answers = true;
  window: number = WINDOW;
  #initialWindow = WINDOW;
  #ackedWindow = WINDOW;
  #settingsSent: { window: number | undefined; tableSizes: number[] }[] = [];
  #read: Buffer = Buffer.alloc(0);
  #block: { stream: number; flags: number; parts: Buffer[] } | undefined;
  #isFirst = true;
  #wakers: (() => void)[] = [];
  #isWriting = false;
  readonly #replies: Buffer[] = [];

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const over = (): void => {
      this.isClosed = true;
      this.#wake();
    };
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    socket.on('error', () => {}).on('close', over);
    socket.on('end', () => {
      over();
      socket.end();
    });
  }

  /** Connects; nothing is sent yet. */
  static async open(port: number): Promise<FrameClient> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new FrameClient(socket);
  }

  /** Connects, and begins with the preface and SETTINGS. */
  static async connect(
    port: number,
    ...settings: readonly (readonly [number, number])[]
  ): Promise<FrameClient> {
    const client = await FrameClient.open(port);
    client.write(PREFACE);
    client.sendSettings(...settings);
    return client;
  }

  write(bytes: Buffer | string): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  /** Sends bytes in pieces that leave one by one; answers of ours wait meanwhile. */
  async drip(bytes: Buffer, size = 1): Promise<void> {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    await this.pieces(...pieces);
  }

  async pieces(...pieces: readonly Buffer[]): Promise<void> {
    this.#isWriting = true;
    for (const piece of pieces) {
      this.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isWriting = false;
    this.write(Buffer.concat(this.#replies.splice(0)));
  }

  #reply(bytes: Buffer): void {
    if (this.#isWriting) this.#replies.push(bytes);
    else this.write(bytes);
  }

  send(type: number, flags: number, stream: number, payload?: Buffer): void {
    this.write(frame(type, flags, stream, payload));
  }

  sendSettings(...pairs: readonly (readonly [number, number])[]): void {
    const window = new Map(pairs).get(Setting.initialWindow);
    const tableSizes = pairs.flatMap(([id, value]) => (id === Setting.tableSize ? [value] : []));
    this.#settingsSent.push({ window, tableSizes });
    this.#setInitial();
    this.send(Frame.settings, 0, 0, settingsPayload(...pairs));
  }

  /** Opens a stream with plain literals. */
  open(stream: number, fields: readonly Field[], isEnded = true): void {
    this.openBlock(stream, plainBlock(fields), isEnded);
  }

  /** Opens a stream with a block of its own. */
  openBlock(stream: number, block: Buffer, isEnded = true): void {
    this.expect(stream);
    this.send(Frame.headers, Flag.endHeaders | (isEnded ? Flag.endStream : 0), stream, block);
  }

  /** From now on frames of that stream may come. */
  expect(stream: number): Stream {
    let known = this.streams.get(stream);
    if (known === undefined) {
      known = {
        status: 0,
        fields: [],
        informational: [],
        body: [],
        bodyBytes: 0,
        trailers: undefined,
        hasEnded: false,
        reset: undefined,
        window: this.#initialWindow,
      };
      this.streams.set(stream, known);
    }
    return known;
  }

  data(stream: number, payload: Buffer | string, isEnded = false): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.#spend(stream, bytes.length);
    this.send(Frame.data, isEnded ? Flag.endStream : 0, stream, bytes);
  }

  reset(stream: number, code: number): void {
    this.send(Frame.rstStream, 0, stream, number32(code));
  }

  /** Opens windows. */
  grant(stream: number, by: number): void {
    if (stream === 0) this.window += by;
    else this.expect(stream).window += by;
    this.#reply(frame(Frame.windowUpdate, 0, stream, number32(by)));
  }

  /** Sends a body within the windows that the other side gives, and waits for them. */
  async upload(stream: number, bytes: number, isEnded = true): Promise<void> {
    for (let rest = bytes; rest > 0; ) {
      const size = await this.until('room for DATA', () => {
        const { hasEnded, reset } = this.expect(stream);
        if (hasEnded || reset !== undefined) return -1;
        const room = Math.min(this.#room(stream), this.#room(0), MAX_FRAME, rest);
        return room > 0 ? room : undefined;
      });
      if (size < 0) return;
      rest -= size;
      this.data(stream, Buffer.alloc(size, 'u'), isEnded && rest === 0);
    }
  }

  #room(stream: number): number {
    const initial = this.settings.get(Setting.initialWindow) ?? WINDOW;
    return this.room.get(stream) ?? initial;
  }

  #spend(stream: number, bytes: number): void {
    for (const id of [0, stream]) this.room.set(id, this.#room(id) - bytes);
  }

  /** The first value of `look` that is not undefined. @throws Error when it does not come */
  async until<Value>(what: string, look: () => Value | undefined): Promise<Value> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const value = look();
        if (value !== undefined) return value;
        if (this.isClosed || isLate) {
          const why = isLate ? 'does not come' : 'the connection is closed';
          throw new Error(`${what}: ${why}; came: ${this.log.slice(-30).join(', ') || 'nothing'}`);
        }
        await new Promise<void>((resolve) => this.#wakers.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** How a stream ends: answered, reset, or lost with the connection. */
  async ended(stream: number): Promise<Stream> {
    const known = this.expect(stream);
    return this.until(`the end of stream ${stream}`, () =>
      known.hasEnded || known.reset !== undefined ? known : undefined,
    );
  }

  closed(): Promise<true> {
    return this.until('the end of the connection', () => (this.isClosed ? true : undefined));
  }

  /** Everything sent so far has been looked at. */
  async ping(payload = 'evenkeel'): Promise<void> {
    const count = this.pongs.length;
    this.send(Frame.ping, 0, 0, Buffer.from(payload));
    await this.until('PING with ACK', () => (this.pongs.length > count ? true : undefined));
  }

  close(): Promise<void> {
    this.socket.destroy();
    return Promise.resolve();
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  #onBytes(bytes: Buffer): void {
    this.#read = this.#read.length === 0 ? bytes : Buffer.concat([this.#read, bytes]);
    while (this.#read.length >= 9) {
      if (this.#isFirst && this.#read.toString('latin1', 0, 5) === 'HTTP/') break;
      const length = this.#read.readUIntBE(0, 3);
      if (length > MAX_FRAME) this.wrongs.push(`a frame of ${length} bytes`);
      if (this.#read.length < 9 + length) break;
      const [type = 0, flags = 0] = this.#read.subarray(3, 5);
      const stream = this.#read.readUInt32BE(5);
      const payload = this.#read.subarray(9, 9 + length);
      this.#read = this.#read.subarray(9 + length);
      const code = type === Frame.goaway ? ` code ${payload.readUInt32BE(4)}` : '';
      this.log.push(`${type}:${flags}:${stream}:${length}${code}`);
      this.#onFrame(type, flags, stream, payload);
    }
    this.#wake();
  }

  /** What came that is no frame: an answer of HTTP/1.1. */
  get text(): string {
    return this.#read.toString('latin1');
  }

  #onFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    const isAck = (flags & Flag.ack) !== 0;
    if (this.#isFirst && (type !== Frame.settings || isAck)) this.#wrong('SETTINGS are not first');
    this.#isFirst = false;
    if (this.#block !== undefined && type !== Frame.continuation) this.#wrong('a block is cut');
    const isConnection = type === Frame.settings || type === Frame.ping || type === Frame.goaway;
    if (isConnection && stream !== 0) this.#wrong(`type ${type} on stream ${stream}`);
    switch (type) {
      case Frame.data:
        this.#onData(flags, stream, payload);
        break;
      case Frame.headers:
        this.#block = { stream, flags, parts: [unpadded(flags, payload)] };
        if ((flags & Flag.endHeaders) !== 0) this.#onBlock();
        break;
      case Frame.continuation:
        if (this.#block?.stream !== stream) this.#wrong('CONTINUATION of nothing');
        this.#block?.parts.push(payload);
        if ((flags & Flag.endHeaders) !== 0) this.#onBlock();
        break;
      case Frame.rstStream: {
        const known = this.streams.get(stream);
        if (payload.length !== 4) this.#wrong('RST_STREAM of a wrong length');
        // A lower one that was left out is closed (RFC 9113 5.1.1).
        if (known === undefined && stream > Math.max(0, ...this.streams.keys())) {
          this.#wrong(`RST_STREAM of the idle stream ${stream}`);
        } else if (known === undefined) break;
        else known.reset ??= payload.readUInt32BE(0);
        break;
      }
      case Frame.settings:
        if (isAck) this.#onSettingsAck(payload);
        else this.#onSettings(payload);
        break;
      case Frame.ping:
        if (payload.length !== 8) this.#wrong('PING of a wrong length');
        if (isAck) this.pongs.push(payload.toString('latin1'));
        else if (this.answers) this.#reply(frame(Frame.ping, Flag.ack, 0, payload));
        break;
      case Frame.goaway: {
        const last = payload.readUInt32BE(0);
        const code = payload.readUInt32BE(4);
        if (this.goaway !== undefined && last > this.goaway.last) this.#wrong('GOAWAY goes back');
        this.goaway = { code, last };
        break;
      }
      case Frame.windowUpdate: {
        const by = payload.readUInt32BE(0);
        if (payload.length !== 4 || by === 0) this.#wrong('a bad WINDOW_UPDATE');
        if (stream !== 0 && !this.streams.has(stream)) this.#wrong('WINDOW_UPDATE, stream idle');
        const room = this.#room(stream) + by;
        if (room > MAX_WINDOW) this.#wrong('WINDOW_UPDATE beyond the most');
        this.room.set(stream, room);
        break;
      }
      case Frame.priority:
        break;
      default:
        this.#wrong(`a frame of type ${type}`);
    }
  }

  #onSettings(payload: Buffer): void {
    if (payload.length % 6 !== 0) this.#wrong('SETTINGS of a wrong length');
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const id = payload.readUInt16BE(at);
      const value = payload.readUInt32BE(at + 2);
      if (id === Setting.enablePush && value !== 0) this.#wrong('a server that takes pushes');
      if (id === Setting.initialWindow) {
        if (value > MAX_WINDOW) this.#wrong('too large a window');
        const by = value - (this.settings.get(id) ?? WINDOW);
        for (const [stream, room] of this.room) if (stream !== 0) this.room.set(stream, room + by);
      }
      if (id === Setting.maxFrame && (value < MAX_FRAME || value > 0xff_ffff)) {
        this.#wrong('MAX_FRAME_SIZE out of range');
      }
      this.settings.set(id, value);
    }
    if (this.answers) this.#reply(frame(Frame.settings, Flag.ack, 0));
  }

  #onSettingsAck(payload: Buffer): void {
    if (payload.length > 0) this.#wrong('SETTINGS acknowledged with something');
    this.settingsAcks++;
    const sent = this.#settingsSent.shift();
    if (sent?.window !== undefined) this.#ackedWindow = sent.window;
    this.#setInitial();
    for (const size of sent?.tableSizes ?? []) this.decoder.allow(size);
  }

  /** Until SETTINGS are acknowledged, either window may hold. */
  #setInitial(): void {
    const pending = this.#settingsSent.flatMap((sent) => sent.window ?? []);
    const window = Math.max(this.#ackedWindow, ...pending);
    for (const stream of this.streams.values()) stream.window += window - this.#initialWindow;
    this.#initialWindow = window;
  }

  #onBlock(): void {
    const { stream, flags, parts } = this.#block!;
    this.#block = undefined;
    let fields: Field[];
    try {
      fields = this.decoder.decode(Buffer.concat(parts));
    } catch (error) {
      this.#wrong(`HPACK: ${String(error)}`);
      return;
    }
    const known = this.#openStream(stream);
    if (known === undefined) return;
    const isEnded = (flags & Flag.endStream) !== 0;
    const status = fields.find(([name]) => name === ':status')?.[1];
    this.#checkFields(fields, known.status === 0);
    if (status === undefined) {
      if (!isEnded) this.#wrong('trailers that do not end the stream');
      known.trailers = fields;
    } else if (status.startsWith('1')) {
      if (isEnded) this.#wrong('1xx ends the stream');
      known.informational.push(Number(status));
    } else {
      known.status = Number(status);
      known.fields = fields;
    }
    if (isEnded) known.hasEnded = true;
  }

  #checkFields(fields: readonly Field[], isHead: boolean): void {
    const pseudo = fields.filter(([name]) => name.startsWith(':'));
    if (pseudo.length !== (isHead ? 1 : 0)) this.#wrong(`pseudo-header fields ${pseudo.join()}`);
    if (isHead && !/^[1-9]\d\d$/.test(fields[0]?.[1] ?? '')) this.#wrong(':status is not first');
    for (const [name, value] of fields) {
      if (!/^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) this.#wrong(`a field named "${name}"`);
      if (['\0', '\r', '\n'].some((bad) => value.includes(bad)))
        this.#wrong(`a line end in ${name}`);
      if (/^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/.test(name)) {
        this.#wrong(`the field ${name}`);
      }
    }
  }

  #onData(flags: number, stream: number, payload: Buffer): void {
    this.window -= payload.length;
    if (this.window < 0 && payload.length > 0) this.#wrong(`${-this.window} beyond the window`);
    const known = this.#openStream(stream);
    if (known === undefined) return;
    if (known.status === 0) this.#wrong(`DATA before the head on stream ${stream}`);
    known.window -= payload.length;
    if (known.window < 0 && payload.length > 0) {
      this.#wrong(`${-known.window} beyond the window of stream ${stream}`);
    }
    const bytes = unpadded(flags, payload);
    known.body.push(Buffer.from(bytes));
    known.bodyBytes += bytes.length;
    if ((flags & Flag.endStream) !== 0) known.hasEnded = true;
    if (!this.grants || payload.length === 0) return;
    this.grant(0, payload.length);
    if (!known.hasEnded) this.grant(stream, payload.length);
  }

  /** The stream of a frame that needs an open one. */
  #openStream(stream: number): Stream | undefined {
    const known = this.streams.get(stream);
    if (known === undefined) this.#wrong(`a frame of the idle stream ${stream}`);
    else if (known.hasEnded) this.#wrong(`a frame behind the end of stream ${stream}`);
    else if (known.reset !== undefined) this.#wrong(`a frame behind the reset of ${stream}`);
    return known;
  }

  #wrong(text: string): void {
    this.wrongs.push(text);
  }
}

function unpadded(flags: number, payload: Buffer): Buffer {
  let bytes = payload;
  if ((flags & 8) !== 0) bytes = payload.subarray(1, payload.length - payload[0]!);
  return (flags & 32) !== 0 ? bytes.subarray(5) : bytes;
}
