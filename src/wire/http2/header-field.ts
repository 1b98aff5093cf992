// One header field as it came: what was found out about it is kept with it, for the next request that points to it.

/** What is done with a field of a request, by its name; `unread` = nobody has looked. */
export type FieldKind = 'unread' | 'plain' | 'special' | 'pseudo' | 'bad-name' | 'bad-value';

/** What a table of HPACK counts for a field besides its text (RFC 7541 4.1). */
const OVERHEAD_BYTES = 32;

/** A field of a header block, or an entry of a table. */
export class HeaderField {
  readonly name: string;
  readonly value: string;
  kind: FieldKind = 'unread';
  /** Of a plain field: `name: value\r\n`. */
  line = '';

  /** @param name - one character per byte, as is `value` */
  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
  }

  /** Bytes that it counts in a table and in a list of fields. */
  get size(): number {
    return this.name.length + this.value.length + OVERHEAD_BYTES;
  }
}
