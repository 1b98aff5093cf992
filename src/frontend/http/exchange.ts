// One request on its way to a member and back: lease, connection, tries, and the answer's relay.
import type { Member } from '../../model/member.js';
import type { Outcome } from '../../model/outcome.js';
import type { Lease, LeaseOwner, PendingLease, Refusal } from '../../pool/lease.js';
import type { Pool } from '../../pool/pool.js';
import type { PoolConfig } from '../../spec/config.js';
import type { LinkUser, MemberLink, MemberLinks } from '../../upstream/member-link.js';
import { linksOf } from '../../upstream/member-links.js';
import type { FrontendContext } from '../handler.js';
import type { ExchangeOwner } from './exchange-owner.js';
import { HeldBody } from './held-body.js';
import type { HttpSettings } from './http-settings.js';
import { keepsLinks, mayReuseLink } from './link-reuse.js';
import { proxyPreamble } from './proxy-preamble.js';
import type { RequestState } from './request-state.js';
import type { TraceEnd } from './request-trace.js';
import { countAnswer } from './request-tracing.js';
import { type RelayOwner, ResponseRelay } from './response-relay.js';
import { Tries } from './tries.js';

/**
 * idle -> queued -> dialling -> sent -> idle; `paused` between two tries.
 * The body flows in `sent` only: what came before is held.
 */
type Phase = 'idle' | 'queued' | 'paused' | 'dialling' | 'sent';

/** Carries the requests of one client connection, one after the other. */
export class Exchange implements LinkUser, LeaseOwner, RelayOwner {
  readonly #owner: ExchangeOwner;
  readonly #context: FrontendContext;
  readonly #request: RequestState;
  readonly #relay: ResponseRelay;
  readonly #held: HeldBody = new HeldBody();
  readonly #tries: Tries;
  #pool: Pool | undefined = undefined;
  #links: MemberLinks | undefined = undefined;
  /** The pool's settings when the request began. */
  #config: PoolConfig | undefined = undefined;
  /** Time to the head of the answer, then inactivity, ms. */
  #serverMs = 0;
  #phase: Phase = 'idle';
  #pending: PendingLease | undefined = undefined;
  #lease: Lease | undefined = undefined;
  #link: MemberLink | undefined = undefined;
  /** What is sent is held until the answer begins. */
  #isRepeatable = false;

  constructor(owner: ExchangeOwner, context: FrontendContext, request: RequestState) {
    this.#owner = owner;
    this.#context = context;
    this.#request = request;
    this.#relay = new ResponseRelay(this, request, owner.answer);
    this.#tries = new Tries(context, request);
  }

  /** Whether the answer's head has gone out. */
  get hasAnswerBegun(): boolean {
    return this.#relay.isHeadSent;
  }

  /** Whether only the end of the connection ends the answer. */
  get isOpenEnded(): boolean {
    return this.#relay.isOpenEnded;
  }

  get canFinishRequest(): boolean {
    return this.#request.hasWholeBody || this.#owner.canFinishRequest;
  }

  /** Whether body bytes can be passed on now. */
  get takesBody(): boolean {
    return this.#phase === 'sent' && this.#link?.outlet.isBlocked === false;
  }

  /** What is under way; `paused` = between two tries. */
  get phase(): Phase {
    return this.#phase;
  }

  /** The buffer that the client's body should be read into; undefined = the shared one. */
  get bodyBuffer(): Buffer | undefined {
    return this.#link?.outlet.readBuffer;
  }

  /**
   * Makes ready for the request that `request` describes; body bytes may come from here on.
   * @param firstBytes - body bytes that are in its text
   */
  begin(pool: Pool, settings: HttpSettings, firstBytes: number): void {
    const { config } = pool;
    if (pool !== this.#pool || config !== this.#config) {
      this.#pool = pool;
      this.#config = config;
      this.#links = linksOf(pool, this.#context.wheel, this.#context.events);
    }
    const { decision, trace } = this.#request;
    const retries = decision?.retries ?? pool.retries;
    this.#serverMs =
      decision === undefined || decision.serverMs === 0
        ? config.timeouts.server
        : decision.serverMs;
    if (trace !== undefined) trace.pool = pool.name;
    this.#tries.begin(retries);
    this.#held.begin(retries.config.bufferBytes, firstBytes);
    this.#relay.begin(settings.limits, settings.compression);
  }

  /** Sends the request to a member of the pool. */
  start(): void {
    this.#acquire();
  }

  /** Passes body bytes on, or holds them until a member takes them. `isLast`: the body ends here. */
  sendBody(bytes: Buffer, from: number, to: number, tail: string, isLast: boolean): void {
    const request = this.#request;
    const connection = this.#link;
    request.hasWholeBody = isLast;
    const isSent = this.#phase === 'sent' && connection !== undefined;
    if (!isSent || (this.#isRepeatable && this.#mayRepeat)) {
      this.#held.add(bytes, from, to, tail, !isSent);
    }
    if (!isSent) return;
    connection.member.state.totals.bytesIn += to - from;
    if (to > from) connection.outlet.send(bytes, from, to);
    if (tail !== '') connection.outlet.sendText(tail);
    if (isLast) connection.outlet.endMessage();
    this.#armServerTimeout(connection);
  }

  /**
   * The client is gone or gave up: nobody waits for the answer any more.
   * @param why - for logs
   * @returns it, and who was tried
   */
  abort(outcome: Outcome = 'aborted', why = ''): string {
    const isOn = why !== '' && this.#phase !== 'idle';
    const reason = isOn ? this.#tries.describe(why, this.#lease?.member) : why;
    this.#rest();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.cancel();
    this.#dropConnection();
    this.#release(outcome, 0);
    return reason;
  }

  /** The pause between two tries is over. */
  onWake(): void {
    if (this.#phase !== 'paused') return;
    if (this.#lease === undefined) this.#acquire();
    else this.#use(this.#lease);
  }

  /** The client takes bytes again. */
  onClientUnblocked(): void {
    const connection = this.#link;
    if (connection !== undefined && this.#phase === 'sent') this.#armServerTimeout(connection);
  }

  // --- a member and a connection to it

  #acquire(): void {
    const pool = this.#pool!;
    const { trace } = this.#request;
    if (trace !== undefined) {
      trace.phase = 'queue';
      if (this.#tries.count === 0) trace.queuedMs = this.#context.environment.clock.now();
    }
    this.#request.nowMs = this.#context.wheel.nowMs;
    const answer = pool.acquire(this.#request);
    if (answer.kind === 'lease') this.#use(answer);
    else if (answer.kind === 'refusal') this.#onRefused(answer);
    else this.#queue(answer);
  }

  #queue(pending: PendingLease): void {
    this.#phase = 'queued';
    this.#pending = pending;
    pending.then((answer) => {
      const isWanted = this.#pending === pending;
      if (isWanted) this.#pending = undefined;
      if (answer.kind === 'refusal') {
        if (isWanted) this.#onRefused(answer);
      } else if (isWanted) this.#use(answer);
      else answer.release('aborted');
    });
  }

  #onRefused(refusal: Refusal): void {
    this.#rest();
    const { reason } = refusal;
    if (this.#tries.count === 0) this.#owner.onUnanswered(503, reason);
    // After a failed try the client hears of that one.
    else this.#giveUp('member-fault', reason === 'all-tried' ? '' : `${reason}, `);
  }

  #giveUp(end: TraceEnd, before = ''): void {
    const isTold = this.#request.trace !== undefined;
    const reason = isTold ? before + this.#tries.describe() : '';
    this.#owner.onUnanswered(this.#tries.failure, reason, end);
  }

  #use(lease: Lease): void {
    lease.owner = this;
    this.#lease = lease;
    this.#request.answerCookie = lease.cookie;
    if (this.#tries.count > 0) this.#tries.announce(this.#pool!.name);
    // Who hears of it may drain the member at once: then the request has been answered already.
    if (this.#lease !== lease) return;
    this.#tries.count++;
    const { trace } = this.#request;
    if (trace !== undefined) {
      trace.onLease(lease.member, this.#tries.count, this.#context.environment.clock.now());
      // Who hears of it may have taken the member away.
      if (this.#lease !== lease) return;
    }
    const mayReuse = mayReuseLink(this.#config!, this.#request, this.#held);
    const idle = mayReuse ? this.#links!.take(lease.member, this, this.#host) : undefined;
    if (idle === undefined) this.#dial(lease.member);
    else {
      this.#link = idle;
      this.#send(idle);
    }
  }

  #dial(member: Member): void {
    this.#phase = 'dialling';
    const links = this.#links!;
    const preamble = links.takesPreamble ? proxyPreamble(this.#config!, this.#owner.client) : '';
    this.#link = links.dial(member, this, this.#host, preamble);
  }

  /** What TLS towards the member may have to ask for. */
  get #host(): string {
    return this.#config!.tls?.sni === 'host' ? this.#request.forwardedHost : '';
  }

  #send(connection: MemberLink): void {
    this.#phase = 'sent';
    const request = this.#request;
    let { text } = request;
    if (request.trace !== undefined) {
      const nowMs = this.#context.environment.clock.now();
      text = request.trace.onSend(text, connection.isReused, nowMs);
    }
    const { outlet } = connection;
    outlet.source = this.#owner.source;
    const hasPreamble = !connection.isReused && !this.#links!.takesPreamble;
    const preamble = hasPreamble ? proxyPreamble(this.#config!, this.#owner.client) : '';
    outlet.sendText(preamble === '' ? text : preamble + text);
    this.#lease!.member.state.totals.bytesIn += text.length;
    this.#held.sendTo(outlet);
    this.#isRepeatable = request.isIdempotent || connection.mayRefuse;
    if (!this.#isRepeatable || !this.#held.isWithinBound) this.#held.forget();
    this.#armServerTimeout(connection);
    // While the member does not take what is held, the client rests as its source.
    if (!request.hasWholeBody && !outlet.isBlocked) this.#owner.onBodyWanted();
  }

  #armServerTimeout(connection: MemberLink): void {
    connection.timer.arm(this.#serverMs);
  }

  // --- what the member's connection does

  onMemberConnected(): void {
    if (this.#phase === 'dialling' && this.#link !== undefined) this.#send(this.#link);
  }

  onMemberBytes(bytes: Buffer, length: number): void {
    const connection = this.#link!;
    this.#lease!.member.state.totals.bytesOut += length;
    const headsBefore = this.#relay.headCount;
    // Bytes of a head do not extend its time.
    if (this.#relay.isHeadSent) this.#armServerTimeout(connection);
    // From here on a slow client holds the member back.
    else if (!this.#relay.hasBegun) this.#owner.outlet.source = connection.source;
    this.#relay.onBytes(bytes, length);
    const isHead = this.#relay.headCount > headsBefore;
    if (isHead && this.#link === connection) this.#armServerTimeout(connection);
  }

  memberReadBuffer(): Buffer | undefined {
    return this.#owner.outlet.readBuffer;
  }

  onMemberEnd(): void {
    if (this.#relay.onEnd()) this.onAnswerEnd(false);
    else if (this.#relay.isEnding) this.#relay.spoil();
    else this.#onAttemptFailed('reset');
  }

  onMemberClosed(): void {
    if (this.#relay.isEnding) this.#relay.spoil();
    else this.#onAttemptFailed(this.#link?.isConnected === true ? 'reset' : 'connect-failed');
  }

  onMemberUnblocked(): void {
    if (this.#link !== undefined) this.#armServerTimeout(this.#link);
  }

  onMemberDeadline(): void {
    const connection = this.#link!;
    if (this.#phase === 'dialling') this.#onAttemptFailed('connect-failed');
    else if (this.#relay.isEnding || this.#isWaitingForClient(connection)) {
      this.#armServerTimeout(connection);
    } else this.#onAttemptFailed('timeout');
  }

  /** The client is the one to move: it has body bytes to send, or an answer to take; its own timeout runs. */
  #isWaitingForClient(connection: MemberLink): boolean {
    if (this.#owner.outlet.isBlocked) return true;
    return !this.#relay.hasBegun && !this.#request.hasWholeBody && !connection.outlet.isBlocked;
  }

  onRevoke(_lease: Lease, reason: string): void {
    this.abort();
    if (this.#relay.isHeadSent) this.#owner.onTruncated();
    else this.#owner.onUnanswered(503, reason);
  }

  // --- how the answer fares

  onAnswerHead(status: number): boolean {
    if (status >= 400 && this.#tries.mindsStatuses && this.#triesInstead(status)) return false;
    const { trace } = this.#request;
    if (trace !== undefined) trace.onAnswerHead(status, this.#context.environment.clock.now());
    this.#context.counters.answers.count(status);
    return true;
  }

  onAnswerEnd(isClean: boolean): void {
    const connection = this.#link!;
    this.#link = undefined;
    this.#rest();
    this.#owner.outlet.source = undefined;
    const isReady = isClean && this.#request.hasWholeBody && connection.hasSentAll;
    if (isReady && keepsLinks(this.#config!)) this.#links!.giveBack(connection);
    else connection.destroy();
    this.#release('ok', this.#relay.status);
    this.#owner.onAnswered();
  }

  holdMember(): void {
    this.#link?.source.pause();
  }

  resumeMember(): void {
    if (!this.#owner.outlet.isBlocked) this.#link?.source.resume();
  }

  onAnswerMalformed(reason: string): void {
    const isHeadSent = this.#relay.isHeadSent;
    const why = this.abort('malformed', reason);
    if (isHeadSent) this.#owner.onTruncated();
    else this.#owner.onUnanswered(502, why, 'member-fault');
  }

  onSwitched(bytes: Buffer, from: number, to: number): void {
    const lease = this.#lease!;
    const connection = this.#link!;
    this.#lease = undefined;
    this.#link = undefined;
    this.#rest();
    countAnswer(this.#owner.answer, this.#request, this.#context);
    this.#owner.onSwitched(lease, connection, bytes.subarray(from, to));
  }

  // --- another try?

  #onAttemptFailed(outcome: 'connect-failed' | 'reset' | 'timeout'): void {
    const connection = this.#link;
    const lease = this.#lease;
    if (connection === undefined || lease === undefined) return;
    const isRace = outcome === 'reset' && connection.isReused && !this.#relay.hasBegun;
    this.#dropConnection();
    if (this.#relay.isHeadSent) {
      const { trace } = this.#request;
      if (trace !== undefined && outcome === 'timeout') trace.end = 'member-timeout';
      this.#rest();
      this.#release(outcome, 0);
      this.#owner.onTruncated();
      return;
    }
    if (
      isRace &&
      this.#canReplay(outcome, connection) &&
      this.#tries.mayRepeat(connection.isRefused)
    ) {
      // The member closed an idle connection just when it was used: that says nothing about the member.
      this.#dial(lease.member);
      return;
    }
    const reason =
      outcome === 'connect-failed' && connection.fault !== '' ? connection.fault : outcome;
    if (connection.isBlameless) {
      // Another member would be no better, and this one is well.
      this.#rest();
      this.#release('aborted', 0);
      this.#owner.onUnanswered(503, reason, 'member-fault');
      return;
    }
    this.#release(outcome, 0);
    const status = outcome === 'connect-failed' ? 503 : outcome === 'reset' ? 502 : 504;
    this.#tries.fail(lease.member, reason, status);
    this.#retryOrAnswer(outcome, connection);
  }

  #retryOrAnswer(outcome: 'connect-failed' | 'reset' | 'timeout', link: MemberLink): void {
    const condition = outcome === 'connect-failed' ? 'connect-failure' : 'reset-before-response';
    if (outcome === 'timeout' || !this.#canReplay(outcome, link) || !this.#tries.allow(condition)) {
      this.#rest();
      this.#giveUp(outcome === 'timeout' ? 'member-timeout' : 'member-fault');
      return;
    }
    this.#goOn();
  }

  /** Asks another member in the place of an answer with that status; false = there is none, and the answer is passed on. */
  #triesInstead(status: number): boolean {
    const tries = this.#tries;
    const { member } = this.#lease!;
    if (!this.#request.isIdempotent || !this.#held.isWhole) return false;
    if (!tries.allow(`${status}`)) return false;
    tries.fail(member, `status ${status}`, status);
    this.#request.nowMs = this.#context.wheel.nowMs;
    const next = this.#pool!.acquire(this.#request);
    if (this.#lease === undefined) {
      // Code of the host, asked for a member, has taken this one away: the request was answered then.
      if (next.kind === 'lease') next.release('aborted');
      return true;
    }
    if (next.kind !== 'lease') {
      // Who would have to queue is better off with the answer that is there.
      if (next.kind === 'pending') next.cancel();
      tries.refund();
      tries.undoFail();
      return false;
    }
    this.#dropConnection();
    this.#release('ok', status);
    this.#relay.restart();
    this.#lease = next;
    next.owner = this;
    this.#goOn();
    return true;
  }

  /** The next try, after its pause. */
  #goOn(): void {
    const pauseMs = this.#tries.pauseMs(this.#pool!);
    this.#phase = 'paused';
    if (pauseMs > 0) this.#owner.wakeExchangeIn(pauseMs);
    else this.onWake();
  }

  /** Whether what has come of the answer leaves room for another try. */
  get #mayRepeat(): boolean {
    return this.#tries.mindsStatuses ? !this.#relay.isHeadSent : !this.#relay.hasBegun;
  }

  /** Whether all that was sent is still held, and sending it again can do no harm. */
  #canReplay(outcome: Outcome, link: MemberLink): boolean {
    if (outcome === 'connect-failed') return true;
    if (!this.#request.isIdempotent && !link.isRefused) return false;
    return !this.#relay.hasBegun && this.#held.isWhole;
  }

  #dropConnection(): void {
    const connection = this.#link;
    this.#link = undefined;
    this.#owner.outlet.source = undefined;
    connection?.destroy();
  }

  #release(outcome: Outcome, status: number): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#lease = undefined;
    countAnswer(this.#owner.answer, this.#request, this.#context);
    const { trace } = this.#request;
    if (trace !== undefined) {
      trace.onTryEnd(outcome, status, this.#context.environment.clock.now());
    }
    lease.release(outcome, status);
  }

  /** Nothing is under way, and nothing is sent again. */
  #rest(): void {
    this.#phase = 'idle';
    this.#held.drop();
    this.#relay.drop();
  }
}
