// Reads header blocks of HTTP/2 (HPACK, RFC 7541).
import { HeaderField } from './header-field.js';
import { decodeHuffman, MAX_EXPANSION } from './huffman.js';
import { STATIC_COUNT, STATIC_FIELDS } from './static-table.js';

/** Size of the dynamic table that the peer may fill, bytes: what HTTP/2 begins with (RFC 9113 6.5.2). */
export const TABLE_BYTES = 4096;
/** Longest block that is read. */
export const MAX_BLOCK_BYTES = 65_536;

/** How the reading of a block ended: `too-large` = its fields were counted, and left out. */
export type BlockResult = 'read' | 'too-large' | 'malformed';

/** What of a block is kept. */
export interface FieldLimits {
  /** Bytes of all names and values, and 32 for each field. */
  readonly bytes: number;
  readonly fields: number;
}

/** Texts in the Huffman code are read into this. */
const text: Buffer = Buffer.allocUnsafeSlow(Math.ceil(MAX_BLOCK_BYTES * MAX_EXPANSION) + 1);

/** Lengths and indexes beyond this are refused: no block is so long. */
const MAX_INTEGER_BYTES = 4;

/** Reads the blocks of one connection, all of them and in order: each may change the table that the next ones point to. */
export class HpackDecoder {
  /** The fields of the last block. */
  readonly fields: HeaderField[] = [];
  /** The dynamic table: the newest entry is the last one. */
  readonly #entries: HeaderField[] = [];
  /** Entries at the beginning of `#entries` that are gone. */
  #gone = 0;
  #size = 0;
  #maxSize: number = TABLE_BYTES;
  // The block that is read.
  #bytes: Buffer = text;
  #at = 0;
  #end = 0;
  #isMalformed = false;
  #listBytes = 0;

  /** Reads `bytes[from..to)`, a whole block of at most {@link MAX_BLOCK_BYTES}, into {@link fields}. */
  decode(bytes: Buffer, from: number, to: number, limits: FieldLimits): BlockResult {
    const { fields } = this;
    fields.length = 0;
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#isMalformed = to - from > MAX_BLOCK_BYTES;
    this.#listBytes = 0;
    let count = 0;
    let mayResize = true;
    while (this.#at < to && !this.#isMalformed) {
      const first = bytes[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) return 'malformed';
        this.#resize(this.#integer(31));
        continue;
      }
      mayResize = false;
      const field = this.#field(first);
      if (field === undefined) break;
      count++;
      this.#listBytes += field.size;
      if (this.#listBytes <= limits.bytes && count <= limits.fields) fields.push(field);
    }
    this.#bytes = text;
    if (this.#isMalformed) return 'malformed';
    return fields.length < count ? 'too-large' : 'read';
  }

  /** One field by its representation (RFC 7541 6); undefined = malformed. */
  #field(first: number): HeaderField | undefined {
    if ((first & 0x80) !== 0) return this.#entry(this.#integer(127));
    const isKept = (first & 0x40) !== 0;
    const index = this.#integer(isKept ? 63 : 15);
    if (this.#isMalformed) return undefined;
    const name = index === 0 ? this.#string() : this.#entry(index)?.name;
    if (name === undefined) return undefined;
    const value = this.#string();
    if (value === undefined) return undefined;
    const field = new HeaderField(name, value);
    if (isKept) this.#keep(field);
    return field;
  }

  #entry(index: number): HeaderField | undefined {
    const entries = this.#entries;
    const at = entries.length - (index - STATIC_COUNT);
    const field =
      index <= STATIC_COUNT ? STATIC_FIELDS[index] : at < this.#gone ? undefined : entries[at];
    if (field === undefined) this.#isMalformed = true;
    return field;
  }

  /** An integer whose first bits are those of `mask` (RFC 7541 5.1). */
  #integer(mask: number): number {
    const bytes = this.#bytes;
    let value = bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let i = 0; i < MAX_INTEGER_BYTES; i++) {
      if (this.#at >= this.#end) break;
      const byte = bytes[this.#at++]!;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    this.#isMalformed = true;
    return 0;
  }

  #string(): string | undefined {
    if (this.#at >= this.#end) {
      this.#isMalformed = true;
      return undefined;
    }
    const isHuffman = (this.#bytes[this.#at]! & 0x80) !== 0;
    const length = this.#integer(127);
    const from = this.#at;
    const to = from + length;
    if (this.#isMalformed || to > this.#end) {
      this.#isMalformed = true;
      return undefined;
    }
    this.#at = to;
    if (!isHuffman) return this.#bytes.toString('latin1', from, to);
    const decoded = decodeHuffman(this.#bytes, from, to, text);
    if (decoded < 0) {
      this.#isMalformed = true;
      return undefined;
    }
    return text.toString('latin1', 0, decoded);
  }

  #resize(size: number): void {
    if (size > TABLE_BYTES) this.#isMalformed = true;
    else {
      this.#maxSize = size;
      this.#evict();
    }
  }

  #keep(field: HeaderField): void {
    this.#entries.push(field);
    this.#size += field.size;
    this.#evict();
  }

  /** A field that is larger than the table empties it (RFC 7541 4.4). */
  #evict(): void {
    const entries = this.#entries;
    while (this.#size > this.#maxSize) {
      this.#size -= entries[this.#gone]!.size;
      this.#gone++;
    }
    // What is gone is taken out now and then: each time would move all others.
    if (this.#gone >= 64 || this.#gone === entries.length) {
      entries.splice(0, this.#gone);
      this.#gone = 0;
    }
  }
}
