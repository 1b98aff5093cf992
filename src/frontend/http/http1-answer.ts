// Writes answers to clients of HTTP/1: heads edited where they lie, bodies as they are framed.
import { latin1 } from '../../upstream/latin1.js';
import type { Outlet } from '../../upstream/outlet.js';
import { appendLines, applyEdits } from '../../wire/http1/edit.js';
import type { ResponseHead } from '../../wire/http1/response-head.js';
import type { AnswerWriter, BodyPiece } from './answer-writer.js';
import { HeadLines, line } from './head-lines.js';
import type { RequestState } from './request-state.js';

const UPGRADE_REQUIRED = 426;
/** Longest Upgrade line of a 426 that is passed on: there is room for so much behind a head. */
const MAX_UPGRADE_BYTES = 1024;

/** Up to so many body bytes leave with the text before or behind them. */
const TEXT_BYTES = 16_384;

/** One per client connection. */
export class Http1Answer implements AnswerWriter {
  readonly maxStatus = 999;
  readonly #request: RequestState;
  readonly #client: Outlet;
  bytesOut = 0;

  constructor(request: RequestState, client: Outlet) {
    this.#request = request;
    this.#client = client;
  }

  /** HTTP/1.0 knows no 1xx. */
  writeInformational(head: ResponseHead, bytes: Buffer): void {
    if (this.#request.minor === 0) return;
    const start = applyEdits(bytes, head);
    this.#send(bytes, start, head.end);
  }

  writeHead(head: ResponseHead, bytes: Buffer, body: BodyPiece, lines: string): void {
    const request = this.#request;
    const upgrade = head.status === UPGRADE_REQUIRED ? offeredUpgrade(head, bytes) : '';
    const start = applyEdits(bytes, head);
    let dataEnd = body.keptEnd;
    if (upgrade !== '') {
      const offer = line('Connection: Upgrade', `Upgrade: ${upgrade}`);
      dataEnd = appendLines(bytes, head, dataEnd, offer);
    }
    if (head.isChunked && request.minor === 1) {
      dataEnd = appendLines(bytes, head, dataEnd, HeadLines.chunked);
    }
    if (!request.keepsAlive) dataEnd = appendLines(bytes, head, dataEnd, HeadLines.close);
    else if (request.minor === 0) dataEnd = appendLines(bytes, head, dataEnd, HeadLines.keepAlive);
    if (lines === '') this.#sendBody(bytes, start, dataEnd, body, '');
    else {
      const opening = `${latin1(bytes, start, head.end - 2)}${lines}\r\n`;
      this.#sendBody(bytes, head.end, dataEnd, body, opening);
    }
  }

  writeBody(bytes: Buffer, body: BodyPiece): void {
    this.#sendBody(bytes, 0, body.keptEnd, body, '');
  }

  writeEnd(): void {}

  writeSwitch(head: ResponseHead, bytes: Buffer, upgrade: string, lines: string): void {
    const from = head.end;
    const start = applyEdits(bytes, head);
    if (upgrade !== '') {
      appendLines(bytes, head, from, line('Connection: Upgrade', `Upgrade: ${upgrade}`));
    }
    if (lines === '') {
      this.#send(bytes, start, head.end);
      return;
    }
    const text = `${latin1(bytes, start, head.end - 2)}${lines}\r\n`;
    this.bytesOut += text.length;
    this.#client.sendText(text);
  }

  /** @param opening - goes before the bytes, in the same write if they are few */
  #sendBody(bytes: Buffer, from: number, to: number, body: BodyPiece, opening: string): void {
    const { tail } = body;
    if (opening === '' && tail === '') {
      if (to > from) this.#send(bytes, from, to);
    } else if (to - from > TEXT_BYTES) {
      this.bytesOut += opening.length + tail.length;
      if (opening !== '') this.#client.sendText(opening);
      this.#send(bytes, from, to);
      if (tail !== '') this.#client.sendText(tail);
    } else {
      this.bytesOut += opening.length + to - from + tail.length;
      this.#client.sendText(opening + latin1(bytes, from, to) + tail);
    }
    if (body.isDone) this.#client.endMessage();
  }

  #send(bytes: Buffer, from: number, to: number): void {
    this.bytesOut += to - from;
    this.#client.send(bytes, from, to);
  }
}

/** What a 426 says must be upgraded to; without it the answer means nothing (RFC 9110 15.5.22). */
function offeredUpgrade(head: ResponseHead, bytes: Buffer): string {
  const { upgradeStart, upgradeEnd } = head;
  if (upgradeStart < 0 || upgradeEnd - upgradeStart > MAX_UPGRADE_BYTES) return '';
  return latin1(bytes, upgradeStart, upgradeEnd);
}
