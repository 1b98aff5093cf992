// One stream of a client: its request is judged, sent to a member and answered as one of HTTP/1.1 would be.
import type { Lease } from '../../pool/lease.js';
import type { Pool } from '../../pool/pool.js';
import type { RequestCookie } from '../../sticky/request-cookie.js';
import { latin1, writeLatin1 } from '../../upstream/latin1.js';
import type { MemberLink } from '../../upstream/member-link.js';
import { READ_BYTES, sharedBytes } from '../../upstream/read-buffers.js';
import { ParseResult } from '../../wire/http1/message-head.js';
import { parseRequestHead, RequestHead } from '../../wire/http1/request-head.js';
import { ErrorCode, type ErrorCodeValue } from '../../wire/http2/frame.js';
import type { RequestFault } from '../../wire/http2/request-text.js';
import type { ClientConnection, FrontendContext } from '../handler.js';
import type { AnswerContent, AnswerStatus } from '../http/answers.js';
import { Exchange } from '../http/exchange.js';
import type { ExchangeOwner } from '../http/exchange-owner.js';
import type { ForwardedLines } from '../http/forwarded-lines.js';
import type { HttpSettings } from '../http/http-settings.js';
import { makeOwnAnswer } from '../http/own-answer.js';
import { type Composition, composeRequest, describeRequest } from '../http/request-composer.js';
import { type Judged, RequestJudge } from '../http/request-judge.js';
import { judgeRequest, rulingReason } from '../http/request-rules.js';
import { RequestState } from '../http/request-state.js';
import type { TraceEnd } from '../http/request-trace.js';
import { beginTrace, endTrace } from '../http/request-tracing.js';
import type { SessionHandler } from '../http/session-handler.js';
import type { ClientStream, StreamOwner } from './client-stream.js';
import type { ConnectionNames } from './connection-names.js';
import { Http2Answer, type Http2AnswerOwner } from './http2-answer.js';
import { RequestBody } from './request-body.js';
import type { RequestPhase } from './request-phase.js';
import { RequestTimer, type TimedRequest } from './request-timer.js';

/** What the streams of one connection share. */
export interface StreamParts {
  readonly client: ClientConnection;
  readonly context: FrontendContext;
  readonly forwarded: ForwardedLines;
  /** Hosts that may be asked for; undefined = any, in the clear. */
  readonly names: ConnectionNames | undefined;
  /** The frontend's present handler. */
  readonly handler: SessionHandler;
  /** The stream is the first of its connection. */
  readonly isFirst: boolean;
}

/** One record for all: a head is done with before the next one is parsed. */
const head = new RequestHead();

/** Serves one stream. */
export class Http2Request
  implements ExchangeOwner, Http2AnswerOwner, StreamOwner, TimedRequest, Judged, Composition
{
  readonly client: ClientConnection;
  readonly source: ClientStream;
  readonly answer: Http2Answer;
  readonly outlet: Http2Answer;
  readonly forwarded: ForwardedLines;
  readonly settings: HttpSettings;
  readonly exchange: Exchange;
  readonly #names: ConnectionNames | undefined;
  readonly minor = 2;
  closesMember = false;
  cookie: RequestCookie | undefined = undefined;
  phase: RequestPhase = 'judging';
  readonly #context: FrontendContext;
  readonly #handler: SessionHandler;
  readonly #request: RequestState;
  readonly #judge: RequestJudge;
  readonly #timer: RequestTimer;
  readonly #body: RequestBody;
  /** The head in HTTP/1.1, while a rule takes its time. */
  #text = '';

  constructor(stream: ClientStream, parts: StreamParts) {
    this.client = parts.client;
    this.source = stream;
    this.forwarded = parts.forwarded;
    this.#names = parts.names;
    this.#context = parts.context;
    this.#handler = parts.handler;
    this.settings = parts.handler.settings;
    this.#request = new RequestState(parts.client);
    this.#request.isFirst = parts.isFirst;
    this.#judge = new RequestJudge(this, parts.context, this.#request);
    this.answer = new Http2Answer(stream, this);
    this.outlet = this.answer;
    this.exchange = new Exchange(this, parts.context, this.#request);
    this.#timer = new RequestTimer(this, parts.context.wheel);
    this.#body = new RequestBody(!stream.hasBody);
    stream.owner = this;
  }

  // --- the request

  /** Begins. @param text - the head in HTTP/1.1, or why there is none */
  start(text: string | RequestFault): void {
    const { counters } = this.#context;
    counters.requests++;
    this.#timer.start();
    if (typeof text !== 'string') this.#refuse(text.status, text.reason);
    else if (text.length > READ_BYTES) this.#refuse(431, 'head too long');
    else {
      counters.bytesIn += text.length;
      this.#read(text);
    }
  }

  #read(text: string): void {
    const bytes = sharedBytes;
    const length = writeLatin1(bytes, text, 0);
    if (parseRequestHead(head, bytes, 0, length, this.settings.limits) !== ParseResult.complete) {
      this.#refuse(head.status === 0 ? 400 : head.status, head.reason);
    } else if (this.#judge.admit(head, bytes, this.#handler)) this.#carryOut(bytes);
    else this.#text = text;
  }

  onVerdict(): void {
    if (this.phase === 'judging') this.#read(this.#text);
  }

  #carryOut(bytes: Buffer): void {
    const request = this.#request;
    describeRequest(request, head, bytes, this.settings);
    request.minor = 2;
    const { pool } = this.#handler;
    this.#judge.carryOut(this.ruleOn(head, bytes), { head, bytes, pool });
  }

  cutByRule(): void {
    this.#endTrace('cut', 'closed by a rule');
    this.#reset(ErrorCode.cancel);
  }

  ruleOn(head: RequestHead, bytes: Buffer): AnswerStatus {
    if (this.settings.access?.allows(this.client.source) === false) return 403;
    const names = this.#names;
    if (names !== undefined) {
      const authority = latin1(bytes, head.hostStart, head.hostEnd);
      if (!names.allow(authority, this.settings.routeHosts)) return 421;
    }
    return judgeRequest(head, this.settings);
  }

  forward(pool: Pool, head: RequestHead, bytes: Buffer): void {
    const request = this.#request;
    const body = this.#body;
    const { http, sendProxyProtocol } = pool.config;
    this.closesMember = http.reuse === 'never' || sendProxyProtocol !== 'none';
    this.cookie = pool.requestCookie;
    body.begin(head, this.settings.bodyBytes);
    if (head.isChunked) request.declaredBytes = Number.POSITIVE_INFINITY;
    const totalMs = request.decision?.totalMs ?? 0;
    if (totalMs > 0) this.#timer.limitTotal(totalMs);
    composeRequest(request, head, bytes, { end: head.end, tail: '' }, this);
    request.hasWholeBody = body.isWhole;
    this.exchange.begin(pool, this.settings, 0);
    this.phase = body.isWhole ? 'answer' : 'body';
    this.exchange.start();
    if (this.#isInFlight()) this.#timer.awaitExchange();
  }

  // --- its body

  onData(bytes: Buffer, from: number, to: number): void {
    this.#context.counters.bytesIn += to - from;
    if (!this.#takesBody) return;
    const body = this.#body;
    const fault = body.count(to - from);
    if (fault !== 0) {
      this.#failBody(fault);
      return;
    }
    this.#timer.awaitExchange();
    body.send(bytes, from, to, this.exchange);
    if (body.isWhole) this.#onWhole();
    else if (this.#isInFlight() && !this.exchange.takesBody) this.source.pause();
  }

  onEnd(trailers: string): void {
    if (!this.#takesBody) return;
    if (!this.#body.end(this.exchange, trailers)) this.#failBody(400);
    else this.#onWhole();
  }

  /** A member's connection that is given up lets its source go on, in the middle of giving up: what comes then is for nobody. */
  get #takesBody(): boolean {
    return this.phase === 'body' && this.exchange.phase !== 'idle';
  }

  #onWhole(): void {
    if (this.phase !== 'body') return;
    this.phase = 'answer';
    this.#timer.awaitExchange();
  }

  /** The body is bad or too long: no member may take it for whole. */
  #failBody(status: AnswerStatus): void {
    this.#context.counters.countRuling(status);
    const hasBegun = this.exchange.hasAnswerBegun;
    this.exchange.abort();
    if (hasBegun) this.onTruncated();
    else this.giveAnswer(status, {}, rulingReason(status));
    // It has cost a member a connection.
    if (status === 400) this.source.countFault();
  }

  // --- answers

  #refuse(status: AnswerStatus, reason: string): void {
    const request = this.#request;
    this.#context.counters.malformed++;
    request.forget();
    request.minor = 2;
    request.keepsAlive = true;
    beginTrace(request, this.#context, this.#handler.traces);
    this.giveAnswer(status, {}, reason);
  }

  giveAnswer(status: AnswerStatus, content: AnswerContent = {}, reason = ''): void {
    const request = this.#request;
    request.keepsAlive = true;
    const { settings } = this;
    const parts = { request, settings, context: this.#context, reason };
    this.answer.writeOwn(makeOwnAnswer(status, content, parts), status);
    this.onAnswered();
  }

  #endTrace(end: TraceEnd, reason = ''): void {
    const bytesIn = this.#body.payloadBytes;
    endTrace(this.#request, this.#context, { end, reason, bytesIn });
  }

  // --- what the exchange says

  /** An answer before the end of the body costs the client this stream, and nothing else. */
  get canFinishRequest(): boolean {
    return true;
  }

  onBodyWanted(): void {
    if (this.phase !== 'body') return;
    this.#timer.awaitClient();
    this.source.resume();
  }

  onAnswered(): void {
    const stream = this.source;
    this.phase = 'done';
    this.#request.text = '';
    this.#endTrace('ok');
    // What is not wanted is not waited for; else its end is still to come, or has been told.
    if (!this.#body.isWhole) stream.refuseRest();
    else stream.resume();
    if (stream.isClosed) this.#timer.dispose();
    else this.#timer.awaitFlush();
  }

  onUnanswered(status: AnswerStatus, reason: string, end: TraceEnd = 'answered'): void {
    if (this.#request.trace !== undefined) this.#request.trace.end = end;
    this.giveAnswer(status, {}, reason);
  }

  onTruncated(): void {
    this.#context.counters.failed++;
    this.#endTrace('member-fault', 'the answer broke off');
    this.#reset(ErrorCode.internalError);
  }

  /** No stream asks for a switch, so there is none. */
  onSwitched(lease: Lease, link: MemberLink): void {
    link.destroy();
    lease.release('malformed');
    this.onTruncated();
  }

  wakeExchangeIn(delayMs: number): void {
    this.#timer.awaitWake(delayMs);
  }

  // --- the client's pace and end

  onBlocked(): void {
    this.#timer.awaitClient();
  }

  onDrain(): void {
    this.answer.onDrain();
  }

  onUnblocked(): void {
    if (!this.#isInFlight()) return;
    this.#timer.awaitExchange();
    this.exchange.onClientUnblocked();
  }

  onClientStuck(): void {
    this.exchange.abort();
    this.#reset(ErrorCode.cancel);
  }

  failExchange(status: AnswerStatus): void {
    const hasBegun = this.exchange.hasAnswerBegun;
    const end = status === 504 ? 'member-timeout' : 'client-timeout';
    const reason = this.exchange.abort(status === 504 ? 'timeout' : 'aborted', end);
    if (this.#request.trace !== undefined) this.#request.trace.end = end;
    if (hasBegun) this.onTruncated();
    else this.giveAnswer(status, {}, reason);
  }

  onClosed(): void {
    this.phase = 'done';
    this.#timer.dispose();
    this.#judge.leave();
    this.exchange.abort();
    this.#endTrace('client-abort');
  }

  #isInFlight(): boolean {
    return this.phase !== 'done';
  }

  #reset(code: ErrorCodeValue): void {
    this.phase = 'done';
    this.#timer.dispose();
    this.source.reset(code);
  }
}
