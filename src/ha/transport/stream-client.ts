// A backup's connection to the active node: dialled while there is one, and dialled again when it breaks.
import net from 'node:net';
import { parseHostPort } from '../../core/address.js';
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { ReplicaSources } from '../replication/source.js';
import { HaStream, type StreamSecrets } from './stream.js';

/** Between two attempts, ms. */
const REDIAL_MS = 500;

/** What a client is told with. */
export interface StreamClientParts {
  readonly secrets: StreamSecrets;
  readonly sources: () => ReplicaSources;
  readonly clock: Clock;
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

  /** Keeps a connection to that peer, and to no other; undefined = to nobody. */
  follow(peer: string | undefined): void {
    if (peer === this.#peer) return;
    this.#peer = peer;
    this.#redial?.cancel();
    this.#redial = undefined;
    const before = this.#stream;
    this.#stream = undefined;
    this.#isOpen = false;
    this.isSynced = false;
    before?.close();
    if (peer !== undefined) this.#dial(peer);
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
          if (this.#stream === stream) this.#isOpen = true;
        },
        onMessage: (message) => {
          if (this.#stream !== stream || message.type === 'ack') return;
          if (message.type === 'synced') this.isSynced = true;
          else {
            const source = this.#parts.sources()[message.kind];
            for (const entry of message.entries) source?.apply(entry);
            this.received += message.entries.length;
          }
          stream.send({ type: 'ack', batch: message.batch });
        },
        onDrain: () => {},
        onClose: (wasOpen) => this.#onClose(stream, peer, wasOpen),
      },
      clock,
    );
    this.#stream = stream;
  }

  #onClose(stream: HaStream, peer: string, wasOpen: boolean): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#isOpen = false;
    this.isSynced = false;
    this.#redial = this.#parts.clock.schedule(REDIAL_MS, () => {
      if (this.#peer === peer && this.#stream === undefined) this.#dial(peer);
    });
    if (wasOpen) this.#parts.onLost(peer);
  }
}
