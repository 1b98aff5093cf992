// A backup's connection to the active node: dialled while there is one, and dialled again when it breaks.
import net from 'node:net';
import { parseHostPort } from '../../core/address.js';
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import { applyBatch } from '../replication/batches.js';
import type { ReplicaMessage } from '../replication/frames.js';
import type { ReplicaSources } from '../replication/source.js';
import { HaStream, type StreamSecrets } from './stream.js';

/** Before the first attempt to connect again, ms; twice as long before each further one that fails, with up to a quarter more by chance. */
const REDIAL_MS = 250;
const LONGEST_REDIAL_MS = 5000;
/** What an active one sent before it gave the address away may still come for so long, ms. */
const LINGER_MS = 250;

/** What a client is told with. */
export interface StreamClientParts {
  readonly secrets: StreamSecrets;
  readonly sources: () => ReplicaSources;
  readonly clock: Clock;
  readonly random: Random;
  /** Own address, so that the active one knows who comes; '' = any. */
  readonly localAddress: string;
  /** A connection that was open is gone. */
  readonly onLost: (peer: string) => void;
}

/** Follows one node after the other. */
export class StreamClient {
  readonly #parts: StreamClientParts;
  #peer: string | undefined;
  #stream: HaStream | undefined;
  #redial: ClockTimer | undefined;
  #isOpen = false;
  /** Attempts in a row that came to nothing. */
  #failures = 0;
  /** Connections of one that was followed until now. */
  readonly #lingering: Map<HaStream, ClockTimer> = new Map();
  /** Connections that were given up as the other end does not know the secret. */
  refused = 0;
  /** Whether everything the active one has is here. */
  isSynced = false;
  /** Entries received since the start. */
  received = 0;

  constructor(parts: StreamClientParts) {
    this.#parts = parts;
  }

  /** Peer that it is connected to. */
  get connectedTo(): string | undefined {
    return this.#isOpen ? this.#peer : undefined;
  }

  /** Keeps a connection to that peer, and to no other; undefined = to nobody. What nobody sends any more may still come to its end. */
  follow(peer: string | undefined): void {
    if (peer === this.#peer) return;
    const before = this.#stream;
    this.#forget(peer);
    if (before === undefined) return;
    if (peer !== undefined) before.close();
    else {
      const timer = this.#parts.clock.schedule(LINGER_MS, () => before.close());
      this.#lingering.set(before, timer);
    }
  }

  close(): void {
    this.#stream?.close();
    for (const stream of this.#lingering.keys()) stream.close();
    this.#forget(undefined);
  }

  #forget(next: string | undefined): void {
    this.#peer = next;
    this.#redial?.cancel();
    this.#redial = undefined;
    this.#stream = undefined;
    this.#isOpen = false;
    this.isSynced = false;
    this.#failures = 0;
    if (next === undefined) return;
    for (const stream of this.#lingering.keys()) stream.close();
    this.#dial(next);
  }

  #dial(peer: string): void {
    const address = parseHostPort(peer);
    if (address === undefined) return;
    const { secrets, clock, localAddress } = this.#parts;
    const local = localAddress === '' ? {} : { localAddress };
    const socket = net.connect({ host: address.host, port: address.port, ...local });
    const stream = new HaStream(
      socket,
      'client',
      secrets,
      {
        onOpen: () => {
          if (this.#stream !== stream) return;
          this.#isOpen = true;
          this.#failures = 0;
        },
        onMessage: (message) => this.#onMessage(stream, message),
        onDrain: () => {},
        onClose: (wasOpen, isRefused) => {
          if (isRefused) this.refused++;
          this.#lingering.get(stream)?.cancel();
          this.#lingering.delete(stream);
          this.#onClose(stream, peer, wasOpen);
        },
      },
      clock,
    );
    this.#stream = stream;
  }

  #onMessage(stream: HaStream, message: ReplicaMessage): void {
    const isPresent = this.#stream === stream;
    if (message.type === 'ack' || !(isPresent || this.#lingering.has(stream))) return;
    if (message.type === 'entries') {
      applyBatch(this.#parts.sources(), message);
      this.received += message.entries.length;
    } else if (isPresent) this.isSynced = true;
    stream.send({ type: 'ack', batch: message.batch });
  }

  #onClose(stream: HaStream, peer: string, wasOpen: boolean): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#isOpen = false;
    this.isSynced = false;
    const { clock, random } = this.#parts;
    const delayMs = Math.min(LONGEST_REDIAL_MS, REDIAL_MS * 2 ** this.#failures);
    this.#failures++;
    this.#redial = clock.schedule(delayMs * (1 + random.next() / 4), () => {
      if (this.#peer === peer && this.#stream === undefined) this.#dial(peer);
    });
    if (wasOpen) this.#parts.onLost(peer);
  }
}
