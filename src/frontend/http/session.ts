// One client connection: reads requests one after the other, has each answered, and closes as it should.
import type { Lease } from '../../pool/lease.js';
import type { Pool } from '../../pool/pool.js';
import type { RequestCookie } from '../../sticky/request-cookie.js';
import type { MemberLink } from '../../upstream/member-link.js';
import { Outlet, type OutletOwner } from '../../upstream/outlet.js';
import { headReadBuffer, sharedReadBuffer } from '../../upstream/read-buffers.js';
import type { RequestHead } from '../../wire/http1/request-record.js';
import type {
  ClientConnection,
  FrontendContext,
  HandlerSwitch,
  ServedConnection,
} from '../handler.js';
import { resetSocket } from '../reset-socket.js';
import { type AnswerContent, type AnswerStatus, closesConnection } from './answers.js';
import { Exchange } from './exchange.js';
import type { ExchangeOwner } from './exchange-owner.js';
import { ForwardedLines } from './forwarded-lines.js';
import type { HttpSettings } from './http-settings.js';
import { Http1Answer } from './http1-answer.js';
import { makeOwnAnswer } from './own-answer.js';
import { type Composition, composeRequest, describeRequest } from './request-composer.js';
import { type Judged, RequestJudge } from './request-judge.js';
import { RequestReader, type RequestSink } from './request-reader.js';
import { asksToStay, judgeRequest, rulingReason } from './request-rules.js';
import { RequestState } from './request-state.js';
import type { TraceEnd } from './request-trace.js';
import { beginTrace, endTrace } from './request-tracing.js';
import type { SessionHandler } from './session-handler.js';
import type { SessionState } from './session-state.js';
import { SessionTimer, type TimedSession } from './session-timer.js';
import { Tunnel } from './tunnel.js';

/** How much a closing connection may go on sending before it is cut. */
const LINGER_BYTES = 1_048_576;

/** Serves one client connection. */
export class HttpSession
  implements
    ServedConnection,
    TimedSession,
    OutletOwner,
    ExchangeOwner,
    RequestSink,
    Judged,
    Composition
{
  readonly client: ClientConnection;
  readonly source: ExchangeOwner['source'];
  readonly outlet: Outlet;
  readonly answer: Http1Answer;
  readonly forwarded: ForwardedLines;
  settings: HttpSettings;
  closesMember = false;
  cookie: RequestCookie | undefined = undefined;
  state: SessionState = 'head';
  hasClientEnded = false;
  readonly #context: FrontendContext;
  readonly #handlers: HandlerSwitch<SessionHandler>;
  readonly #timer: SessionTimer;
  readonly #request: RequestState;
  readonly exchange: Exchange;
  readonly #reader: RequestReader;
  readonly #judge: RequestJudge;
  readonly #data = { end: 0, tail: '' };
  #tunnel: Tunnel | undefined = undefined;
  #requests = 0;
  #isDraining = false;
  #lingeredBytes = 0;

  constructor(
    client: ClientConnection,
    context: FrontendContext,
    handlers: HandlerSwitch<SessionHandler>,
  ) {
    this.client = client;
    this.#context = context;
    this.#handlers = handlers;
    this.settings = handlers.current.settings;
    this.forwarded = new ForwardedLines(client);
    this.source = client.socket;
    this.outlet = new Outlet(client.socket, this);
    this.#request = new RequestState(client);
    this.#judge = new RequestJudge(this, context, this.#request);
    this.answer = new Http1Answer(this.#request, this.outlet);
    this.#reader = new RequestReader(this, this.outlet);
    this.exchange = new Exchange(this, context, this.#request);
    this.#timer = new SessionTimer(this, context.wheel);
    this.#timer.startHead();
    client.socket.on('end', () => this.#onClientEnd()).on('close', () => this.#onClosed());
  }

  // --- bytes of the client

  nextBuffer(): Buffer {
    switch (this.state) {
      case 'head':
      case 'judging':
      case 'answer':
        return headReadBuffer;
      case 'body':
        return this.exchange.bodyBuffer ?? sharedReadBuffer;
      default:
        return this.#tunnel?.clientReadBuffer ?? sharedReadBuffer;
    }
  }

  onRead(buffer: Buffer, length: number): void {
    this.#context.counters.bytesIn += length;
    switch (this.state) {
      case 'head':
        this.#reader.onBytes(buffer, length);
        break;
      case 'body':
        this.#readBody(buffer, length);
        break;
      case 'judging':
      case 'answer':
        this.#reader.keepBack(buffer, 0, length);
        if (this.client.socket.isPaused()) this.#timer.awaitExchange();
        break;
      case 'discard':
        this.#discard(buffer, length);
        break;
      case 'tunnel':
        this.#tunnel?.onClientBytes(buffer, length);
        break;
      case 'closing':
        this.#lingeredBytes += length;
        if (this.#lingeredBytes > LINGER_BYTES) this.client.socket.destroy();
        break;
      default:
    }
  }

  // --- requests

  get isReady(): boolean {
    return this.state === 'head';
  }

  nextSettings(): HttpSettings {
    this.settings = this.#handlers.current.settings;
    return this.settings;
  }

  onPartialHead(): void {
    this.#timer.startHead();
  }

  onRefused(status: number, reason: string): void {
    this.#context.counters.requests++;
    this.#refuse(status, reason);
  }

  /** What was sent is no request. */
  #refuse(status: number, reason: string, end?: TraceEnd): void {
    this.#context.counters.malformed++;
    this.#request.forget();
    beginTrace(this.#request, this.#context, this.#handlers.current.traces);
    this.onUnanswered(status, reason, end);
  }

  onCaughtUp(): void {
    if (this.hasClientEnded) this.close();
  }

  admit(head: RequestHead, bytes: Buffer): boolean {
    if (!this.#judge.hasSpoken) this.#timer.startRequest();
    if (this.#judge.admit(head, bytes, this.#handlers.current)) return true;
    // It waits as it came, and is read again to be carried out.
    this.state = 'judging';
    this.#timer.awaitExchange();
    return false;
  }

  onVerdict(): void {
    if (this.state !== 'judging') return;
    this.state = 'head';
    this.#reader.advance();
    // Nothing is read for a client that does not take what it was sent.
    if (this.#judge.hasSpoken) this.#timer.awaitRequest();
  }

  onRequest(head: RequestHead, bytes: Buffer, isFramed: boolean): void {
    const { settings } = this;
    const request = this.#request;
    this.#context.counters.requests++;
    this.#requests++;
    request.isFirst = this.#requests === 1;
    describeRequest(request, head, bytes, settings);
    request.keepsAlive = this.#mayKeepAlive(head);
    const status = isFramed ? this.#rule(head) : 400;
    const { pool } = this.#handlers.current;
    this.#judge.carryOut(status, { head, bytes, pool, bodyFault: this.#reader.body.reason });
  }

  cutByRule(): void {
    this.state = 'closing';
    this.#endTrace('cut', 'closed by a rule');
    resetSocket(this.client.socket);
  }

  #mayKeepAlive(head: RequestHead): boolean {
    if (this.#isDraining || !asksToStay(head)) return false;
    return this.#requests < this.settings.requestsPerConnection;
  }

  /** The status of the answer to give at once, by fixed rules; 0 = go on. */
  #rule(head: RequestHead): AnswerStatus {
    const status = this.ruleOn(head);
    return status === 0 && this.#reader.hasMoreThan(this.settings.bodyBytes) ? 413 : status;
  }

  ruleOn(head: RequestHead): AnswerStatus {
    if (this.settings.access?.allows(this.client.source) === false) return 403;
    return judgeRequest(head, this.settings);
  }

  forward(pool: Pool, head: RequestHead, bytes: Buffer): void {
    const request = this.#request;
    const body = this.#reader.body;
    // It came behind another request, and no more of it will: half a request is no request.
    if (this.hasClientEnded && !body.isDone) return void this.client.socket.destroy();
    const { http, sendProxyProtocol } = pool.config;
    this.closesMember = http.reuse === 'never' || sendProxyProtocol !== 'none';
    this.cookie = pool.requestCookie;
    const dataBytes = body.keptEnd - head.end + body.tail.length;
    if (head.isChunked) request.declaredBytes = body.isDone ? dataBytes : Number.POSITIVE_INFINITY;
    this.#data.end = body.keptEnd;
    this.#data.tail = body.tail;
    const totalMs = request.decision?.totalMs ?? 0;
    if (totalMs > 0) this.#timer.limitTotal(totalMs);
    const rest = composeRequest(request, head, bytes, this.#data, this);
    request.hasWholeBody = body.isDone;
    this.exchange.begin(pool, this.settings, rest >= 0 ? 0 : dataBytes);
    // Copied before a member is asked for: code of the host may run then, and have other sessions use the same buffer.
    if (rest >= 0) this.exchange.sendBody(bytes, rest, body.keptEnd, body.tail, body.isDone);
    this.state = body.isDone ? 'answer' : 'body';
    this.#timer.awaitExchange();
    this.exchange.start();
    if (this.state === 'body') this.#pauseUnlessTaken();
  }

  /** What no member takes yet stays with the client. */
  #pauseUnlessTaken(): void {
    if (this.exchange.takesBody) return;
    this.client.socket.pause();
    this.#timer.awaitExchange();
  }

  #readBody(buffer: Buffer, length: number): void {
    const { body } = this.#reader;
    if (!this.#reader.onBodyBytes(buffer, length)) return this.#failBody(400);
    if (this.#reader.hasMoreThan(this.settings.bodyBytes)) return this.#failBody(413);
    if (body.isDone) this.state = 'answer';
    this.#timer.awaitExchange();
    this.exchange.sendBody(buffer, 0, body.keptEnd, body.tail, body.isDone);
    if (this.state === 'body') this.#pauseUnlessTaken();
  }

  /** The body is bad or too long: no member may take it for whole. */
  #failBody(status: AnswerStatus): void {
    this.#context.counters.countRuling(status);
    const hasBegun = this.exchange.hasAnswerBegun;
    this.exchange.abort();
    if (hasBegun) this.onTruncated();
    else this.giveAnswer(status, {}, this.#reader.body.reason || rulingReason(status));
  }

  #discard(buffer: Buffer, length: number): void {
    if (!this.#reader.onBodyBytes(buffer, length)) this.close();
    else if (this.#reader.body.isDone) this.#awaitRequest();
  }

  // --- answers

  giveAnswer(status: AnswerStatus, content: AnswerContent = {}, reason = ''): void {
    const request = this.#request;
    if (closesConnection(status) || !this.canFinishRequest) request.keepsAlive = false;
    const parts = { request, settings: this.settings, context: this.#context, reason };
    this.outlet.sendText(makeOwnAnswer(status, content, parts));
    this.onAnswered();
  }

  #endTrace(end: TraceEnd, reason = ''): void {
    const bytesIn = this.#reader.body.payloadBytes + (this.#tunnel?.bytesIn ?? 0);
    endTrace(this.#request, this.#context, { end, reason, bytesIn });
  }

  get canFinishRequest(): boolean {
    return this.#reader.canFinish(!this.#request.expectsContinue && !this.hasClientEnded);
  }

  onAnswered(): void {
    this.#request.text = '';
    this.#timer.endRequest();
    if (this.#request.trace !== undefined) this.#endTrace('ok');
    if (!this.#request.keepsAlive || !this.canFinishRequest) this.close();
    else if (this.#reader.body.isDone) this.#awaitRequest();
    else {
      this.state = 'discard';
      this.#timer.awaitClient();
      this.#reader.resume();
    }
  }

  #awaitRequest(): void {
    this.state = 'head';
    if (this.#isDraining) this.close();
    else {
      this.#timer.awaitRequest();
      if (this.#reader.hasBacklog || this.hasClientEnded || this.client.socket.isPaused()) {
        this.#reader.advance();
      }
    }
  }

  // --- what the exchange says

  onBodyWanted(): void {
    const { socket } = this.client;
    if (this.state !== 'body') return;
    this.#timer.awaitClient();
    if (socket.isPaused()) socket.resume();
  }

  onUnanswered(status: AnswerStatus, reason: string, end: TraceEnd = 'answered'): void {
    if (this.#request.trace !== undefined) this.#request.trace.end = end;
    this.giveAnswer(status, {}, reason);
  }

  onTruncated(): void {
    this.#context.counters.failed++;
    this.#endTrace('member-fault', 'the answer broke off');
    // Without a length only a reset tells the client that something is missing.
    if (this.exchange.isOpenEnded) resetSocket(this.client.socket);
    else this.client.socket.destroy();
  }

  onSwitched(lease: Lease, connection: MemberLink, surplus: Buffer): void {
    this.state = 'tunnel';
    this.#request.text = '';
    this.#timer.endRequest();
    this.#timer.awaitTunnel();
    this.#tunnel = new Tunnel({
      context: this.#context,
      client: this.outlet,
      connection,
      lease,
      trace: this.#request.trace,
      onActivity: () => this.#timer.awaitTunnel(),
    });
    this.#tunnel.open(surplus, this.#reader.takeBacklog());
    if (this.hasClientEnded) this.#tunnel.onClientEnd();
  }

  wakeExchangeIn(delayMs: number): void {
    this.#timer.awaitWake(delayMs);
  }

  // --- the client's pace and end

  onBlocked(): void {
    if (this.state !== 'tunnel') this.#timer.awaitClient();
  }

  onUnblocked(): void {
    switch (this.state) {
      case 'closing':
        this.#timer.awaitEnd();
        break;
      case 'head':
        this.#timer.awaitRequest();
        this.#reader.advance();
        break;
      case 'tunnel':
        this.#timer.awaitTunnel();
        break;
      default:
        this.#timer.awaitExchange();
        this.exchange.onClientUnblocked();
    }
  }

  #onClientEnd(): void {
    this.hasClientEnded = true;
    // Half a request is no request; and who gives up waiting for a member, or for its turn, says no more than this.
    if (this.state === 'body' || this.exchange.phase === 'queued' || this.#request.isHeld) {
      this.client.socket.destroy();
      return void this.exchange.abort();
    }
    switch (this.state) {
      case 'head':
        if (!this.outlet.isBlocked) this.close();
        break;
      case 'judging':
      case 'answer':
        this.#timer.awaitExchange();
        break;
      case 'discard':
        this.close();
        break;
      case 'tunnel':
        this.#tunnel?.onClientEnd();
        break;
      default:
    }
  }

  #onClosed(): void {
    const wasTunnel = this.state === 'tunnel';
    this.state = 'closed';
    this.#timer.dispose();
    this.#reader.takeBacklog();
    this.#judge.leave();
    if (wasTunnel) this.#tunnel?.cut();
    else this.exchange.abort();
    if (this.#request.trace !== undefined) this.#endTrace(wasTunnel ? 'ok' : 'client-abort');
  }

  drain(): void {
    this.#isDraining = true;
    this.#request.keepsAlive = false;
    if (this.state !== 'head' || this.#reader.hasBacklog) return;
    // The first request of a new connection may be on its way: it is still served.
    if (this.#requests === 0) this.#timer.awaitEnd();
    else this.close();
  }

  /** Says no more, and drops what still comes for a while, so that the last answer is not lost in a reset. */
  close(): void {
    this.state = 'closing';
    this.#reader.takeBacklog();
    const { socket } = this.client;
    socket.end();
    if (socket.isPaused()) socket.resume();
    this.#timer.awaitEnd();
  }

  onHeadLate(): void {
    this.#reader.takeBacklog();
    this.#refuse(408, 'the head did not come in time', 'client-timeout');
  }

  onTunnelIdle(): void {
    this.#tunnel?.cut();
  }

  failExchange(status: AnswerStatus): void {
    const hasBegun = this.exchange.hasAnswerBegun;
    const end = status === 504 ? 'member-timeout' : 'client-timeout';
    const reason = this.exchange.abort(status === 504 ? 'timeout' : 'aborted', end);
    // While a rule judges it the request waits to be read again: it must not become the next one.
    if (this.state === 'judging') {
      this.#request.keepsAlive = false;
      this.#judge.leave();
    }
    if (this.#request.trace !== undefined) this.#request.trace.end = end;
    if (hasBegun) this.onTruncated();
    else this.giveAnswer(status, {}, reason);
  }
}
