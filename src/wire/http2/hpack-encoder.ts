// Writes header blocks of HTTP/2 (HPACK, RFC 7541) out of the lines of HTTP/1.1 heads.
import { fieldName, fieldValue } from './field-line.js';
import { STATIC_COUNT, STATIC_NAMES } from './static-table.js';

/** Largest table that is kept, bytes, whatever the peer would take. */
const TABLE_BYTES = 4096;
const OVERHEAD_BYTES = 32;
/** Bytes that a line may grow by: what stands before its name and its value. */
const GROWTH = 16;

/** First bits of a field's representation (RFC 7541 6), and how many values its first byte has for the index. */
const INDEXED = 0x80;
const INDEXED_MASK = 0x7f;
const KEPT = 0x40;
const KEPT_MASK = 0x3f;
const NOT_KEPT = 0x00;
const NEVER_KEPT = 0x10;
const SHORT_MASK = 0x0f;
const RESIZE = 0x20;
const RESIZE_MASK = 0x1f;

/** Fields whose values hardly ever come again. */
const FICKLE: ReadonlySet<string> = new Set(
  'age content-length content-range etag last-modified location'.split(' '),
);
/** Secrets: not to be guessed by what compresses well (RFC 7541 7.1.3). */
const SECRET: ReadonlySet<string> = new Set(['set-cookie', 'authorization', 'proxy-authenticate']);

/** After so many values of a name that did not come again most further ones are not kept. */
const PATIENCE = 4;
const TRY_EVERY = 32;
/** Names of one connection that are watched. */
const MAX_NAMES = 128;

const STATUSES: ReadonlyMap<number, number> = new Map([
  [200, 8],
  [204, 9],
  [206, 10],
  [304, 11],
  [400, 12],
  [404, 13],
  [500, 14],
]);
const STATUS_INDEX = 8;

/** An entry of the dynamic table. */
interface Entry {
  /** The line that it stands for. */
  readonly line: string;
  readonly name: NameWatch;
  readonly size: number;
  /** How many were put in up to it. */
  readonly number: number;
}

/** What is known of a name. */
interface NameWatch {
  readonly name: string;
  /** Values in a row that were kept and did not come again, or would have been kept. */
  misses: number;
  /** The number of its newest entry; 0 = it has none. */
  newest: number;
  readonly isFickle: boolean;
  readonly isSecret: boolean;
  /** Index in the static table; 0 = it is not there. */
  readonly index: number;
}

/** Room for the block of a head of `textBytes`. Each line ends in two bytes, so that it has four at least. */
export function blockRoom(textBytes: number): number {
  return textBytes + Math.ceil(textBytes / 4) * GROWTH + 64;
}

/** Writes the blocks of one connection, all of them and in order. */
export class HpackEncoder {
  readonly #lines: Map<string, Entry> = new Map();
  readonly #names: Map<string, NameWatch> = new Map();
  readonly #entries: Entry[] = [];
  #gone = 0;
  #count = 0;
  #size = 0;
  #maxSize: number = TABLE_BYTES;
  /** The smallest size since the last block, if the peer is to be told; -1 = there is nothing to tell. */
  #smallest = -1;
  #out: Buffer = NOTHING;
  #at = 0;

  /** The peer takes a table of so many bytes at most. */
  resize(bytes: number): void {
    const size = Math.min(bytes, TABLE_BYTES);
    if (size === this.#maxSize) return;
    this.#maxSize = size;
    this.#smallest = this.#smallest < 0 ? size : Math.min(this.#smallest, size);
    this.#evict(size);
  }

  /**
   * Writes the block of an answer to the beginning of `out`, which has {@link blockRoom}: how long it is.
   * @param text - `HTTP/1.1 200 OK\r\nServer: x\r\n\r\n`, parsed before
   */
  encodeAnswer(text: string, status: number, out: Buffer): number {
    this.#begin(out);
    const index = STATUSES.get(status);
    if (index !== undefined) this.#integer(INDEXED, INDEXED_MASK, index);
    else {
      this.#integer(NOT_KEPT, SHORT_MASK, STATUS_INDEX);
      this.#string(String(status));
    }
    return this.#linesFrom(text, text.indexOf('\r\n') + 2);
  }

  /** The same of lines such as `grpc-status: 0\r\n`. */
  encodeLines(text: string, out: Buffer): number {
    this.#begin(out);
    return this.#linesFrom(text, 0);
  }

  #begin(out: Buffer): void {
    this.#out = out;
    this.#at = 0;
    if (this.#smallest < 0) return;
    if (this.#smallest < this.#maxSize) this.#integer(RESIZE, RESIZE_MASK, this.#smallest);
    this.#integer(RESIZE, RESIZE_MASK, this.#maxSize);
    this.#smallest = -1;
  }

  #linesFrom(text: string, from: number): number {
    for (let at = from; at < text.length; ) {
      const end = text.indexOf('\r\n', at);
      if (end <= at) break;
      this.#line(text.slice(at, end));
      at = end + 2;
    }
    this.#out = NOTHING;
    return this.#at;
  }

  #line(line: string): void {
    const known = this.#lines.get(line);
    if (known !== undefined) {
      known.name.misses = 0;
      this.#integer(INDEXED, INDEXED_MASK, this.#indexOf(known.number));
      return;
    }
    const colon = line.indexOf(':');
    const name = fieldName(line.slice(0, colon));
    if (name !== '') this.#field(line, this.#watch(name), fieldValue(line, colon + 1, line.length));
  }

  #field(line: string, watch: NameWatch, value: string): void {
    const size = watch.name.length + value.length + OVERHEAD_BYTES;
    const isKept = size <= this.#maxSize / 4 && mayComeAgain(watch);
    const index = this.#nameIndex(watch);
    if (isKept) this.#integer(KEPT, KEPT_MASK, index);
    else this.#integer(watch.isSecret ? NEVER_KEPT : NOT_KEPT, SHORT_MASK, index);
    if (index === 0) this.#string(watch.name);
    this.#string(value);
    if (isKept) this.#keep(line, watch, size);
  }

  #nameIndex(watch: NameWatch): number {
    if (watch.index > 0) return watch.index;
    const present = this.#entries.length - this.#gone;
    return watch.newest > this.#count - present ? this.#indexOf(watch.newest) : 0;
  }

  #indexOf(number: number): number {
    return STATIC_COUNT + 1 + this.#count - number;
  }

  #watch(name: string): NameWatch {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const watch = {
      name,
      misses: 0,
      newest: 0,
      isFickle: FICKLE.has(name),
      isSecret: SECRET.has(name),
      index: STATIC_NAMES.get(name) ?? 0,
    };
    if (this.#names.size < MAX_NAMES) this.#names.set(name, watch);
    return watch;
  }

  #keep(line: string, name: NameWatch, size: number): void {
    // A copy: a slice would keep the whole head alive.
    const own = Buffer.from(line, 'latin1').toString('latin1');
    const number = ++this.#count;
    const entry = { line: own, name, size, number };
    name.newest = number;
    this.#entries.push(entry);
    this.#lines.set(own, entry);
    this.#size += size;
    this.#evict(this.#maxSize);
  }

  #evict(maxSize: number): void {
    const entries = this.#entries;
    while (this.#size > maxSize) {
      const { line, size, number } = entries[this.#gone]!;
      if (this.#lines.get(line)?.number === number) this.#lines.delete(line);
      this.#size -= size;
      this.#gone++;
    }
    if (this.#gone >= 64 || this.#gone === entries.length) {
      entries.splice(0, this.#gone);
      this.#gone = 0;
    }
  }

  #string(value: string): void {
    this.#integer(0, INDEXED_MASK, value.length);
    this.#at += this.#out.write(value, this.#at, 'latin1');
  }

  /** An integer behind the bits `first` (RFC 7541 5.1). */
  #integer(first: number, mask: number, value: number): void {
    const out = this.#out;
    if (value < mask) {
      out[this.#at++] = first | value;
      return;
    }
    out[this.#at++] = first | mask;
    let rest = value - mask;
    while (rest > 127) {
      out[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    out[this.#at++] = rest;
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Whether a new value of that name is worth a place in the table. */
function mayComeAgain(watch: NameWatch): boolean {
  if (watch.isFickle || watch.isSecret) return false;
  watch.misses++;
  return watch.misses <= PATIENCE || watch.misses % TRY_EVERY === 0;
}
