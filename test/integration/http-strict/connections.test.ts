import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOk, type MemberSide } from '../../support/raw-http.js';
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

const get = (path: string, lines = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const LAST = 'Connection: close\r\n';
const echoPath = (): void => {
  rig.member.script = (request) => answerOk(request.target);
};

describe('pipelining', () => {
  test('answers come in the order of the requests', async () => {
    const held: (() => void)[] = [];
    rig.member.script = (request, side) => {
      if (request.target !== '/1') return answerOk(request.target);
      held.push(() => side.send(answerOk('/1')));
      return undefined;
    };
    const client = await rig.connect();
    client.send(get('/1') + get('/2') + get('/3', LAST));
    await rig.member.sees(1);
    held[0]?.();
    const answers = await client.responses();
    expect(answers.map((answer) => answer.body)).toEqual(['/1', '/2', '/3']);
  });

  test('300 requests in one write are answered in order', async () => {
    echoPath();
    const client = await rig.connect();
    const paths = Array.from({ length: 300 }, (_, k) => `/${k}`);
    client.send(paths.map((path) => get(path)).join('') + get('/last', LAST));
    const answers = await client.responses();
    expect(answers.map((answer) => answer.body)).toEqual([...paths, '/last']);
  });

  test('requests in pieces of 3 bytes are the same requests', async () => {
    echoPath();
    const client = await rig.connect();
    const post = 'POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
    await client.sendPieces(get('/1') + post + get('/3', LAST), 3);
    const answers = await client.responses();
    expect(answers.map((answer) => answer.body)).toEqual(['/1', '/2', '/3']);
    expect((await rig.seen()).map((request) => request.body)).toContain('hello');
  });

  test('bodies between pipelined requests stay where they belong', async () => {
    rig.member.script = (request) => answerOk(`${request.target}=${request.body}`);
    const client = await rig.connect();
    client.send(
      'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc' +
        'POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\ndef\r\n0\r\nX: 1\r\n\r\n' +
        'POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n' +
        `POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n${LAST}\r\nGET /evil HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
    );
    const answers = await client.responses();
    expect(answers.map((answer) => answer.body)).toEqual([
      '/1=abc',
      '/2=def',
      '/3=',
      '/4=GET /evil HTTP/1.1\r\nHost: evil.test\r\n\r\n',
    ]);
  });

  test.each([
    ['a bad head', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a bad body', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n', 400],
    ['another version', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505],
    [
      'both framings',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('%s is refused after the answers before it', async (_, bad, status) => {
    const release: (() => void)[] = [];
    rig.member.script = (request, side) => {
      release.push(() => side.send(answerOk(request.target)));
      return undefined;
    };
    const client = await rig.connect();
    client.send(get('/1') + get('/2') + bad + get('/3'));
    await rig.member.sees(1);
    expect(client.received).toBe('');
    release[0]?.();
    await rig.member.sees(2);
    release[1]?.();
    const answers = await client.responses();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, status]);
    rig.member.script = () => answerOk();
    expect((await rig.seen()).map((request) => request.target)).toEqual(['/1', '/2']);
  });

  test('nothing after Connection: close is answered or forwarded', async () => {
    const client = await rig.connect();
    client.send(get('/1', LAST) + get('/2'));
    expect((await client.responses()).map((answer) => answer.status)).toEqual([200]);
    expect((await rig.seen()).map((request) => request.target)).toEqual(['/1']);
  });

  test('nothing after an HTTP/1.0 request is answered or forwarded', async () => {
    const client = await rig.connect();
    client.send(`GET /1 HTTP/1.0\r\nHost: a\r\n\r\n${get('/2')}`);
    expect((await client.responses()).map((answer) => answer.status)).toEqual([200]);
    expect((await rig.seen()).map((request) => request.target)).toEqual(['/1']);
  });

  test('an answer that closes ends the pipeline', async () => {
    rig.member.script = (_, side) => {
      side.socket.end('HTTP/1.1 200 OK\r\n\r\nto the end', 'latin1');
      return undefined;
    };
    const client = await rig.connect();
    client.send(get('/1') + get('/2'));
    expect((await client.responses()).map((answer) => answer.body)).toEqual(['to the end']);
  });

  test('HEAD, GET and 304 in one pipeline do not shift', async () => {
    rig.member.script = (request) => {
      if (request.method === 'HEAD') return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
      if (request.target === '/304') return 'HTTP/1.1 304 N\r\nContent-Length: 10\r\n\r\n';
      return answerOk(request.target);
    };
    const client = await rig.connect();
    client.send(`HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n${get('/304')}${get('/3', LAST)}`);
    expect((await client.response(true))?.status).toBe(200);
    expect((await client.response())?.status).toBe(304);
    expect((await client.response())?.body).toBe('/3');
  });

  test('a client that ends its side still gets every answer', async () => {
    echoPath();
    const client = await rig.connect();
    client.send(get('/1') + get('/2'));
    client.endSending();
    expect((await client.responses()).map((answer) => answer.body)).toEqual(['/1', '/2']);
  });
});

/** Two requests of one client, so that the second may take the first's connection; what the second was answered. */
async function reuseAfter(first: (side: MemberSide) => void, method = 'GET'): Promise<string[]> {
  const sides: MemberSide[] = [];
  rig.member.script = (request, side) => {
    sides.push(side);
    if (request.target !== '/first') return answerOk(request.target);
    first(side);
    return undefined;
  };
  const client = await rig.connect();
  const head = (path: string): string => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  client.send(head('/first'));
  await client.response(method === 'HEAD');
  client.send(head('/second'));
  const second = await client.response(method === 'HEAD');
  client.close();
  expect(sides.length).toBeGreaterThan(1);
  return [sides[0] === sides.at(-1) ? 'same' : 'other', second?.body ?? 'nothing'];
}

describe('shared member connections', () => {
  test('a clean connection is used again', async () => {
    expect(await reuseAfter((side) => side.send(answerOk()))).toEqual(['same', '/second']);
  });

  test.each([
    ['a second answer in the same write', `${answerOk()}${answerOk('evil')}`],
    ['one byte too many', `${answerOk()}x`],
    ['a line end too many', `${answerOk()}\r\n`],
    [
      'bytes behind chunks',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${answerOk('evil')}`,
    ],
    ['an answer behind 204', `HTTP/1.1 204 N\r\n\r\n${answerOk('evil')}`],
    ['an answer behind 304', `HTTP/1.1 304 N\r\nContent-Length: 3\r\n\r\n${answerOk('evil')}`],
    ['an answer that says close', answerOk('ok', 'Connection: close\r\n')],
    ['an answer that says close among others', answerOk('ok', 'Connection: x, Close\r\n')],
    ['an HTTP/1.0 answer', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['204 with a length', 'HTTP/1.1 204 N\r\nContent-Length: 5\r\n\r\n'],
    ['204 with chunks', 'HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('%s: the connection is thrown away', async (_, bytes) => {
    expect(await reuseAfter((side) => side.send(bytes))).toEqual(['other', '/second']);
  });

  test.each([
    ['an answer nobody asked for', answerOk('evil')],
    ['one byte nobody asked for', 'x'],
    ['100 Continue nobody asked for', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('%s while it is idle: the connection is thrown away', async (_, bytes) => {
    let first: MemberSide | undefined;
    rig.member.script = (request, side) => {
      first ??= side;
      return answerOk(request.target);
    };
    const client = await rig.connect();
    client.send(get('/first'));
    await client.response();
    first?.send(bytes);
    // The balancer cuts it; until then a request could still race with those bytes.
    await first?.inbox.until(() => undefined);
    client.send(get('/second'));
    expect((await client.response())?.body).toBe('/second');
    client.close();
  });

  test('an HTTP/1.0 answer with keep-alive and a length is used again', async () => {
    const bytes = 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok';
    expect(await reuseAfter((side) => side.send(bytes))).toEqual(['same', '/second']);
  });

  test('a body behind an answer to HEAD is never the next answer', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
    expect((await reuseAfter((side) => side.send(bytes), 'HEAD'))[0]).toBe('other');
  });

  test('a connection whose request body was not taken whole is not used again', async () => {
    const sides = new Set<MemberSide>();
    const client = await rig.connect();
    client.send('POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc');
    let hasAnswered = false;
    const { connections } = rig.member;
    const before = connections.length;
    while (connections.length === before || !(connections.at(-1)?.received ?? '').includes('abc')) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const side = connections.at(-1)!;
    sides.add(side);
    side.send(answerOk('early'));
    const answer = await client.response();
    hasAnswered = answer?.body === 'early';
    expect(hasAnswered).toBe(true);
    client.send(`${'x'.repeat(997)}${get('/next')}`);
    expect((await client.response())?.status).toBe(200);
    expect(side.received).not.toContain('/next');
    client.close();
    side.at = side.received.length;
  });

  test('a request on a kept connection that closes is sent again when it is a GET', async () => {
    let first: MemberSide | undefined;
    rig.member.script = (request, side) => {
      first ??= side;
      if (request.target === '/second' && side === first) {
        side.socket.destroy();
        return undefined;
      }
      return answerOk(request.target);
    };
    const client = await rig.connect();
    client.send(get('/first'));
    await client.response();
    client.send(get('/second'));
    expect((await client.response())?.body).toBe('/second');
    client.close();
  });

  test('a POST never takes a kept connection', async () => {
    const sides: MemberSide[] = [];
    rig.member.script = (_, side) => {
      sides.push(side);
      return answerOk();
    };
    const client = await rig.connect();
    client.send(get('/first'));
    await client.response();
    client.send('POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
    expect((await client.response())?.status).toBe(200);
    expect(sides[0]).not.toBe(sides[1]);
    client.close();
  });

  test("clients do not get each other's answers", async () => {
    echoPath();
    const clients = await Promise.all(Array.from({ length: 20 }, () => rig.connect()));
    await Promise.all(
      clients.map(async (client, k) => {
        for (let round = 0; round < 10; round++) {
          client.send(get(`/${k}-${round}`));
          expect((await client.response())?.body).toBe(`/${k}-${round}`);
        }
        client.close();
      }),
    );
  });
});
