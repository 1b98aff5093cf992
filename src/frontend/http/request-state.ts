// What is known of the request in flight: one record per client connection, filled again for every request.
import type { Member } from '../../model/member.js';
import type { AttributeKind } from '../../model/pick-context.js';
import type { Pool } from '../../pool/pool.js';
import type { HeldPlace } from '../../rate-limit/delay-line.js';
import type { AnswerCookie } from '../../sticky/answer-cookie.js';
import { latin1 } from '../../upstream/latin1.js';
import type { RequestHead } from '../../wire/http1/request-record.js';
import type { ClientConnection } from '../handler.js';
import { Decision } from './policy/decision.js';
import type { RequestView } from './policy/request-view.js';
import { cookieValue, hasHeaderLine, headerList, requestAttribute } from './request-text.js';
import type { RequestTrace } from './request-trace.js';

/** The facts of one request that its way to a member and back depends on. */
export class RequestState implements RequestView {
  readonly client: ClientConnection;
  readonly source: string;
  nowMs = 0;
  /** Members that failed this request. */
  readonly tried: Member[] = [];
  /** 0 for a client of HTTP/1.0, 1 for HTTP/1.1, 2 for HTTP/2. */
  minor = 1;
  isHead = false;
  isConnect = false;
  isIdempotent = false;
  /** GET, HEAD or OPTIONS: the answer may be kept by caches. */
  isSafe = false;
  /** The member must say 100 before the client sends the body. */
  expectsContinue = false;
  /** Protocol that the request asks to switch to; '' = none. */
  upgrade = '';
  /** The client connection may carry another request after the answer. */
  keepsAlive = true;
  /** The first request of its client connection. */
  isFirst = true;
  /** Whole body: it is in `text` already, or there is none. */
  hasWholeBody = true;
  /** Body bytes as declared; infinity for a chunked body that has not ended yet. */
  declaredBytes = 0;
  /** The head as it is forwarded, with the body bytes that came with it when they are few. */
  text = '';
  /** What the policy has decided; undefined = the frontend has none, and everything goes on as it came. */
  decision: Decision | undefined = undefined;
  /** Its Cookie header where the pool's sticky cookie is in it, which members do not see; undefined = see the head. */
  cookies: string | undefined = undefined;
  /** What stickiness does to the answer of the member that was tried last. */
  answerCookie: AnswerCookie | undefined = undefined;
  /** What is kept of it for logs and listeners; undefined = nobody wants to know. */
  trace: RequestTrace | undefined = undefined;
  /** The head as it came, where a policy, a trace or the key of a pool asks for it; else ''. */
  received = '';
  /** Where a rate limit made it wait. */
  #place: HeldPlace | undefined = undefined;
  /** Used again for each request. */
  #ownDecision: Decision | undefined = undefined;
  #methodEnd = 0;
  #targetStart = 0;
  #targetEnd = 0;
  #hostStart = -1;
  #hostEnd = -1;

  constructor(client: ClientConnection) {
    this.client = client;
    this.source = client.source;
  }

  /** Keeps the head as it came, before it is edited. */
  receive(head: RequestHead, bytes: Buffer): void {
    const { start } = head;
    this.received = latin1(bytes, start, head.end);
    this.#methodEnd = head.methodEnd - start;
    this.#targetStart = head.pathStart - start;
    this.#targetEnd = head.targetEnd - start;
    this.#hostStart = head.hostStart < 0 ? -1 : head.hostStart - start;
    this.#hostEnd = head.hostEnd - start;
  }

  /** The decision to fill for a request that goes to the frontend's own pool if no pass says otherwise. */
  decide(): Decision {
    this.#ownDecision ??= new Decision();
    this.decision = this.#ownDecision;
    return this.decision;
  }

  /** Members get the headers that listeners of the start have set. @param pool - goes on as before where no rule has decided */
  addToldHeaders(pool: Pool | undefined): void {
    const { trace } = this;
    if (trace === undefined || !trace.hasHeaders) return;
    if (this.decision === undefined) this.decide().begin(pool);
    trace.addHeadersTo(this.decide());
  }

  get method(): string {
    return this.received.slice(0, this.#methodEnd);
  }

  get authority(): string {
    return this.#hostStart < 0 ? '' : this.received.slice(this.#hostStart, this.#hostEnd);
  }

  get host(): string {
    return hostOf(this.authority);
  }

  get target(): string {
    if (this.received === '') return '';
    const target = this.received.slice(this.#targetStart, this.#targetEnd);
    // `http://a` and `http://a?b` have no path.
    if (target === '') return this.method === 'OPTIONS' ? '*' : '/';
    return target.charCodeAt(0) === QUESTION ? `/${target}` : target;
  }

  get version(): '1.0' | '1.1' | '2' {
    if (this.minor === 2) return '2';
    return this.minor === 0 ? '1.0' : '1.1';
  }

  attribute(kind: AttributeKind, name: string): string | undefined {
    if (this.cookies !== undefined) {
      if (kind === 'cookie') return cookieValue(this.cookies, name);
      if (kind === 'header' && name === 'cookie') return this.cookies || undefined;
    }
    if (this.received === '') return requestAttribute(this.text, kind, name);
    return requestAttribute(this.received, kind, name, this.target);
  }

  /** Values of all header lines of that name (lower case) as they came, joined by `, `; undefined = there is none. */
  headerList(name: string): string | undefined {
    return headerList(this.received === '' ? this.text : this.received, name);
  }

  onHeld(place: HeldPlace): void {
    this.#place = place;
    void place.turn.then(() => {
      if (this.#place === place) this.#place = undefined;
    });
  }

  /** It waits for its turn, by a limit that delays. */
  get isHeld(): boolean {
    return this.#place !== undefined;
  }

  /** Nobody waits for it any more: another may have its place. */
  leave(): void {
    this.#place?.leave();
    this.#place = undefined;
  }

  hasHeader(name: string, value: string): boolean {
    return hasHeaderLine(this.received, name, value);
  }

  /** The host that the member is asked for, lower case without port, and without the dot of the root: no name of TLS has one. */
  get forwardedHost(): string {
    const host = hostOf(requestAttribute(this.text, 'header', 'host') ?? '');
    return host.endsWith('.') ? host.slice(0, -1) : host;
  }

  /** What was sent is no request: the answer goes to nobody in particular. */
  forget(): void {
    this.minor = 1;
    this.isHead = false;
    this.expectsContinue = false;
    this.hasWholeBody = true;
    this.keepsAlive = false;
    this.decision = undefined;
    this.received = '';
  }
}

const QUESTION = 63;

/** `Example.com:8080` -> `example.com`, `[::1]:80` -> `[::1]`. */
function hostOf(authority: string): string {
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  return (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
}
