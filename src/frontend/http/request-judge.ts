// Asks the rules about the requests of one connection, and keeps the verdict until the request is carried out.
import type { Pool } from '../../pool/pool.js';
import type { RequestHead } from '../../wire/http1/request-record.js';
import type { FrontendContext } from '../handler.js';
import type { AnswerContent, AnswerStatus } from './answers.js';
import type { HttpSettings } from './http-settings.js';
import { goesByChangedLines } from './keys-as-sent.js';
import type { Policy, Verdict } from './policy/policy.js';
import { answerContent, rulingReason } from './request-rules.js';
import type { RequestState } from './request-state.js';
import type { TraceSink } from './request-trace.js';
import { beginTrace } from './request-tracing.js';

/** What requests are judged by. */
export interface JudgeTerms {
  /** What is asked about each request; undefined = nothing. */
  readonly policy: Policy | undefined;
  /** Who may want to know of requests. */
  readonly traces: TraceSink;
  /** Where a request goes if no pass says otherwise; undefined = nowhere. */
  readonly pool: Pool | undefined;
}

/** Whose requests are judged. */
export interface Judged {
  readonly settings: HttpSettings;
  /** 2 for a stream of HTTP/2; undefined = as the head says. */
  readonly minor?: number;
  /** The status of the answer to give at once, by fixed rules; 0 = go on. */
  ruleOn(head: RequestHead, bytes: Buffer): AnswerStatus;
  /** A verdict that took its time is there. */
  onVerdict(): void;
  /** Gives an answer of the balancer's own. @param reason - for logs */
  giveAnswer(status: AnswerStatus, content?: AnswerContent, reason?: string): void;
  /** Ends the connection or stream without an answer. */
  cutByRule(): void;
  /** Sends the request on to a member of the pool. */
  forward(pool: Pool, head: RequestHead, bytes: Buffer): void;
}

/** A request whose head was read; valid during the call only. */
export interface JudgedRequest {
  readonly head: RequestHead;
  readonly bytes: Buffer;
  /** Where it goes if no rule says otherwise. */
  readonly pool: Pool | undefined;
  /** What is wrong with its body; '' = nothing so far. @defaultValue '' */
  readonly bodyFault?: string;
}

/** One per client connection or stream: nothing is asked twice about a request that had to wait for its verdict. */
export class RequestJudge {
  readonly #judged: Judged;
  readonly #context: FrontendContext;
  readonly #request: RequestState;
  #verdict: Verdict = undefined;
  /** The policy has spoken about the request that is read next. */
  hasSpoken = false;

  constructor(judged: Judged, context: FrontendContext, request: RequestState) {
    this.#judged = judged;
    this.#context = context;
    this.#request = request;
  }

  /** Looks at a head as it came: whether the request may be carried out now. If not, `onVerdict` says when. */
  admit(head: RequestHead, bytes: Buffer, terms: JudgeTerms): boolean {
    if (this.hasSpoken) return true;
    const { policy, traces } = terms;
    const request = this.#request;
    request.received = '';
    request.decision = undefined;
    if (policy === undefined && !traces.isOn) return true;
    request.receive(head, bytes);
    request.minor = this.#judged.minor ?? head.minor;
    beginTrace(request, this.#context, traces);
    if (policy === undefined || this.#judged.ruleOn(head, bytes) !== 0) return true;
    return this.#ask(policy, terms.pool);
  }

  #ask(policy: Policy, pool: Pool | undefined): boolean {
    const request = this.#request;
    request.nowMs = this.#context.wheel.nowMs;
    const decision = request.decide();
    decision.begin(pool);
    if (request.trace !== undefined) request.trace.phase = 'policy';
    const verdict = policy.judge(request, decision);
    if (!(verdict instanceof Promise)) {
      this.#verdict = verdict;
      return true;
    }
    const { judged } = this.#context;
    judged.add(this);
    void verdict.then((late) => {
      this.#verdict = late;
      this.hasSpoken = true;
      this.#judged.onVerdict();
      judged.delete(this);
    });
    return false;
  }

  /** Nobody waits for the request any more. */
  leave(): void {
    this.#context.judged.delete(this);
    this.#request.leave();
  }

  /** Does what the rules say of the request. @param status - of the answer by fixed rules; 0 = there is none */
  carryOut(status: AnswerStatus, { head, bytes, pool, bodyFault = '' }: JudgedRequest): void {
    const judged = this.#judged;
    const verdict = this.#verdict;
    const { counters } = this.#context;
    this.#verdict = undefined;
    this.hasSpoken = false;
    if (status !== 0) {
      counters.countRuling(status);
      const content = answerContent(status, head, bytes, judged.settings);
      judged.giveAnswer(status, content, bodyFault || rulingReason(status, head.method));
    } else if (verdict === 'close') {
      counters.denied++;
      judged.cutByRule();
    } else if (verdict !== undefined) {
      counters.countVerdict(verdict.denies === true);
      judged.giveAnswer(verdict.status, verdict, verdict.reason);
    } else this.#forward(head, bytes, pool);
  }

  #forward(head: RequestHead, bytes: Buffer, ownPool: Pool | undefined): void {
    const judged = this.#judged;
    const request = this.#request;
    if (request.trace !== undefined) request.addToldHeaders(ownPool);
    const pool = request.decision === undefined ? ownPool : request.decision.pool;
    if (pool === undefined) judged.giveAnswer(404, {}, 'no route and no default pool');
    else if (request.isConnect && pool.config.http.version === '2') {
      judged.giveAnswer(501, {}, 'CONNECT to a member of HTTP/2');
    } else {
      if (request.received === '' && goesByChangedLines(pool, head)) request.receive(head, bytes);
      judged.forward(pool, head, bytes);
    }
  }
}
