import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyMode, BodyReader } from '../../../../src/wire/http1/body.js';
import { requestPath } from '../../../../src/wire/http1/edit.js';
import { CHUNKED_CASES } from '../../../integration/http-strict/cases/chunked.js';
import { REQUEST_CASES } from '../../../integration/http-strict/cases/requests.js';
import { RESPONSE_CASES } from '../../../integration/http-strict/cases/responses.js';
import { forwarded, parseRequest, parseResponse } from './heads.js';

type Verdict = readonly [result: number, status: number, end: number];

function requestVerdict(text: string): Verdict {
  const { result, head } = parseRequest(text);
  return [result, head.status, result === 1 ? head.end : 0];
}

function responseVerdict(text: string): Verdict {
  const { result, head } = parseResponse(text);
  return [result, result === 1 ? head.status : 0, result === 1 ? head.end : 0];
}

/** Every prefix is unfinished up to some byte and from there on has the verdict of the whole. */
function expectFinal(text: string, verdictOf: (text: string) => Verdict, step: number): void {
  const whole = verdictOf(text);
  let isDecided = false;
  for (let length = 0; length <= text.length; length += step) {
    const verdict = verdictOf(text.slice(0, length));
    if (verdict[0] === 0 && !isDecided) continue;
    isDecided = true;
    expect(verdict).toEqual(whole);
  }
}

describe('however the bytes arrive', () => {
  test('a request head gets one verdict, as early as it can be told', () => {
    for (const { bytes } of REQUEST_CASES) {
      expectFinal(bytes, requestVerdict, bytes.length > 400 ? 97 : 1);
    }
  });

  test('a response head gets one verdict', () => {
    for (const { bytes } of RESPONSE_CASES) {
      expectFinal(bytes, responseVerdict, bytes.length > 400 ? 97 : 1);
    }
  });

  test('a chunked body gets one verdict and one rendering', () => {
    const body = fc.constantFrom(...CHUNKED_CASES);
    const cuts = fc.array(fc.nat(2000), { maxLength: 12 });
    fc.assert(
      fc.property(body, cuts, ({ bytes, forwarded: expected }, at) => {
        const reader = new BodyReader();
        reader.start(BodyMode.chunked);
        const edges = [0, ...at.filter((cut) => cut < bytes.length).sort((a, b) => a - b)];
        let kept = '';
        let isRefused = false;
        for (const [k, from] of edges.entries()) {
          const piece = Buffer.from(bytes.slice(from, edges[k + 1]), 'latin1');
          isRefused ||= reader.feed(piece, 0, piece.length) < 0;
          if (isRefused) break;
          kept += piece.toString('latin1', 0, reader.keptEnd);
        }
        expect(isRefused).toBe(expected === undefined);
        if (expected !== undefined) expect(kept + reader.tail).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

const name = fc.stringMatching(/^X-[A-Za-z0-9!#$%&'*+.^`|~-]{1,20}$/);
const value = fc
  .array(fc.integer({ min: 33, max: 255 }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes.filter((code) => code !== 127)));
const path = fc.stringMatching(/^\/[A-Za-z0-9/?=&%._~-]{0,40}$/);
const method = fc.stringMatching(/^[A-Z]{1,12}$/).filter((text) => !/^(CONNECT|TRACE)$/.test(text));

describe('what is rendered is read again', () => {
  test('any well-formed request is accepted and forwarded byte for byte', () => {
    fc.assert(
      fc.property(method, path, fc.array(fc.tuple(name, value)), (verb, target, fields) => {
        const lines = fields
          .filter(([key]) => !/^x-forwarded/i.test(key))
          .map(([key, text]) => `${key}: ${text}\r\n`)
          .join('');
        const text = `${verb} ${target} HTTP/1.1\r\nHost: a.test:80\r\n${lines}\r\n`;
        const parsed = parseRequest(text);
        expect(parsed.result).toBe(1);
        expect(parsed.text(parsed.head.methodStart, parsed.head.methodEnd)).toBe(verb);
        expect(requestPath(parsed.bytes, parsed.head)).toBe(target);
        expect(forwarded(parsed)).toBe(text);
      }),
    );
  });

  test('a forwarded head needs no further edit', () => {
    for (const { bytes, status } of REQUEST_CASES) {
      if (status !== 0) continue;
      const parsed = parseRequest(bytes);
      const { isChunked, form, minor } = parsed.head;
      const once = forwarded(parsed);
      // HTTP/1.0 without Host and chunked bodies get the lines that the forwarder adds.
      if (isChunked || minor === 0) continue;
      const again = parseRequest(once);
      expect([again.result, again.head.editCount, form >= 0]).toEqual([1, 0, true]);
      expect(forwarded(again)).toBe(once);
    }
  });

  test('one byte changed anywhere never makes two readings', () => {
    const base = 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: y\r\n\r\nhello';
    for (let at = 0; at < base.length - 5; at++) {
      for (let code = 0; code < 256; code++) {
        const text = base.slice(0, at) + String.fromCharCode(code) + base.slice(at + 1);
        const { result, head } = parseRequest(text);
        if (result !== 1) continue;
        // Accepted: then the framing is the one written, or there is none because its name was changed.
        expect(head.isChunked).toBe(false);
        expect(/\r\nContent-Length:[ \t]*\d{1,2}\r\n/i.test(text)).toBe(head.contentLength >= 0);
      }
    }
  });
});
