// Frames for fuzzing: conversations of HTTP/2, mutations of them, and a reader that says which requests they may stand for.
import { PREFACE, Setting, settingsPayload } from './frame-client.js';
import { type Field, HpackDecoder, indexed, literal, tableSize } from './hpack.js';
import { Flag, Frame, frame, number32 } from './raw-http2.js';

/** A whole number from 0 up to, but without, `below`. */
type Chance = (below: number) => number;

interface Piece {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** What frames say of one stream. */
export interface ReadStream {
  readonly method: string;
  readonly target: string;
  /** -1 = without a length. */
  readonly length: number;
  body: string;
  isEnded: boolean;
}

const PADDED = 8;
const PRIORITY = 32;
const MODES = ['indexed', 'plain', 'never'] as const;
const EXTRA: readonly Field[] = [
  ['cookie', 'a=b'],
  ['te', 'trailers'],
  ['x-long', 'l'.repeat(300)],
  ['accept', '*/*'],
  ['host', 'a.test'],
  ['expect', '100-continue'],
  ['content-length', '6'],
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['x-line', 'a\r\nb: c'],
  ['X-Capital', '1'],
  [':path', '/second'],
];

/** The request of the client that comes behind a fuzzed one. */
export function otherFields(): Field[] {
  return fieldsOf('GET', '/other');
}

function fieldsOf(method: string, path: string): Field[] {
  return [
    [':method', method],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'a.test'],
  ];
}

/** One request: its block in one to three frames, DATA, maybe trailers. */
function request(stream: number, chance: Chance): Piece[] {
  const hasBody = chance(2) === 0;
  const fields = [...fieldsOf(hasBody ? 'POST' : 'GET', `/s${stream}`)];
  if (hasBody && chance(2) === 0) fields.push(['content-length', '6']);
  for (let i = chance(3); i > 0; i--) fields.push(EXTRA[chance(chance(3) === 0 ? 12 : 6)]!);
  const block = Buffer.concat([
    ...(chance(10) === 0 ? [tableSize(chance(4200))] : []),
    ...fields.map(([name, value]) => literal(name, value, MODES[chance(3)], chance(2) === 0)),
    ...(chance(6) === 0 ? [indexed(1 + chance(70))] : []),
  ]);
  const cut = chance(3) === 0 ? chance(block.length) : block.length;
  const end = hasBody ? 0 : Flag.endStream;
  const isWhole = cut === block.length;
  const pieces: Piece[] = [
    {
      type: Frame.headers,
      flags: end | (isWhole ? Flag.endHeaders : 0),
      stream,
      payload: block.subarray(0, cut),
    },
  ];
  if (!isWhole) {
    pieces.push({
      type: Frame.continuation,
      flags: Flag.endHeaders,
      stream,
      payload: block.subarray(cut),
    });
  }
  if (!hasBody) return pieces;
  const half = Buffer.from(`${stream % 10}`.repeat(3));
  const isPadded = chance(3) === 0;
  pieces.push({
    type: Frame.data,
    flags: isPadded ? PADDED : 0,
    stream,
    payload: isPadded ? Buffer.concat([Buffer.from([2]), half, Buffer.alloc(2)]) : half,
  });
  if (chance(3) === 0) {
    pieces.push({ type: Frame.data, flags: 0, stream, payload: half });
    const payload = literal('x-trailer', '1', MODES[chance(3)]);
    pieces.push({ type: Frame.headers, flags: 5, stream, payload });
  } else pieces.push({ type: Frame.data, flags: Flag.endStream, stream, payload: half });
  return pieces;
}

function control(chance: Chance): Piece {
  const stream = chance(12);
  const values = [0, 1, 100, 4096, 16_384, 65_535, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  const value = values[chance(values.length)]!;
  switch (chance(7)) {
    case 0:
      return { type: Frame.ping, flags: chance(2), stream: 0, payload: Buffer.alloc(8) };
    case 1:
      return { type: Frame.windowUpdate, flags: 0, stream, payload: number32(value) };
    case 2:
      return { type: Frame.rstStream, flags: 0, stream, payload: number32(chance(14)) };
    case 3: {
      const payload = settingsPayload([1 + chance(8), value]);
      return { type: Frame.settings, flags: 0, stream: 0, payload };
    }
    case 4:
      return { type: Frame.priority, flags: 0, stream, payload: Buffer.from([0, 0, 0, 3, 9]) };
    case 5:
      return { type: Frame.goaway, flags: 0, stream: 0, payload: Buffer.alloc(8) };
    default: {
      const payload = Buffer.alloc(chance(40), chance(256));
      return { type: chance(16), flags: chance(256), stream, payload };
    }
  }
}

function mutatePieces(pieces: Piece[], chance: Chance): void {
  const at = chance(pieces.length);
  const piece = pieces[at]!;
  switch (chance(8)) {
    case 0:
      piece.flags ^= 1 << chance(8);
      break;
    case 1:
      piece.stream = chance(12);
      break;
    case 2:
      pieces.splice(at, 1 + chance(2));
      break;
    case 3:
      pieces.splice(chance(pieces.length), 0, { ...piece });
      break;
    case 4:
      pieces.splice(at, 0, control(chance));
      break;
    case 5: {
      const bytes = Buffer.from(piece.payload);
      if (bytes.length > 0) bytes[chance(bytes.length)] = chance(256);
      piece.payload = bytes;
      break;
    }
    case 6:
      piece.payload = piece.payload.subarray(0, chance(piece.payload.length + 1));
      break;
    default: {
      const to = chance(pieces.length);
      pieces[at] = pieces[to]!;
      pieces[to] = piece;
    }
  }
}

/** The bytes of a connection: some requests, mixed and mutated; the same chance gives the same bytes. */
export function mutateFrames(chance: Chance): Buffer {
  const lists = Array.from({ length: 1 + chance(4) }, (_, i) => request(2 * i + 1, chance));
  const pieces: Piece[] = [];
  // Blocks stay together, and come in the order of their streams; the rest is mixed.
  for (const list of lists) pieces.push(...list);
  for (let k = chance(4); k > 0 && pieces.length > 0; k--) mutatePieces(pieces, chance);
  const first: Piece = { type: Frame.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) };
  if (chance(8) === 0) first.payload = settingsPayload([Setting.maxList, 1000]);
  const bytes = Buffer.concat([
    PREFACE,
    ...[first, ...pieces].map(({ type, flags, stream, payload }) =>
      frame(type, flags, stream, payload),
    ),
  ]);
  for (let k = chance(12) === 0 ? 1 + chance(3) : 0; k > 0; k--) {
    const at = PREFACE.length + chance(bytes.length - PREFACE.length);
    bytes[at] = chance(256);
  }
  return chance(20) === 0 ? bytes.subarray(0, chance(bytes.length)) : bytes;
}

/** Reads frames as far as they can be read: which requests they may stand for, and how many SETTINGS with values. */
export function readFrames(bytes: Buffer): {
  readonly streams: Map<number, ReadStream>;
  readonly settings: number;
} {
  const reader = new FrameSense();
  let settings = 0;
  for (let at = PREFACE.length; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const end = at + 9 + length;
    if (end > bytes.length || length > 16_384) break;
    const type = bytes[at + 3]!;
    const payload = bytes.subarray(at + 9, end);
    if (type === Frame.settings && length > 0) settings++;
    if (!reader.take(type, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & 0x7fff_ffff, payload))
      break;
    at = end;
  }
  return { streams: reader.streams, settings };
}

/** What frames mean, without most of the rules: it finds what a request may be, not what it must not be. */
class FrameSense {
  readonly streams: Map<number, ReadStream> = new Map();
  readonly #decoder = new HpackDecoder();
  #block: { stream: number; isEnded: boolean; parts: Buffer[] } | undefined;

  /** @returns whether more can be read */
  take(type: number, flags: number, stream: number, payload: Buffer): boolean {
    if ((this.#block !== undefined) !== (type === Frame.continuation)) return false;
    if (type === Frame.data) return this.#data(flags, stream, payload);
    if (type === Frame.headers) {
      const content = unpadded(flags, payload);
      const skipped = (flags & PRIORITY) === 0 ? 0 : 5;
      if (content === undefined || content.length < skipped) return false;
      const isEnded = (flags & Flag.endStream) !== 0;
      this.#block = { stream, isEnded, parts: [content.subarray(skipped)] };
    } else if (type === Frame.continuation) {
      if (this.#block!.stream !== stream) return false;
      this.#block!.parts.push(payload);
    } else return true;
    return (flags & Flag.endHeaders) === 0 || this.#fields();
  }

  #data(flags: number, stream: number, payload: Buffer): boolean {
    const content = unpadded(flags, payload);
    if (content === undefined) return false;
    const known = this.streams.get(stream);
    if (known === undefined || known.isEnded) return true;
    known.body += content.toString('latin1');
    known.isEnded = (flags & Flag.endStream) !== 0;
    return true;
  }

  #fields(): boolean {
    const { stream, isEnded, parts } = this.#block!;
    this.#block = undefined;
    let fields: Field[];
    try {
      fields = this.#decoder.decode(Buffer.concat(parts));
    } catch {
      return false;
    }
    const known = this.streams.get(stream);
    if (known !== undefined) {
      known.isEnded ||= isEnded;
      return true;
    }
    const value = (wanted: string): string => fields.find(([name]) => name === wanted)?.[1] ?? '';
    this.streams.set(stream, {
      method: value(':method'),
      target: value(':path'),
      length: Number(value('content-length') || -1),
      body: '',
      isEnded,
    });
    return true;
  }
}

function unpadded(flags: number, payload: Buffer): Buffer | undefined {
  if ((flags & PADDED) === 0) return payload;
  const length = payload[0];
  if (length === undefined || length >= payload.length) return undefined;
  return payload.subarray(1, payload.length - length);
}

/** Whether a request is that of a stream: whole, or as long as its length says. */
export function mayBe(
  stream: ReadStream,
  { method, target, body }: { method: string; target: string; body: string },
): boolean {
  if (stream.method !== method || stream.target !== target) return false;
  if (stream.isEnded && stream.body === body) return true;
  return body.length === stream.length && stream.body.startsWith(body);
}
