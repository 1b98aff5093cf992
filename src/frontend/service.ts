// What a frontend asks of its transport: streams (tcp, http) and datagrams (udp) answer the same questions.
import type { BoundAddress } from '../model/events.js';
import type { FrontendConfig } from '../spec/config.js';
import type { ServerTls } from '../tls/server-tls.js';
import type { PoolLookup } from './handler.js';

/** What an address is bound for: ports of the two have nothing to do with each other. */
export type Transport = 'tcp' | 'udp';

/** One bound address of a frontend. */
export interface Binding {
  readonly transport: Transport;
  /** The bind text it came from. */
  readonly text: string;
  /** What is really bound; several for a udp wildcard. */
  readonly addresses: readonly BoundAddress[];
  /** Whether it holds its address. */
  readonly isOpen: boolean;
  /** Takes no new clients; resolves when those it has are gone (at once where they live on without it). */
  stop(): Promise<void>;
  /** Frees the address now. */
  close(): void;
  /** Frees the address until `resume`, for somebody who needs a part of it. */
  suspend(): void;
  /** Binds again what it had, the port included; rejects with the system's error. */
  resume(): Promise<void>;
}

/** The transport half of a frontend. */
export interface Service {
  readonly transport: Transport;
  /** @throws EvenkeelError EK_BIND */
  open(text: string): Promise<Binding>;
  /** Whether a binding that another service has opened can be gone on with as it is. */
  canAdopt(binding: Binding): boolean;
  /** Goes on with a binding that `canAdopt` was true for: who comes from now on is served here. */
  adopt(binding: Binding): void;
  /** An address that was bound, or should be, can't be. */
  onBindFault(address: string, error: unknown): void;
  /**
   * Makes ready what serves with other settings; throws if it can't. The returned function switches to it and can't fail.
   */
  prepare(config: FrontendConfig, pools: PoolLookup): () => void;
  /** Its TLS; undefined = it has none. */
  readonly tls: ServerTls | undefined;
  /** Open client connections or sessions. */
  readonly active: number;
  /** Accepted but held unread. */
  readonly held: number;
  /** Most that may be open at once. */
  readonly maxConnections: number;
  /** Connections or sessions that have ended, since the start. */
  readonly ended: number;
  /** Tells every client connection that the frontend drains. */
  drain(): void;
  /** Resolves when nothing is open. */
  whenIdle(): Promise<void>;
  /** Ends what is open; returns how many that were. */
  cut(): number;
}
