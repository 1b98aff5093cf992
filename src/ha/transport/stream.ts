// One replication connection: both ends show that they know the secret, then messages go both ways.
import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { encodeFrame, FrameReader, type ReplicaMessage } from '../replication/frames.js';
import {
  type FrameSigner,
  NONCE_BYTES,
  PROOF_BYTES,
  SessionKeys,
  type StreamSide,
} from '../replication/session-keys.js';

/** How long the other end may take to show that it knows the secret, ms. */
const PATIENCE_MS = 3000;

/** What is told of a connection. */
export interface StreamListener {
  /** Both ends know the secret. */
  onOpen(stream: HaStream): void;
  onMessage(message: ReplicaMessage): void;
  /** There is room again after `send` said false. */
  onDrain(): void;
  /**
   * Once, whoever ended it.
   * @param wasOpen - `onOpen` was called before
   * @param isRefused - the other end did not show that it knows the secret, or sent what is none of its frames
   */
  onClose(wasOpen: boolean, isRefused: boolean): void;
}

/** What both ends know. */
export interface StreamSecrets {
  readonly secret: string;
  readonly id: number;
  /** Bytes that nobody can foresee. */
  readonly draw: (bytes: number) => Buffer;
}

/**
 * ```
 *   server: nonce                        (16)
 *   client: nonce, proof                 (16 + 32)
 *   server: proof                        (32)
 *   frames, each signed with a key of this connection and direction
 * ```
 */
export class HaStream {
  readonly #socket: Socket;
  readonly #side: StreamSide;
  readonly #secrets: StreamSecrets;
  readonly #listener: StreamListener;
  readonly #own: Buffer;
  #pending: Buffer = Buffer.alloc(0);
  #keys: SessionKeys | undefined;
  #signer: FrameSigner | undefined;
  #reader: FrameReader | undefined;
  #isRefused = false;

  constructor(
    socket: Socket,
    side: StreamSide,
    secrets: StreamSecrets,
    listener: StreamListener,
    clock: Clock,
  ) {
    this.#socket = socket;
    this.#side = side;
    this.#secrets = secrets;
    this.#listener = listener;
    this.#own = secrets.draw(NONCE_BYTES);
    socket.setNoDelay(true);
    const patience = clock.schedule(PATIENCE_MS, () => {
      if (this.#reader === undefined) this.#refuse();
    });
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('drain', () => listener.onDrain());
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      patience.cancel();
      listener.onClose(this.#reader !== undefined, this.#isRefused);
    });
    if (side === 'server') socket.write(this.#own);
  }

  /** Where the other end is. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  /** @returns false = the buffer is full */
  send(message: ReplicaMessage): boolean {
    if (this.#signer === undefined) return false;
    return this.#socket.write(encodeFrame(message, this.#signer));
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    try {
      if (this.#reader !== undefined) {
        for (const message of this.#reader.read(chunk)) this.#listener.onMessage(message);
        return;
      }
      this.#pending = Buffer.concat([this.#pending, chunk]);
      if (this.#side === 'server') this.#greetClient();
      else this.#greetServer();
    } catch {
      this.#refuse();
    }
  }

  #refuse(): void {
    this.#isRefused = true;
    this.#socket.destroy();
  }

  #greetClient(): void {
    if (this.#pending.length < NONCE_BYTES + PROOF_BYTES) return;
    const keys = this.#keysWith(this.#own, this.#take(NONCE_BYTES));
    if (!keys.isProof('client', this.#take(PROOF_BYTES))) throw new Error('wrong secret');
    this.#socket.write(keys.proof('server'));
    this.#open(keys);
  }

  #greetServer(): void {
    if (this.#keys === undefined) {
      if (this.#pending.length < NONCE_BYTES) return;
      this.#keys = this.#keysWith(this.#take(NONCE_BYTES), this.#own);
      this.#socket.write(Buffer.concat([this.#own, this.#keys.proof('client')]));
    }
    if (this.#pending.length < PROOF_BYTES) return;
    if (!this.#keys.isProof('server', this.#take(PROOF_BYTES))) throw new Error('wrong secret');
    this.#open(this.#keys);
  }

  #open(keys: SessionKeys): void {
    this.#signer = keys.signer(this.#side);
    this.#reader = new FrameReader(keys.signer(this.#side === 'server' ? 'client' : 'server'));
    this.#listener.onOpen(this);
    for (const message of this.#reader.read(this.#pending)) this.#listener.onMessage(message);
    this.#pending = Buffer.alloc(0);
  }

  #keysWith(server: Buffer, client: Buffer): SessionKeys {
    return new SessionKeys(this.#secrets.secret, this.#secrets.id, server, client);
  }

  #take(bytes: number): Buffer {
    const taken = Buffer.from(this.#pending.subarray(0, bytes));
    this.#pending = this.#pending.subarray(bytes);
    return taken;
  }
}
