// What one tcp connection did and how long each step took: kept only while an access log wants to know.
import type { ClientConnection, FrontendContext } from '../handler.js';

/** How far a connection had come when it ended: `request` its ClientHello was read, `body` bytes flowed both ways. */
export type ConnectionPhase = 'request' | 'queue' | 'connect' | 'body';

/** Who or what ended it. */
export type ConnectionEnd =
  | 'ok'
  | 'client-abort'
  | 'client-timeout'
  | 'member-fault'
  | 'member-timeout'
  | 'cut';

/** Told once, when a connection is over. */
export interface ConnectionSink {
  onEnd(trace: ConnectionTrace): void;
}

/** One connection. Times are monotonic ms, NaN = it never came to that. */
export class ConnectionTrace {
  readonly frontend: string;
  readonly client: ClientConnection;
  /** Unix ms at which it was served. */
  readonly at: number;
  readonly startMs: number;
  pool = '';
  /** The member that was tried last; '' = none. */
  member = '';
  /** Tries on members. */
  tries = 0;
  /** Whether another member than the first was tried. */
  isRedispatched = false;
  /** A member was lent. */
  leasedMs: number = Number.NaN;
  /** The connection to it stood. */
  connectedMs: number = Number.NaN;
  endMs: number = Number.NaN;
  /** From the client. */
  bytesIn = 0;
  /** To the client. */
  bytesOut = 0;
  phase: ConnectionPhase = 'request';
  end: ConnectionEnd = 'ok';
  /** Why it ended as it did, for people; '' = nothing to tell. */
  reason = '';
  readonly #context: FrontendContext;
  #sink: ConnectionSink | undefined;

  constructor(context: FrontendContext, client: ClientConnection, sink: ConnectionSink) {
    const { clock } = context.environment;
    this.frontend = context.name;
    this.client = client;
    this.at = clock.wallTime();
    this.startMs = clock.now();
    this.#context = context;
    this.#sink = sink;
  }

  /** A member was lent for another try. */
  onLease(member: string): void {
    if (this.member !== '' && this.member !== member) this.isRedispatched = true;
    this.member = member;
    this.tries++;
    this.phase = 'connect';
    this.leasedMs = this.#context.environment.clock.now();
  }

  onConnected(): void {
    this.phase = 'body';
    this.connectedMs = this.#context.environment.clock.now();
  }

  /** It is over; what is said later is not heard. */
  finish(end: ConnectionEnd, reason = ''): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#sink = undefined;
    this.end = end;
    this.reason = reason;
    this.endMs = this.#context.environment.clock.now();
    sink.onEnd(this);
  }
}
