// A member's answer on its way to the client: heads parsed and edited, bodies followed byte for byte.
import { latin1 } from '../../upstream/latin1.js';
import { editable } from '../../upstream/read-buffers.js';
import { BodyMode, BodyReader } from '../../wire/http1/body.js';
import { type HeadLimits, hasLineEnd, ParseResult } from '../../wire/http1/message-head.js';
import { removeFields } from '../../wire/http1/remove-fields.js';
import { parseResponseHead, ResponseHead } from '../../wire/http1/response-head.js';
import type { AnswerWriter } from './answer-writer.js';
import {
  bodilessLines,
  type Compression,
  type CompressionPlan,
  codingLines,
} from './compression/compression.js';
import {
  type EncodedAnswer,
  type EncodedOwner,
  startEncoded,
} from './compression/encoded-answer.js';
import { renderLines } from './policy/head-changes.js';
import type { RequestState } from './request-state.js';
import { stickyLines } from './sticky-lines.js';

/** Most 1xx answers before the final one. */
const MAX_INFORMATIONAL = 32;
const SWITCHING_PROTOCOLS = 101;

/** One record for all: a head is done with before the next one is parsed. */
const head = new ResponseHead();

/** Told how the answer fares. */
export interface RelayOwner {
  /** Whether what is missing of the request's body can still be read once the answer is out. */
  readonly canFinishRequest: boolean;
  /** The final answer's head is there, nothing of it is forwarded yet: false = it is not to be forwarded. */
  onAnswerHead(status: number): boolean;
  /** The answer has been written whole. @param isClean - the member connection may carry another request */
  onAnswerEnd(isClean: boolean): void;
  /** The member broke the protocol. */
  onAnswerMalformed(reason: string): void;
  /** The answer comes faster than it can be compressed: the member is to rest, or may go on. */
  holdMember(): void;
  resumeMember(): void;
  /** The connection is a tunnel from here on; `bytes[from..to)` came behind the head. */
  onSwitched(bytes: Buffer, from: number, to: number): void;
}

/**
 * waiting -> head -> body -> done. 1xx heads pass in between.
 */
export class ResponseRelay implements EncodedOwner {
  readonly #owner: RelayOwner;
  readonly #request: RequestState;
  readonly #writer: AnswerWriter;
  readonly #body: BodyReader = new BodyReader();
  #partial: Buffer | undefined = undefined;
  #closes = false;
  #compression: Compression | undefined = undefined;
  /** Takes the rest of a body that is compressed. */
  #encoded: EncodedAnswer | undefined = undefined;
  limits: HeadLimits = { headerBytes: 0, headers: 0 };
  /** A byte of the answer has arrived: the request is not sent again. */
  hasBegun = false;
  /** Heads passed on for this request, 1xx included. */
  headCount = 0;
  /** The head has gone to the client: a fault can only cut the connection now. */
  isHeadSent = false;
  /** Nothing but the end of the connection ends the body. */
  isOpenEnded = false;
  status = 0;

  constructor(owner: RelayOwner, request: RequestState, writer: AnswerWriter) {
    this.#owner = owner;
    this.#request = request;
    this.#writer = writer;
  }

  /** Expects the answer of a new request. */
  begin(limits: HeadLimits, compression: Compression | undefined): void {
    this.limits = limits;
    this.#compression = compression;
    this.restart();
  }

  /** Expects another answer to the same request, in the place of one of which nothing has been forwarded. */
  restart(): void {
    this.drop();
    this.#partial = undefined;
    this.headCount = 0;
    this.#closes = false;
    this.hasBegun = false;
    this.isHeadSent = false;
    this.isOpenEnded = false;
    this.status = 0;
    this.#writer.bytesOut = 0;
  }

  /** The member has sent all; what is compressed of it is still to be written. */
  get isEnding(): boolean {
    return this.#encoded?.isEnding === true;
  }

  /** Nothing more is written of an answer under way. */
  drop(): void {
    this.#encoded?.destroy();
    this.#encoded = undefined;
  }

  /** The member's connection can't be used again, though the answer may be finished. */
  spoil(): void {
    this.#closes = true;
  }

  /** Takes what the member sent. */
  onBytes(buffer: Buffer, length: number): void {
    this.hasBegun = true;
    if (this.isEnding) {
      this.#closes = true;
      return;
    }
    if (this.isHeadSent) this.#forwardBody(buffer, length);
    else if (this.#partial === undefined) {
      this.#readHead(editable(buffer, length), length);
    } else this.#continueHead(this.#partial, buffer, length);
  }

  /** The member's connection has ended: whether that ends the answer as it should, and the answer is written. */
  onEnd(): boolean {
    if (!this.isHeadSent || !this.#body.end()) return false;
    if (this.#encoded !== undefined) {
      this.#closes = true;
      this.#encoded.end();
      return false;
    }
    this.#writer.writeEnd();
    return true;
  }

  onEncoderFull(): void {
    this.#owner.holdMember();
  }

  onEncoderReady(): void {
    this.#owner.resumeMember();
  }

  onEncodedEnd(): void {
    this.#encoded = undefined;
    this.#owner.onAnswerEnd(!this.#closes);
  }

  onEncoderFault(): void {
    this.#owner.onAnswerMalformed('compression failed');
  }

  #continueHead(partial: Buffer, buffer: Buffer, length: number): void {
    const total = partial.length + length;
    if (total < this.limits.headerBytes && !hasLineEnd(buffer, 0, length)) {
      this.#partial = Buffer.concat([partial, buffer.subarray(0, length)]);
      return;
    }
    this.#partial = undefined;
    this.#readHead(editable(buffer, length, partial), total);
  }

  #readHead(bytes: Buffer, to: number): void {
    let from = 0;
    for (;;) {
      const result = parseResponseHead(head, bytes, from, to, this.#request.isHead, this.limits);
      if (result === ParseResult.partial) {
        this.#partial = Buffer.from(bytes.subarray(from, to));
        return;
      }
      if (result === ParseResult.refused) {
        this.#owner.onAnswerMalformed(head.reason);
        return;
      }
      if (head.status >= 200 || head.status === SWITCHING_PROTOCOLS) break;
      if (++this.headCount > MAX_INFORMATIONAL) {
        this.#owner.onAnswerMalformed('too many informational answers');
        return;
      }
      from = head.end;
      // It had framing lines: what follows may be meant as a body, so nothing follows the final answer.
      if (head.closes) this.#closes = true;
      this.#writer.writeInformational(head, bytes);
      if (from === to) return;
    }
    if (head.status > this.#writer.maxStatus) {
      this.#owner.onAnswerMalformed('a status that the version of the client does not know');
      return;
    }
    if (!this.#owner.onAnswerHead(head.status)) return;
    if (this.#isSwitch()) this.#switch(bytes, to);
    else if (head.status === SWITCHING_PROTOCOLS) {
      this.#owner.onAnswerMalformed('a switch of protocols that was not asked for');
    } else this.#forwardHead(bytes, to);
  }

  #isSwitch(): boolean {
    const request = this.#request;
    if (request.isConnect) return head.status >= 200 && head.status < 300;
    return head.status === SWITCHING_PROTOCOLS && request.upgrade !== '';
  }

  #switch(bytes: Buffer, to: number): void {
    const { upgrade } = this.#request;
    const from = head.end;
    if (upgrade !== '') {
      const chosen = head.upgradeStart < 0 ? '' : latin1(bytes, head.upgradeStart, head.upgradeEnd);
      if (chosen.toLowerCase() !== upgrade.toLowerCase()) {
        this.#owner.onAnswerMalformed('a switch to a protocol that was not asked for');
        return;
      }
    }
    this.status = head.status;
    const surplus = Buffer.from(bytes.subarray(from, to));
    // A length means nothing where a tunnel follows (RFC 9110 9.3.6).
    if (head.contentLength >= 0) head.removeLine(head.lengthLineStart, head.lengthLineEnd);
    const lines = this.#changeLines(bytes);
    this.isHeadSent = true;
    this.#writer.writeSwitch(head, bytes, upgrade, lines);
    this.#owner.onSwitched(surplus, 0, surplus.length);
  }

  #forwardHead(bytes: Buffer, to: number): void {
    const request = this.#request;
    const body = this.#body;
    const plan = this.#compression?.plan(head, bytes, request);
    const algorithm = plan === 'negotiable' || head.hasNoBody ? undefined : plan;
    const isHttp11 = request.minor === 1;
    body.start(bodyMode(), head.contentLength, isHttp11 && algorithm === undefined);
    const end = body.feed(bytes, head.end, to);
    if (end < 0) {
      this.#owner.onAnswerMalformed(body.reason);
      return;
    }
    // Without a length that this client understands, only the end of the connection ends the body.
    const isBare = head.isUntilClose || (head.isChunked && request.minor === 0);
    this.isOpenEnded = isBare && !head.hasNoBody && algorithm === undefined;
    // An answer before the whole request: the client must know that the rest will not be read (RFC 9110 10.1.1).
    if (this.isOpenEnded || !this.#owner.canFinishRequest) request.keepsAlive = false;
    if (head.closes || end < to) this.#closes = true;
    this.status = head.status;
    let lines = this.#changeLines(bytes);
    this.isHeadSent = true;
    this.headCount++;
    if (algorithm !== undefined) {
      const start = { head, bytes, body, lines, algorithm, isChunked: isHttp11 };
      this.#encoded = startEncoded(start, this.#writer, this);
      if (this.#encoded === undefined) this.#owner.onAnswerEnd(!this.#closes);
      return;
    }
    if (plan !== undefined) lines += this.#planLines(plan, bytes);
    this.#writer.writeHead(head, bytes, body, lines);
    if (body.isDone) this.#owner.onAnswerEnd(!this.#closes);
  }

  /** Leaves out what an answer that is not compressed, but could be, does not keep; the lines that it gets. */
  #planLines(plan: CompressionPlan & string, bytes: Buffer): string {
    if (!head.hasNoBody) return codingLines('negotiable', head, bytes).lines;
    const { removed, lines } = bodilessLines(plan, head, bytes, this.#request);
    if (removed.length > 0) removeFields(bytes, head, removed);
    return lines;
  }

  /** Leaves out what the policy takes out of the answer; the lines that it puts in. */
  #changeLines(bytes: Buffer): string {
    const { decision, answerCookie } = this.#request;
    if (decision === undefined && answerCookie === undefined) return '';
    let lines = '';
    if (decision !== undefined) {
      const { response, always } = decision;
      if (response.removed.length > 0) removeFields(bytes, head, response.removed);
      if (always.removed.length > 0) removeFields(bytes, head, always.removed);
      lines = renderLines(response) + renderLines(always);
    }
    if (answerCookie !== undefined) lines += stickyLines(this.#request, head, bytes, answerCookie);
    return lines;
  }

  #forwardBody(bytes: Buffer, length: number): void {
    const body = this.#body;
    const end = body.feed(bytes, 0, length);
    if (end < 0) {
      this.#owner.onAnswerMalformed(body.reason);
      return;
    }
    if (end < length) this.#closes = true;
    if (this.#encoded !== undefined) {
      this.#encoded.write(bytes, 0, body);
      return;
    }
    this.#writer.writeBody(bytes, body);
    if (body.isDone) this.#owner.onAnswerEnd(!this.#closes);
  }
}

function bodyMode(): BodyMode {
  if (head.hasNoBody) return BodyMode.none;
  if (head.isChunked) return BodyMode.chunked;
  return head.isUntilClose ? BodyMode.untilClose : BodyMode.length;
}
