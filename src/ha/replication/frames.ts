// Messages of a replication connection as signed frames. Bytes in, values out.
import { timingSafeEqual } from 'node:crypto';
import { type FrameSigner, MAC_BYTES } from './session-keys.js';
import type { ReplicaEntry, ReplicaKind } from './source.js';

/** What is said on a connection. */
export type ReplicaMessage =
  /** From the active one; `batch` counts up. */
  | {
      readonly type: 'entries';
      readonly batch: number;
      readonly kind: ReplicaKind;
      readonly entries: readonly ReplicaEntry[];
    }
  /** From the active one: all that there was has been sent. */
  | { readonly type: 'synced'; readonly batch: number }
  /** From the other one: everything up to this batch is in force. */
  | { readonly type: 'ack'; readonly batch: number };

/** Longest frame: several times what a batch of the longest keys takes. */
const MAX_FRAME = 4 * 1024 * 1024;

/** `length (4) | JSON | HMAC (16)`; the length is that of the JSON. */
export function encodeFrame(message: ReplicaMessage, signer: FrameSigner): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(json.length);
  return Buffer.concat([head, json, signer.next(json)]);
}

/** Cuts a stream of bytes into messages. */
export class FrameReader {
  readonly #signer: FrameSigner;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(signer: FrameSigner) {
    this.#signer = signer;
  }

  /** @throws Error when the bytes are no frames of the other side */
  *read(chunk: Buffer): Generator<ReplicaMessage, void, undefined> {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32BE(0);
      if (length > MAX_FRAME) throw new Error(`a frame of ${length} bytes`);
      const end = 4 + length + MAC_BYTES;
      if (this.#bytes.length < end) return;
      const json = this.#bytes.subarray(4, 4 + length);
      const mac = this.#bytes.subarray(4 + length, end);
      if (!timingSafeEqual(mac, this.#signer.next(json))) throw new Error('a forged frame');
      this.#bytes = this.#bytes.subarray(end);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- signed by a node that knows the secret
      yield JSON.parse(json.toString('utf8')) as ReplicaMessage;
    }
  }
}
