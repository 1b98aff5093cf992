import http from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { BodyMode, BodyReader } from '../../../src/wire/http1/body.js';
import { applyEdits } from '../../../src/wire/http1/edit.js';
import { parseRequestHead, RequestHead } from '../../../src/wire/http1/request-head.js';
import { readRequest } from '../../support/raw-http.js';
import { CHUNKED_CASES } from './cases/chunked.js';
import { REQUEST_CASES } from './cases/requests.js';

interface Reading {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** What Node's own strict parser makes of the bytes of one connection; the last entry tells of a fault. */
function readWithNode(text: string): Promise<(Reading | 'refused')[]> {
  return new Promise((resolve) => {
    const readings: (Reading | 'refused')[] = [];
    const server = http.createServer({ keepAliveTimeout: 0 }, (request, response) => {
      let body = '';
      request.setEncoding('latin1');
      request.on('data', (piece: string) => {
        body += piece;
      });
      request.on('end', () => {
        const { method = '', url = '', rawHeaders } = request;
        const headers = [];
        for (let k = 0; k < rawHeaders.length; k += 2)
          headers.push(`${rawHeaders[k]}: ${rawHeaders[k + 1]}`);
        readings.push({ method, target: url, headers, body });
        response.end();
      });
    });
    server.on('clientError', (_, socket) => {
      readings.push('refused');
      socket.destroy();
    });
    let isDone = false;
    const finish = (): void => {
      if (isDone) return;
      isDone = true;
      // The answers to what was read are on their way through the queue of events.
      setImmediate(() => setImmediate(() => resolve(readings)));
    };
    const socket = new Duplex({
      read: () => {},
      write: (_chunk, _encoding, done) => done(),
      destroy: (_, done) => {
        finish();
        done(null);
      },
    });
    socket.on('end', finish);
    server.emit('connection', socket);
    socket.push(Buffer.from(text, 'latin1'));
    socket.push(null);
  });
}

/** The request as it is forwarded, with the framing line that a forwarder adds; undefined = refused. */
function render(text: string): string | undefined {
  const bytes = Buffer.alloc(text.length + 1);
  bytes.write(text, 'latin1');
  const head = new RequestHead();
  const body = new BodyReader();
  const limits = { headerBytes: 16_384, headers: 100 };
  if (parseRequestHead(head, bytes, 0, text.length, limits) !== 1) return undefined;
  const mode = head.contentLength >= 0 ? BodyMode.length : BodyMode.none;
  body.start(head.isChunked ? BodyMode.chunked : mode, head.contentLength);
  if (body.feed(bytes, head.end, text.length) < 0 || !body.isDone) return undefined;
  const host = head.hasHostLine ? '' : 'Host: added\r\n';
  const coding = head.isChunked ? 'Transfer-Encoding: chunked\r\n' : '';
  const payload = bytes.toString('latin1', head.end, body.keptEnd) + body.tail;
  const start = applyEdits(bytes, head);
  return `${bytes.toString('latin1', start, head.end - 2)}${host}${coding}\r\n${payload}`;
}

const METHODS = new Set(http.METHODS);
const chunked = CHUNKED_CASES.map(({ name, bytes }) => ({
  name: `chunked body: ${name}`,
  bytes: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${bytes}`,
}));
const accepted = [...REQUEST_CASES, ...chunked].flatMap(({ name, bytes }) => {
  const text = render(bytes);
  return text === undefined ? [] : [{ name, text }];
});

/** What Node refuses although it is right, each with its reason. */
function isListedDifference(text: string): boolean {
  const method = text.slice(0, text.indexOf(' '));
  // Node knows a fixed list of methods; any token is one (RFC 9110 9.1).
  if (!METHODS.has(method)) return true;
  // Node's length has 64 bits and no bound on zeros; ours is the same number.
  return false;
}

describe("Node's own parser reads what we forward as we do", () => {
  test.each(accepted.map(({ name, text }) => [name, text] as const))('%s', async (_, text) => {
    const next = 'GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n';
    const ours = readRequest(text, 0);
    expect(ours?.end).toBe(text.length);
    const theirs = await readWithNode(text + next);
    if (isListedDifference(text)) return;
    const { method, target, lines, body } = ours!.message;
    expect(theirs).toHaveLength(2);
    const [first, second] = theirs;
    expect(first).toMatchObject({ method, target, body });
    expect(typeof first === 'object' ? first.headers : []).toEqual(
      lines.map((line) => line.replace(/^([^:]+):[ \t]*(.*?)[ \t]*$/, '$1: $2')),
    );
    expect(second).toMatchObject({ target: '/next' });
  });

  test('hundreds of requests are compared', () => {
    expect(accepted.filter(({ text }) => !isListedDifference(text)).length).toBeGreaterThan(250);
  });
});
