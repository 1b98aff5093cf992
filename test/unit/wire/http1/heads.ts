// Short ways to parse a head that is written as text (bytes as latin1).
import { applyEdits } from '../../../../src/wire/http1/edit.js';
import type { HeadLimits } from '../../../../src/wire/http1/message-head.js';
import { parseRequestHead, RequestHead } from '../../../../src/wire/http1/request-head.js';
import { parseResponseHead, ResponseHead } from '../../../../src/wire/http1/response-head.js';

export const LIMITS: HeadLimits = { headerBytes: 16_384, headers: 100 };

/** Room in front of the text, so that an offset that forgets `from` shows. */
export const MARGIN = 7;

/** A parse together with the buffer it points into. */
export interface Parsed<Head> {
  readonly head: Head;
  readonly bytes: Buffer;
  readonly result: number;
  text(from: number, to: number): string;
}

function place(text: string): Buffer {
  const bytes = Buffer.alloc(MARGIN + text.length + 1, 'x');
  bytes.write(text, MARGIN, 'latin1');
  return bytes;
}

export function parseRequest(text: string, limits: HeadLimits = LIMITS): Parsed<RequestHead> {
  const head = new RequestHead();
  const bytes = place(text);
  const result = parseRequestHead(head, bytes, MARGIN, MARGIN + text.length, limits);
  return { head, bytes, result, text: (from, to) => bytes.toString('latin1', from, to) };
}

export function parseResponse(text: string, requestWasHead = false): Parsed<ResponseHead> {
  const head = new ResponseHead();
  const bytes = place(text);
  const result = parseResponseHead(
    head,
    bytes,
    MARGIN,
    MARGIN + text.length,
    requestWasHead,
    LIMITS,
  );
  return { head, bytes, result, text: (from, to) => bytes.toString('latin1', from, to) };
}

/** The head as it is forwarded, without what a forwarder adds. */
export function forwarded(parsed: Parsed<RequestHead> | Parsed<ResponseHead>): string {
  const start = applyEdits(parsed.bytes, parsed.head);
  return parsed.bytes.toString('latin1', start, parsed.head.end);
}
