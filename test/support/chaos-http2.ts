// One end of an HTTP/2 connection in a chaos run, written frame by frame: node:http2 as a peer would be too orderly, and not robust enough.
import type net from 'node:net';
import type { Chance } from './chaos.js';
import { turns } from './chaos.js';
import { block, ErrorCode, Flag, Frame, frame, number32, statusOf } from './raw-http2.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const PADDED = 8;
const PRIORITY = 32;
/** Identifiers of settings (RFC 9113 6.5.2). */
export const Setting = { tableSize: 1, maxStreams: 3, initialWindow: 4 } as const;

/** Who is at this end. */
export interface EndOwner {
  /** A block of fields has come; status 0 = of a request, or trailers. */
  onFields(stream: number, fields: Buffer, status: number, isEnded: boolean): void;
  onData(stream: number, text: string, isEnded: boolean): void;
  onReset(stream: number, code: number): void;
  /** Streams above `last` were not looked at. */
  onGoaway(last: number): void;
  /** The connection is over. */
  onOver(): void;
}

/** What is to be sent on a stream. */
interface Sending {
  window: number;
  bytes: Buffer;
  isEnding: boolean;
}

/** Reads and writes frames; keeps to the windows of its peer, grants its own late, and cuts and pads as chance has it. */
export class ChaosEnd {
  readonly socket: net.Socket;
  readonly #chance: Chance;
  readonly #owner: EndOwner;
  readonly #sending: Map<number, Sending> = new Map();
  #read: Buffer = Buffer.alloc(0);
  #needsPreface: boolean;
  #block: { stream: number; isEnded: boolean; parts: Buffer[] } | undefined;
  #window = 65_535;
  #initialWindow = 65_535;
  isOver = false;

  constructor(socket: net.Socket, chance: Chance, owner: EndOwner, isClient: boolean) {
    this.socket = socket;
    this.#chance = chance;
    this.#owner = owner;
    this.#needsPreface = !isClient;
    const over = (): void => {
      if (this.isOver) return;
      this.isOver = true;
      owner.onOver();
    };
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    socket.on('error', over).on('end', () => {
      over();
      socket.end();
    });
    socket.on('close', over);
    if (isClient) this.#write(PREFACE);
    this.settings([Setting.tableSize, 0]);
  }

  settings(...pairs: readonly (readonly [number, number])[]): void {
    const payload = pairs.map(([id, value]) =>
      Buffer.concat([Buffer.from([0, id]), number32(value)]),
    );
    this.#frame(Frame.settings, 0, 0, Buffer.concat(payload));
  }

  ping(): void {
    this.#frame(Frame.ping, 0, 0, Buffer.from('chaos ok'));
  }

  goaway(last: number): void {
    this.#frame(Frame.goaway, 0, 0, Buffer.concat([number32(last), number32(ErrorCode.none)]));
  }

  reset(stream: number, code: number): void {
    this.#sending.delete(stream);
    this.#frame(Frame.rstStream, 0, stream, number32(code));
  }

  /** Sends fields, in several frames if chance wants it so. */
  fields(stream: number, list: readonly (readonly [string, string])[], isEnded: boolean): void {
    const chance = this.#chance;
    const bytes = block(list);
    const end = chance.next() < 0.3 ? chance.under(bytes.length + 1) : bytes.length;
    const hasPriority = chance.next() < 0.1;
    const head = hasPriority ? Buffer.from([0, 0, 0, 0, 15]) : Buffer.alloc(0);
    const flags = (isEnded ? Flag.endStream : 0) | (hasPriority ? PRIORITY : 0);
    const isWhole = end === bytes.length;
    const first = Buffer.concat([head, bytes.subarray(0, end)]);
    this.#frame(Frame.headers, flags | (isWhole ? Flag.endHeaders : 0), stream, first);
    if (!isWhole) {
      this.#frame(Frame.continuation, Flag.endHeaders, stream, bytes.subarray(end));
    }
  }

  /** A stream is open: bytes may be sent on it. */
  open(stream: number): void {
    this.#sending.set(stream, {
      window: this.#initialWindow,
      bytes: Buffer.alloc(0),
      isEnding: false,
    });
  }

  data(stream: number, text: string, isEnding: boolean): void {
    const sending = this.#sending.get(stream);
    if (sending === undefined) return;
    sending.bytes = Buffer.concat([sending.bytes, Buffer.from(text, 'latin1')]);
    sending.isEnding ||= isEnding;
    this.#pump(stream, sending);
  }

  /** Whether all of it has left. */
  hasSent(stream: number): boolean {
    const sending = this.#sending.get(stream);
    return sending === undefined || sending.bytes.length === 0;
  }

  /** A part of a frame, maybe of a stream that nobody has opened, and nothing more: for those who cut the line. */
  fragment(): void {
    const isLost = this.#chance.next() < 0.1;
    const whole = isLost
      ? frame(Frame.data, 0, 0x3fff_fff1, Buffer.alloc(100))
      : frame(Frame.ping, 0, 0, Buffer.alloc(8));
    this.#write(whole.subarray(0, 1 + this.#chance.under(whole.length - 1)));
  }

  #pump(stream: number, sending: Sending): void {
    while (sending.bytes.length > 0) {
      const room = Math.min(sending.window, this.#window, 16_000);
      if (room <= 0) return;
      const pad = room > 40 && this.#chance.next() < 0.1 ? this.#chance.under(20) : -1;
      const overhead = pad < 0 ? 0 : pad + 1;
      const size = Math.min(sending.bytes.length, room - overhead);
      const piece = sending.bytes.subarray(0, size);
      sending.bytes = sending.bytes.subarray(size);
      sending.window -= size + overhead;
      this.#window -= size + overhead;
      const isLast = sending.isEnding && sending.bytes.length === 0;
      const payload =
        pad < 0 ? piece : Buffer.concat([Buffer.from([pad]), piece, Buffer.alloc(pad)]);
      const flags = (isLast ? Flag.endStream : 0) | (pad < 0 ? 0 : PADDED);
      this.#frame(Frame.data, flags, stream, payload);
      if (isLast) {
        this.#sending.delete(stream);
        return;
      }
    }
    if (!sending.isEnding) return;
    this.#sending.delete(stream);
    this.#frame(Frame.data, Flag.endStream, stream, Buffer.alloc(0));
  }

  #onBytes(bytes: Buffer): void {
    this.#read = this.#read.length === 0 ? bytes : Buffer.concat([this.#read, bytes]);
    if (this.#needsPreface) {
      if (this.#read.length < PREFACE.length) return;
      this.#needsPreface = false;
      this.#read = this.#read.subarray(PREFACE.length);
    }
    while (this.#read.length >= 9 && !this.isOver) {
      const length = this.#read.readUIntBE(0, 3);
      if (this.#read.length < 9 + length) return;
      const [type = 0, flags = 0] = this.#read.subarray(3, 5);
      const stream = this.#read.readUInt32BE(5);
      const payload = this.#read.subarray(9, 9 + length);
      this.#read = this.#read.subarray(9 + length);
      this.#onFrame(type, flags, stream, payload);
    }
  }

  #onFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case Frame.data:
        this.#onData(flags, stream, payload);
        break;
      case Frame.headers:
        this.#block = {
          stream,
          isEnded: (flags & Flag.endStream) !== 0,
          parts: [unpadded(flags, payload).subarray((flags & PRIORITY) === 0 ? 0 : 5)],
        };
        if ((flags & Flag.endHeaders) !== 0) this.#onBlock();
        break;
      case Frame.continuation:
        this.#block?.parts.push(payload);
        if ((flags & Flag.endHeaders) !== 0) this.#onBlock();
        break;
      case Frame.settings:
        if ((flags & Flag.ack) === 0) this.#onSettings(payload);
        break;
      case Frame.ping:
        if ((flags & Flag.ack) === 0) this.#frame(Frame.ping, Flag.ack, 0, payload);
        break;
      case Frame.windowUpdate:
        this.#onWindow(stream, payload.readUInt32BE(0));
        break;
      case Frame.rstStream:
        this.#sending.delete(stream);
        this.#owner.onReset(stream, payload.readUInt32BE(0));
        break;
      case Frame.goaway:
        this.#owner.onGoaway(payload.readUInt32BE(0));
        break;
      default:
    }
  }

  #onBlock(): void {
    const { stream, isEnded, parts } = this.#block!;
    this.#block = undefined;
    const fields = Buffer.concat(parts);
    this.#owner.onFields(stream, fields, statusOf(fields), isEnded);
  }

  #onData(flags: number, stream: number, payload: Buffer): void {
    const isEnded = (flags & Flag.endStream) !== 0;
    this.#owner.onData(stream, unpadded(flags, payload).toString('latin1'), isEnded);
    if (payload.length > 0) void this.#grant(isEnded ? 0 : stream, payload.length);
  }

  /** Gives back what came, sometimes late, sometimes in two steps. */
  async #grant(stream: number, length: number): Promise<void> {
    if (this.#chance.next() < 0.2) await turns(this.#chance.under(30));
    const first = this.#chance.next() < 0.1 ? 1 + this.#chance.under(length) : length;
    for (const part of [first, length - first]) {
      if (part === 0) continue;
      this.#frame(Frame.windowUpdate, 0, 0, number32(part));
      if (stream !== 0) this.#frame(Frame.windowUpdate, 0, stream, number32(part));
    }
  }

  #onSettings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== Setting.initialWindow) continue;
      const value = payload.readUInt32BE(at + 2);
      for (const sending of this.#sending.values()) sending.window += value - this.#initialWindow;
      this.#initialWindow = value;
    }
    this.#frame(Frame.settings, Flag.ack, 0, Buffer.alloc(0));
    this.#pumpAll();
  }

  #onWindow(stream: number, by: number): void {
    if (stream === 0) this.#window += by;
    else {
      const sending = this.#sending.get(stream);
      if (sending !== undefined) sending.window += by;
    }
    this.#pumpAll();
  }

  #pumpAll(): void {
    for (const [stream, sending] of this.#sending) this.#pump(stream, sending);
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    this.#write(frame(type, flags, stream, payload));
  }

  #write(bytes: Buffer): void {
    if (!this.isOver && this.socket.writable) this.socket.write(bytes);
  }
}

function unpadded(flags: number, payload: Buffer): Buffer {
  return (flags & PADDED) === 0 ? payload : payload.subarray(1, payload.length - payload[0]!);
}
