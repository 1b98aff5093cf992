// Messages of a replication connection as signed frames. Bytes in, values out.
import { timingSafeEqual } from 'node:crypto';
import type { Batch, SentEntry } from './batches.js';
import { type FrameSigner, MAC_BYTES } from './session-keys.js';

/** What is said on a connection. */
export type ReplicaMessage =
  /** From the active one; `batch` counts up. */
  | ({
      readonly type: 'entries';
      readonly batch: number;
    } & Batch)
  /** From the active one: all that there was has been sent. */
  | { readonly type: 'synced'; readonly batch: number }
  /** From the other one: everything up to this batch is in force. */
  | { readonly type: 'ack'; readonly batch: number };

/** Longest text of a frame, bytes: several times what a batch of the longest keys takes. */
export const MAX_FRAME: number = 1024 * 1024;

/**
 * `length (4) | JSON | HMAC (16)`; the length is that of the JSON. What is too long for one frame becomes several;
 * an entry that is too long by itself is left out.
 */
export function encodeFrame(message: ReplicaMessage, signer: FrameSigner): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  if (json.length > MAX_FRAME) {
    const entries = message.type === 'entries' ? message.entries : [];
    const parts: readonly (readonly SentEntry[])[] = entries.length < 2 ? [[]] : halves(entries);
    return Buffer.concat(
      parts.map((part) => encodeFrame({ ...message, entries: part } as ReplicaMessage, signer)),
    );
  }
  const head = Buffer.alloc(4);
  head.writeUInt32BE(json.length);
  return Buffer.concat([head, json, signer.next(json)]);
}

function halves<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = items.length >>> 1;
  return [items.slice(0, middle), items.slice(middle)];
}

/** Cuts a stream of bytes into messages. */
export class FrameReader {
  readonly #signer: FrameSigner;
  /** What came of a frame that is not whole, at most one frame and what came with its end. */
  #parts: Buffer[] = [];
  #length = 0;
  /** Bytes without which nothing can be read. */
  #needed = 4;

  constructor(signer: FrameSigner) {
    this.#signer = signer;
  }

  /** @throws Error when the bytes are no frames of the other side */
  *read(chunk: Buffer): Generator<ReplicaMessage, void, undefined> {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    let bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    this.#needed = 4;
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0);
      if (length > MAX_FRAME) throw new Error(`a frame of ${length} bytes`);
      const end = 4 + length + MAC_BYTES;
      if (bytes.length < end) {
        this.#needed = end;
        break;
      }
      const json = bytes.subarray(4, 4 + length);
      const mac = bytes.subarray(4 + length, end);
      if (!timingSafeEqual(mac, this.#signer.next(json))) throw new Error('a forged frame');
      bytes = bytes.subarray(end);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- signed by a node that knows the secret
      yield JSON.parse(json.toString('utf8')) as ReplicaMessage;
    }
    this.#parts = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
  }
}
