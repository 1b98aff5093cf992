// What a frontend asks of its transport: streams (tcp, http) and datagrams (udp) answer the same questions.
import type { BoundAddress } from '../model/events.js';
import type { FrontendConfig } from '../spec/config.js';
import type { PoolLookup } from './handler.js';

/** One bound address of a frontend. */
export interface Binding {
  /** The bind text it came from. */
  readonly text: string;
  /** What is really bound; several for a udp wildcard. */
  readonly addresses: readonly BoundAddress[];
  /** Takes no new clients; resolves when those it has are gone (at once where they live on without it). */
  stop(): Promise<void>;
  /** Frees the address now. */
  close(): void;
}

/** The transport half of a frontend. */
export interface Service {
  /** @throws EvenkeelError EK_BIND */
  open(text: string): Promise<Binding>;
  /**
   * Makes ready what serves with other settings; throws if it can't. The returned function switches to it and can't fail.
   */
  prepare(config: FrontendConfig, pools: PoolLookup): () => void;
  /** Open client connections or sessions. */
  readonly active: number;
  /** Accepted but held unread. */
  readonly held: number;
  /** Connections or sessions that have ended, since the start. */
  readonly ended: number;
  /** Tells every client connection that the frontend drains. */
  drain(): void;
  /** Resolves when nothing is open. */
  whenIdle(): Promise<void>;
  /** Ends what is open; returns how many that were. */
  cut(): number;
}
