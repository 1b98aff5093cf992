// HPACK for tests (RFC 7541): an encoder that writes whatever representation it is told to, and a decoder that forgives nothing.

/** A header field. */
export type Field = readonly [name: string, value: string];

/** RFC 7541 appendix A; the first entry has index 1. */
const STATIC: readonly Field[] = (
  ':authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|' +
  ':status=206|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|' +
  'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|' +
  'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|' +
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|' +
  'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|' +
  'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
)
  .split('|')
  .map((entry) => {
    const [name = '', value = ''] = entry.split('=');
    return [name, value];
  });

/** Lengths of the Huffman codes of the 256 bytes and EOS, one digit of base 36 each (RFC 7541 appendix B). */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq' +
  'u';

/** Codes as text of 0 and 1, by symbol; 256 is EOS. The code is canonical: ordered by length, then by symbol. */
const CODES: readonly string[] = codes();
const SYMBOLS: ReadonlyMap<string, number> = new Map(CODES.map((code, symbol) => [code, symbol]));

/** EOS, which may never stand in a string. */
export const EOS: string = CODES[256]!;

function codes(): string[] {
  const lengths = LENGTHS.split('').map((digit) => Number.parseInt(digit, 36));
  const order = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]!);
  const result: string[] = [];
  let code = 0;
  let length = lengths[order[0]!]!;
  for (const symbol of order) {
    code *= 2 ** (lengths[symbol]! - length);
    length = lengths[symbol]!;
    result[symbol] = code.toString(2).padStart(length, '0');
    code++;
  }
  return result;
}

/** An integer with a prefix of `bits` bits; `flags` are the bits before it (RFC 7541 5.1). */
export function integer(value: number, bits: number, flags = 0): Buffer {
  const limit = 2 ** bits - 1;
  if (value < limit) return Buffer.from([flags | value]);
  const bytes = [flags | limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** Bits as bytes; what is missing of the last byte is ones, as padding is. */
export function bits(text: string): Buffer {
  const whole = text.padEnd(Math.ceil(text.length / 8) * 8, '1');
  return Buffer.from((whole.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The Huffman code of a text, without padding. */
export function huffmanBits(text: string): string {
  return [...Buffer.from(text, 'latin1')].map((byte) => CODES[byte]).join('');
}

/** A string literal (RFC 7541 5.2). */
export function literalText(text: string, isHuffman = false): Buffer {
  const bytes = isHuffman ? bits(huffmanBits(text)) : Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, isHuffman ? 0x80 : 0), bytes]);
}

/** A field by its index (RFC 7541 6.1). */
export function indexed(index: number): Buffer {
  return integer(index, 7, 0x80);
}

/** Whether a literal goes into the dynamic table (RFC 7541 6.2). */
export type Indexing = 'indexed' | 'plain' | 'never';
const LITERALS = { indexed: [6, 0x40], plain: [4, 0], never: [4, 0x10] } as const;

/** A literal field; its name is a text, or the index of a field that has it. */
export function literal(
  name: string | number,
  value: string,
  indexing: Indexing = 'plain',
  isHuffman = false,
): Buffer {
  const [prefix, flags] = LITERALS[indexing];
  return Buffer.concat([
    integer(typeof name === 'number' ? name : 0, prefix, flags),
    typeof name === 'number' ? Buffer.alloc(0) : literalText(name, isHuffman),
    literalText(value, isHuffman),
  ]);
}

/** A change of the table's size (RFC 7541 6.3). */
export function tableSize(size: number): Buffer {
  return integer(size, 5, 0x20);
}

/** Reads header blocks, one after the other. */
export class HpackDecoder {
  #limit = 4096;
  /** The lowest limit since the last block: the next one has to begin by going down to it (RFC 7541 4.2). */
  #lowest = 4096;
  #maxSize = 4096;
  #size = 0;
  #table: Field[] = [];
  #at = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** What SETTINGS_HEADER_TABLE_SIZE allows from the next block on. */
  allow(size: number): void {
    this.#limit = size;
    this.#lowest = Math.min(this.#lowest, size);
  }

  /** Bytes in the dynamic table (RFC 7541 4.1). */
  get size(): number {
    return this.#size;
  }

  /** @throws Error when the block breaks a rule */
  decode(block: Buffer): Field[] {
    this.#bytes = block;
    this.#at = 0;
    const fields: Field[] = [];
    let isDue = this.#lowest < this.#maxSize;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      const isUpdate = (first & 0xe0) === 0x20;
      if (isDue && !isUpdate) throw new Error('a size update is missing');
      if ((first & 0x80) !== 0) fields.push(this.#entry(this.#integer(7)));
      else if ((first & 0xc0) === 0x40) {
        const field = this.#literal(6);
        this.#insert(field);
        fields.push(field);
      } else if (isUpdate) {
        if (fields.length > 0) throw new Error('a size update behind a field');
        const size = this.#integer(5);
        if (isDue && size > this.#lowest) throw new Error('a size update is too large');
        isDue = false;
        this.#resize(size);
      } else fields.push(this.#literal(4));
    }
    this.#lowest = this.#limit;
    return fields;
  }

  #literal(prefix: number): Field {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    return [name, this.#text()];
  }

  #entry(index: number): Field {
    const field = index <= 61 ? STATIC[index - 1] : this.#table[index - 62];
    if (field === undefined) throw new Error(`no field at index ${index}`);
    return field;
  }

  #insert(field: Field): void {
    const size = field[0].length + field[1].length + 32;
    this.#table.unshift(field);
    this.#size += size;
    this.#evict();
  }

  #resize(size: number): void {
    if (size > this.#limit) throw new Error(`a table of ${size} bytes, ${this.#limit} are allowed`);
    this.#maxSize = size;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#maxSize) {
      const [name, value] = this.#table.pop()!;
      this.#size -= name.length + value.length + 32;
    }
  }

  #integer(prefix: number): number {
    const limit = 2 ** prefix - 1;
    let value = this.#byte() & limit;
    if (value < limit) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      if (factor > 2 ** 28) throw new Error('an integer too large');
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('the block is cut off');
    return byte;
  }

  #text(): string {
    const isHuffman = (this.#bytes[this.#at]! & 0x80) !== 0;
    const length = this.#integer(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new Error('a string is cut off');
    this.#at += length;
    return isHuffman ? decodeHuffman(bytes) : bytes.toString('latin1');
  }
}

function decodeHuffman(bytes: Buffer): string {
  let code = '';
  let text = '';
  for (const byte of bytes) {
    for (const bit of byte.toString(2).padStart(8, '0')) {
      code += bit;
      const symbol = SYMBOLS.get(code);
      if (symbol === 256) throw new Error('EOS in a string');
      if (symbol !== undefined) {
        text += String.fromCharCode(symbol);
        code = '';
      }
    }
  }
  if (code.length > 7 || code.includes('0')) throw new Error('bad padding of a string');
  return text;
}
