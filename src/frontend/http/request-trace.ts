// What one request did and how long each step took: kept only while an access log or a listener wants to know.
import type { Member } from '../../model/member.js';
import type { Outcome } from '../../model/outcome.js';
import type { RequestReport, TraceEnd, TracePhase } from '../../model/request-report.js';
import type { ClientConnection, FrontendContext } from '../handler.js';
import type { Decision } from './policy/decision.js';
import { type HeaderLine } from './policy/head-changes.js';
import type { RequestView } from './policy/request-view.js';
import { headerList } from './request-text.js';
import { checkToldHeader } from './told-headers.js';
import { TryTrace } from './try-trace.js';

export type { TraceEnd, TracePhase } from '../../model/request-report.js';

const NO_TRIES: readonly TryTrace[] = Object.freeze([]);

/** One request, from its first byte to the end of its answer. Times are monotonic ms, NaN = it never came to that. */
export class RequestTrace implements RequestReport {
  readonly balancer: string;
  readonly frontend: string;
  readonly client: ClientConnection;
  /** Unix ms at which the head was whole. */
  readonly at: number;
  /** The head was whole, or refused. */
  readonly startMs: number;
  method = '';
  authority = '';
  /** Path and query as they came. */
  target = '';
  version: '1.0' | '1.1' | '2' = '1.1';
  /** Headers of the request as it came, as text; '' for a request that could not be read. */
  head = '';
  route = '';
  pool = '';
  /** The member that was tried last; '' = none. */
  member = '';
  requestId = '';
  /** Tries on members. */
  tries = 0;
  /** Whether another member than the first was tried. */
  isRedispatched = false;
  /** A member was asked for: what came before is the time of the policy. */
  queuedMs: number = Number.NaN;
  /** A member was lent: the wait in the queue is over. */
  leasedMs: number = Number.NaN;
  /** The connection to the last member stood (at once for one that was reused). */
  connectedMs: number = Number.NaN;
  /** The head of its answer was there. */
  answeredMs: number = Number.NaN;
  endMs: number = Number.NaN;
  /** Status that the client got; 0 = none. */
  status = 0;
  /** Bytes written to the client, head included. */
  bytesOut = 0;
  /** Body bytes read from the client. */
  bytesIn = 0;
  phase: TracePhase = 'request';
  end: TraceEnd = 'ok';
  /** Why it ended as it did, for people; '' when a member answered. */
  reason = '';
  attempts: readonly TryTrace[] = NO_TRIES;

  readonly #sink: TraceSink;
  /** Headers for members, from whoever heard of the start. */
  #headers: HeaderLine[] | undefined = undefined;

  /** Begins a trace, and tells `sink` of it. */
  constructor(context: FrontendContext, request: TracedRequest, sink: TraceSink) {
    const { clock } = context.environment;
    this.balancer = context.balancer;
    this.frontend = context.name;
    this.client = request.client;
    this.at = clock.wallTime();
    this.startMs = clock.now();
    this.head = request.received;
    this.method = request.method;
    this.authority = request.authority;
    this.target = request.target;
    this.version = request.version;
    this.#sink = sink;
    sink.onStart(this);
  }

  header(name: string): string | undefined {
    return this.head === '' ? undefined : headerList(this.head, name);
  }

  setHeader(name: string, value: string): void {
    checkToldHeader(name, value);
    this.#headers ??= [];
    this.#headers.push({ name, value });
  }

  /** Whether members get headers that the rules know nothing of. */
  get hasHeaders(): boolean {
    return this.#headers !== undefined;
  }

  /** Notes those headers with what the rules have decided. */
  addHeadersTo({ request }: Decision): void {
    for (const { name, value } of this.#headers ?? []) request.set(name, value);
  }

  // --- tries on members

  /** A member was lent for try `number`. */
  onLease(member: Member, number: number, nowMs: number): void {
    if (this.member !== '' && this.member !== member.name) this.isRedispatched = true;
    this.member = member.name;
    this.tries = number;
    this.phase = 'connect';
    this.leasedMs = nowMs;
    if (!this.#sink.hearsTries) return;
    const attempt = new TryTrace(this, member, nowMs);
    this.attempts = [...this.attempts, attempt];
    this.#sink.onTry(attempt);
  }

  /** The request goes to the member: the text that it gets. */
  onSend(text: string, isReused: boolean, nowMs: number): string {
    this.phase = 'head';
    this.connectedMs = nowMs;
    const attempt = this.attempts.at(-1);
    if (attempt === undefined) return text;
    attempt.connectedMs = nowMs;
    attempt.isReused = isReused;
    return attempt.edit(text);
  }

  /** The head of the answer is there, and goes to the client. */
  onAnswerHead(status: number, nowMs: number): void {
    this.phase = 'body';
    this.status = status;
    this.answeredMs = nowMs;
    const attempt = this.attempts.at(-1);
    if (attempt === undefined) return;
    attempt.answeredMs = nowMs;
    attempt.status = status;
  }

  /** The member was given back. */
  onTryEnd(outcome: Outcome, status: number, nowMs: number): void {
    this.attempts.at(-1)?.finish(outcome, status, nowMs);
  }

  // --- the end

  /** The balancer answers by itself: `bytes` with the head. */
  onAnswered(status: number, bytes: number, reason: string): void {
    this.status = status;
    this.bytesOut += bytes;
    this.reason = reason;
    if (this.end === 'ok') this.end = 'answered';
  }

  /** It is over: a fault that was noted before stands. */
  finish(end: TraceEnd, reason: string, nowMs: number): void {
    if (this.end === 'ok') this.end = end;
    if (reason !== '') this.reason = reason;
    if (this.end === 'ok') this.phase = 'done';
    this.endMs = nowMs;
    // A tunnel ends with its request.
    this.onTryEnd(this.end === 'ok' ? 'ok' : 'aborted', 0, nowMs);
    this.#sink.onEnd(this);
  }
}

/** What a trace begins with. */
export type TracedRequest = Pick<
  RequestView,
  'client' | 'method' | 'authority' | 'target' | 'version'
> & { readonly received: string };

/** Who wants to know of requests. */
export interface TraceSink {
  /** Whether anybody listens just now; asked once per request. */
  readonly isOn: boolean;
  /** Whether anybody listens to tries. */
  readonly hearsTries: boolean;
  /** The head is whole; most of the trace is still to come. */
  onStart(trace: RequestTrace): void;
  /** A member was lent; nothing was sent to it yet. */
  onTry(attempt: TryTrace): void;
  /** The request is over; the trace is the sink's from now on. */
  onEnd(trace: RequestTrace): void;
}
