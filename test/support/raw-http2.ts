// A raw client of HTTP/2 for tests: it writes whatever frames it is told to, and reads the frames that come.
import { connectTcp, type TcpPeer } from './tcp-peers.js';

/** Frame types (RFC 9113 6). */
export const Frame = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;

/** Error codes (RFC 9113 7). */
export const ErrorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const;

/** One frame that came. */
export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** The bytes of one frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A 32-bit number as a payload. */
export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Header fields as HPACK literals that are never indexed and never Huffman coded (RFC 7541 6.2.3). */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]),
  );
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/** An HPACK integer with the upper bits of its first byte clear. */
function integer(value: number, bits: number): Buffer {
  const limit = 2 ** bits - 1;
  if (value < limit) return Buffer.from([value]);
  const bytes = [limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The fields of a plain GET. */
export function getFields(path = '/', authority = 'a.test'): [string, string][] {
  return [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', authority],
  ];
}

/** A connection whose client side is written by hand. */
export class RawHttp2 {
  readonly peer: TcpPeer;
  readonly frames: ReceivedFrame[] = [];
  #at = 0;

  constructor(peer: TcpPeer) {
    this.peer = peer;
  }

  /** Connects, and begins with the preface and empty SETTINGS. No dynamic table, so that answers can be read. */
  static async connect(port: number): Promise<RawHttp2> {
    const client = new RawHttp2(await connectTcp(port));
    client.peer.send(PREFACE);
    // HEADER_TABLE_SIZE 0
    client.send(Frame.settings, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0]));
    return client;
  }

  send(type: number, flags: number, stream: number, payload?: Buffer): void {
    this.peer.send(frame(type, flags, stream, payload));
  }

  /** Opens a stream. */
  open(
    stream: number,
    fields: readonly (readonly [string, string])[],
    { isEnded = true }: { isEnded?: boolean } = {},
  ): void {
    const flags = Flag.endHeaders | (isEnded ? Flag.endStream : 0);
    this.send(Frame.headers, flags, stream, block(fields));
  }

  data(stream: number, payload: string | Buffer, isEnded = false): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.send(Frame.data, isEnded ? Flag.endStream : 0, stream, bytes);
  }

  /** The first frame that fits, also among those that came before; rejects when the connection ends without one. */
  async find(fits: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    for (let seen = 0; ; ) {
      for (; seen < this.frames.length; seen++) {
        const one = this.frames[seen]!;
        if (fits(one)) return one;
      }
      await this.#next();
    }
  }

  /** How a stream ends: its status, 0 when it is reset before, and the code of the reset, -1 without one. */
  async outcome(stream: number): Promise<{ status: number; code: number }> {
    let status = 0;
    const last = await this.find((one) => {
      if (one.type === Frame.goaway) return one.payload.readUInt32BE(4) !== 0;
      if (one.stream !== stream) return false;
      if (one.type === Frame.headers) status = statusOf(one.payload) || status;
      if (one.type === Frame.rstStream) return true;
      return (one.type === Frame.headers || one.type === Frame.data) && (one.flags & 1) !== 0;
    });
    if (last.type === Frame.rstStream) return { status, code: last.payload.readUInt32BE(0) };
    return { status, code: last.type === Frame.goaway ? last.payload.readUInt32BE(4) : -1 };
  }

  /** The code of the GOAWAY that ends the connection. */
  async goaway(): Promise<number> {
    return (await this.find(({ type }) => type === Frame.goaway)).payload.readUInt32BE(4);
  }

  async #next(): Promise<void> {
    const head = await this.#take(9);
    const payload = await this.#take(head.readUIntBE(0, 3));
    const stream = head.readUInt32BE(5);
    this.frames.push({ type: head[3]!, flags: head[4]!, stream, payload });
    const isRequest = (head[4]! & Flag.ack) === 0;
    if (head[3] === Frame.settings && isRequest) this.send(Frame.settings, Flag.ack, 0);
    if (head[3] === Frame.ping && isRequest) this.send(Frame.ping, Flag.ack, 0, payload);
  }

  async #take(length: number): Promise<Buffer> {
    await this.peer.read(this.#at + length);
    const bytes = Buffer.from(this.peer.received.subarray(this.#at, this.#at + length));
    this.#at += length;
    return bytes;
  }
}

const STATIC_STATUS: Readonly<Record<number, number>> = {
  8: 200,
  9: 204,
  10: 206,
  11: 304,
  12: 400,
  13: 404,
  14: 500,
};
/** Huffman codes of the digits: 0-2 have five bits, the others six. */
const DIGITS = [
  '00000',
  '00001',
  '00010',
  '011001',
  '011010',
  '011011',
  '011100',
  '011101',
  '011110',
  '011111',
];

/** `:status`, which stands first; 0 = it does not (a request, trailers). */
export function statusOf(bytes: Buffer): number {
  let at = 0;
  // Changes of the table's size may come before.
  while ((bytes[at]! & 0xe0) === 0x20) at++;
  const first = bytes[at]!;
  if ((first & 0x80) !== 0) return STATIC_STATUS[first & 0x7f] ?? 0;
  const index = (first & 0xc0) === 0x40 ? first & 0x3f : first & 0x0f;
  if (index < 8 || index > 14) return 0;
  const size = bytes[at + 1]!;
  const value = bytes.subarray(at + 2, at + 2 + (size & 0x7f));
  if ((size & 0x80) === 0) return Number(value.toString('latin1'));
  let bits = [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (digits.length < 3) {
    const digit = DIGITS.findIndex((code) => bits.startsWith(code));
    digits += digit;
    bits = bits.slice(DIGITS[digit]!.length);
  }
  return Number(digits);
}
