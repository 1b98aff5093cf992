// Between a listener and a protocol: what an admitted connection is, and what serves it.
import type { Emitter } from '../core/emitter.js';
import type { Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import type { TimerWheel } from '../core/timer-wheel.js';
import type { BalancerEvents } from '../model/events.js';
import type { FrontendTotals } from '../model/status.js';
import { AnswerCounter } from '../model/totals.js';
import type { Pool } from '../pool/pool.js';
import type { ByteSocket } from '../upstream/byte-socket.js';
import type { ReaderSlot, SocketReader } from '../upstream/socket-reader.js';
import type { AccessLogTarget } from './access-log/log-writer.js';
import type { LimiterShelf } from './limits/limiter-shelf.js';

/** Counters of one frontend; they outlive every handler switch. See `FrontendTotals`. */
export class FrontendCounters {
  connections = 0;
  requests = 0;
  rejected = 0;
  limited = 0;
  delayed = 0;
  failed = 0;
  malformed = 0;
  denied = 0;
  intercepted = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** TLS handshakes that did not come to an end. */
  handshakesFailed = 0;
  /** Lines that the access log has lost. */
  unlogged = 0;
  readonly answers: AnswerCounter = new AnswerCounter();

  /** Counts a request that a fixed rule answers. */
  countRuling(status: number): void {
    if (status === 400) this.malformed++;
    else if (status >= 400) this.denied++;
    else this.intercepted++;
  }

  /** Counts a request that a rule of the spec answers or, if it `denies`, turns away. */
  countVerdict(denies: boolean): void {
    if (denies) this.denied++;
    else this.intercepted++;
  }

  /** The counters at this moment, frozen. */
  snapshot(): FrontendTotals {
    return Object.freeze(Object.assign({}, this, { answers: this.answers.snapshot() }));
  }
}

/** What every handler of one frontend shares. */
export interface FrontendContext {
  readonly name: string;
  /** Name of the balancer it belongs to; '' = it runs alone. */
  readonly balancer: string;
  readonly environment: Environment;
  readonly wheel: TimerWheel;
  readonly events: Emitter<BalancerEvents>;
  readonly counters: FrontendCounters;
  /** Open client connections or sessions. */
  readonly active: () => number;
  /** Where lines of the access log go. @defaultValue standard output */
  readonly accessLog: AccessLogTarget | undefined;
  /** Rate limiters of its settings, which a reload goes on with. */
  readonly limiters: LimiterShelf;
  /** Requests that wait for the verdict of a rule: they come to a pool by the settings that they were asked under. */
  readonly judged: Set<object>;
}

/** Finds the pools that a frontend's `pool` and `routes` name. */
export type PoolLookup = (name: string) => Pool | undefined;

/** @throws EvenkeelError EK_UNKNOWN_NAME when it does not exist */
export function findPool(frontend: string, pools: PoolLookup, name: string): Pool {
  const pool = pools(name);
  if (pool !== undefined) return pool;
  throw new EvenkeelError('EK_UNKNOWN_NAME', `frontend "${frontend}": no pool is named "${name}"`, {
    side: 'client',
  });
}

/** What TLS told of a client. */
export interface TlsFacts {
  /** The name that the client asked for (SNI), lower case; '' = none. */
  readonly serverName: string;
  /** `TLSv1.3`. */
  readonly version: string;
  /** `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The protocol agreed on by ALPN: `h2`, `http/1.1`, '' = none. */
  readonly protocol: string;
  /** Subject of the client's certificate when it was verified: `CN=robot,O=Example`; '' = none. */
  readonly clientSubject: string;
}

/** An admitted client connection. Its addresses are those of the PROXY header where one was accepted. */
export interface ClientConnection {
  readonly socket: ByteSocket;
  readonly slot: ReaderSlot;
  /** Client address and port, IPv4-mapped addresses unmapped. */
  readonly source: string;
  readonly sourcePort: number;
  /** The address and port the client asked for. */
  readonly destination: string;
  readonly destinationPort: number;
  /** False: it has ended, and counts among the open connections no more. */
  readonly hasPlace?: boolean;
  /** undefined = in the clear. */
  readonly tls?: TlsFacts | undefined;
}

/** What a handler made of one connection: it gets the bytes, and is told when the frontend drains. */
export interface ServedConnection extends SocketReader {
  /** True: the handler calls `startReading` itself, when it has somewhere to put the bytes. */
  readonly readsLater?: boolean;
  /** The frontend drains: an idle connection closes at once, a busy one after its answer; tunnels go on to the deadline. */
  drain(): void;
}

/** Serves the connections of a frontend with one version of its settings. */
export interface ConnectionHandler {
  /** The buffer that the first bytes of a new connection are read into. */
  firstBuffer(): Buffer;
  /**
   * Takes an admitted connection over; what it returns gets every byte of the payload from now on.
   * The listener sets `slot.reader`, starts the reading, and counts the connection out on the socket's 'close'.
   */
  serve(connection: ClientConnection): ServedConnection;
}

/** A frontend's present handler: hot reload is one assignment. New connections, and the next request on a kept one, use it. */
export interface HandlerSwitch<Handler extends ConnectionHandler = ConnectionHandler> {
  current: Handler;
}
