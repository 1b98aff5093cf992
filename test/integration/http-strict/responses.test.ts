import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOk, type RawResponse } from '../../support/raw-http.js';
import { RESPONSE_CASES } from './cases/responses.js';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterEach(() => {
  rig.member.script = () => answerOk();
  rig.member.forget();
  expect(rig.member.faults).toEqual([]);
});
afterAll(() => rig.close());

/** Sends one request; the member answers with `bytes` and, when told so, ends its side. */
async function ask(
  bytes: string,
  options: { method?: string; version?: string; lines?: string; ends?: boolean } = {},
): Promise<RawResponse[]> {
  const { method = 'GET', version = '1.1', lines = '', ends = true } = options;
  rig.member.script = (_, side) => {
    if (!ends) return bytes;
    side.socket.end(bytes, 'latin1');
    return undefined;
  };
  rig.member.forget();
  const client = await rig.connect();
  client.send(`${method} /x HTTP/${version}\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`);
  const answers = await client.responses(method === 'HEAD');
  expect(client.unread).toBe('');
  client.close();
  rig.member.script = () => answerOk();
  return answers;
}

describe('every response of the table through a live frontend', () => {
  const refused = RESPONSE_CASES.filter((item) => !item.isAccepted);
  test.each(refused.map((item) => [item.name, item] as const))('refused: %s', async (_, item) => {
    const answers = await ask(item.bytes);
    expect(answers.map((answer) => answer.status)).toEqual([502]);
    expect(answers[0]?.head).not.toMatch(/127\.0\.0\.1/);
    // A GET may be sent again when no answer came; a bad answer is an answer.
    expect(await rig.seen()).toHaveLength(1);
  });

  const accepted = RESPONSE_CASES.filter((item) => item.isAccepted);
  test.each(accepted.map((item) => [item.name, item] as const))('accepted: %s', async (_, item) => {
    const [answer, ...more] = await ask(item.bytes, { ends: false });
    expect(answer?.body).toBe('ok');
    expect(answer?.isWhole).toBe(true);
    expect(answer?.startLine).toMatch(/^HTTP\/1\.1 \d{3}/);
    expect(more).toEqual([]);
  });
});

describe('answers without a body', () => {
  test.each([
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['204 with Content-Length 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    ['204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'],
    ['204 with chunks', 'HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    [
      '204 with bytes behind it',
      'HTTP/1.1 204 N\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    ],
  ])('%s', async (_, bytes) => {
    const answers = await ask(bytes, { ends: false });
    expect(answers.map((answer) => [answer.status, answer.body])).toEqual([[204, '']]);
    expect(answers[0]?.fields.has('content-length')).toBe(false);
    expect(answers[0]?.fields.has('transfer-encoding')).toBe(false);
  });

  test.each([
    ['304', 'HTTP/1.1 304 N\r\nETag: "x"\r\n\r\n', undefined],
    ['304 with a length', 'HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n', '5'],
    ['304 with a length and a body', 'HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\nhello', '5'],
  ])('%s', async (_, bytes, length) => {
    const answers = await ask(bytes, { ends: false });
    expect(answers.map((answer) => [answer.status, answer.body])).toEqual([[304, '']]);
    expect(answers[0]?.fields.get('content-length')).toBe(length);
  });

  test.each([
    ['with a length', 'Content-Length: 5\r\n', ''],
    ['with a length and a body that must not be there', 'Content-Length: 5\r\n', 'hello'],
    ['chunked', 'Transfer-Encoding: chunked\r\n', ''],
    ['with neither', '', ''],
  ])('an answer to HEAD %s', async (_, lines, body) => {
    const answers = await ask(`HTTP/1.1 200 OK\r\n${lines}\r\n${body}`, {
      method: 'HEAD',
      ends: false,
    });
    expect(answers.map((answer) => answer.status)).toEqual([200]);
    expect(answers[0]?.fields.get('content-length')).toBe(
      lines.includes('Length') ? '5' : undefined,
    );
  });

  test('205 has the length it says', async () => {
    const answers = await ask('HTTP/1.1 205 R\r\nContent-Length: 0\r\n\r\n', { ends: false });
    expect(answers.map((answer) => [answer.status, answer.body])).toEqual([[205, '']]);
  });
});

describe('bodies of answers', () => {
  test('a body without framing ends with the connection', async () => {
    const answers = await ask('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    expect(answers.map((answer) => [answer.body, answer.isWhole])).toEqual([
      ['until the end', true],
    ]);
    expect(answers[0]?.fields.get('connection')).toBe('close');
  });

  test.each([
    ['a length', 'Content-Length: 50\r\n', 'short'],
    ['chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nshort\r\n'],
    ['a cut chunk', 'Transfer-Encoding: chunked\r\n', 'ff\r\nshort'],
    ['no last line', 'Transfer-Encoding: chunked\r\n', '5\r\nshort\r\n0\r\n'],
  ])('a body with %s that ends early never looks whole', async (_, lines, body) => {
    const answers = await ask(`HTTP/1.1 200 OK\r\n${lines}\r\n${body}`);
    expect(answers.every((answer) => answer.status === 502 || !answer.isWhole)).toBe(true);
  });

  test('a head that ends early is 502', async () => {
    const answers = await ask('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n');
    expect(answers.map((answer) => answer.status)).toEqual([502]);
  });

  test('no answer at all is 502 after a GET was tried again', async () => {
    const answers = await ask('');
    expect(answers.map((answer) => answer.status)).toEqual([502]);
  });

  test('a POST without an answer is 502 and sent once', async () => {
    const answers = await ask('', { method: 'POST', lines: 'Content-Length: 0\r\n' });
    expect(answers.map((answer) => answer.status)).toEqual([502]);
    expect(await rig.seen()).toHaveLength(1);
  });

  test('an HTTP/1.0 client gets the payload of chunks and the end of the connection', async () => {
    const client = await rig.connect();
    rig.member.script = () =>
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nX: 1\r\n\r\n';
    client.send('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
    const answers = await client.responses();
    expect(answers.map((answer) => answer.body)).toEqual(['hello']);
    expect(answers[0]?.fields.has('transfer-encoding')).toBe(false);
  });

  test('an HTTP/1.0 client keeps its connection when it asks to and the length is known', async () => {
    const client = await rig.connect();
    client.send('GET /1 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
    const first = await client.response();
    expect(first?.fields.get('connection')).toBe('keep-alive');
    client.send('GET /2 HTTP/1.0\r\nHost: a\r\n\r\n');
    expect((await client.responses()).map((answer) => answer.status)).toEqual([200]);
  });
});

describe('1xx', () => {
  const FINAL = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  test('103 and 100 are passed on', async () => {
    const answers = await ask(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${FINAL}`,
    );
    expect(answers.map((answer) => answer.status)).toEqual([103, 100, 200]);
    expect(answers[0]?.lines).toEqual(['Link: </a>']);
  });

  test('none of it goes to an HTTP/1.0 client', async () => {
    const answers = await ask(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${FINAL}`, {
      version: '1.0',
    });
    expect(answers.map((answer) => answer.status)).toEqual([200]);
  });

  test('101 that nobody asked for is 502', async () => {
    const answers = await ask(
      `HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n${FINAL}`,
    );
    expect(answers.map((answer) => answer.status)).toEqual([502]);
  });

  test('101 to another protocol than the one asked for is 502', async () => {
    const answers = await ask('HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n', {
      lines: 'Connection: upgrade\r\nUpgrade: websocket\r\n',
    });
    expect(answers.map((answer) => answer.status)).toEqual([502]);
  });

  test('a flood of 1xx is cut', async () => {
    const answers = await ask('HTTP/1.1 102 P\r\n\r\n'.repeat(2000));
    expect(answers.length).toBeLessThan(200);
    expect(answers.at(-1)?.status).not.toBe(200);
  });
});

describe('header lines of answers', () => {
  test('what belongs to one hop stays there', async () => {
    const [answer] = await ask(
      'HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\n' +
        'Upgrade: h2c\r\nX-End: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(answer?.lines).toEqual([
      'X-End: 1',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      'Content-Length: 2',
      'Connection: close',
    ]);
  });

  test('names keep their letters and values their bytes', async () => {
    const [answer] = await ask(
      'HTTP/1.1 200 OK\r\nx-MiXeD:  caf\xe9 \r\nContent-Length: 2\r\n\r\nok',
    );
    expect(answer?.lines[0]).toBe('x-MiXeD:  caf\xe9 ');
  });

  test('an answer in pieces of one byte is the same answer', async () => {
    const bytes =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n';
    rig.member.script = (_, side) => {
      void (async () => {
        for (const byte of bytes) {
          await new Promise<void>((resolve) => {
            side.socket.write(byte, 'latin1', () => setImmediate(resolve));
          });
        }
      })();
      return undefined;
    };
    const client = await rig.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const [answer] = await client.responses();
    expect([answer?.body, answer?.trailers, answer?.isWhole]).toEqual(['ok', ['X-Sum: 1'], true]);
  });
});
