// How the two ends of a replication connection show that they know the secret, and sign what they send. No I/O.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of what each side draws. */
export const NONCE_BYTES = 16;
/** Bytes of a proof. */
export const PROOF_BYTES = 32;
/** Bytes of the signature of a frame. */
export const MAC_BYTES = 16;

/** The side that listens, or the one that dialled. */
export type StreamSide = 'server' | 'client';

/** Keys of one connection: nothing signed for another one, or for the other direction, fits. */
export class SessionKeys {
  readonly #root: Buffer;
  readonly #nonces: Buffer;

  /** @param id - of the pair @param server - its nonce @param client - its nonce */
  constructor(secret: string, id: number, server: Buffer, client: Buffer) {
    this.#root = createHmac('sha256', secret).update('evenkeel ha stream 1').digest();
    this.#nonces = Buffer.concat([Buffer.from([id]), server, client]);
  }

  /** Shows the other side that this side knows the secret. */
  proof(side: StreamSide): Buffer {
    return createHmac('sha256', this.#root).update(`proof ${side}`).update(this.#nonces).digest();
  }

  isProof(side: StreamSide, bytes: Buffer): boolean {
    return bytes.length === PROOF_BYTES && timingSafeEqual(bytes, this.proof(side));
  }

  /** What `side` signs its frames with. */
  signer(side: StreamSide): FrameSigner {
    const key = createHmac('sha256', this.#root).update(`frames ${side}`).update(this.#nonces);
    return new FrameSigner(key.digest());
  }
}

/** Signs the frames of one direction in their order: none can be left out, repeated or moved. */
export class FrameSigner {
  readonly #key: Buffer;
  #count = 0n;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** The signature of the next frame. */
  next(frame: Buffer): Buffer {
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(this.#count++);
    const mac = createHmac('sha256', this.#key).update(count).update(frame).digest();
    return mac.subarray(0, MAC_BYTES);
  }
}
