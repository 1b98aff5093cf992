// Passes of a policy on HTTP/1.1: at once or late, they answer, close, change and redirect, and nothing is lost or asked twice.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Decision } from '../../src/frontend/http/policy/decision.js';
import { type Pass, Policy, type Verdict } from '../../src/frontend/http/policy/policy.js';
import type { RequestView } from '../../src/frontend/http/policy/request-view.js';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';
import {
  connectHttp,
  get,
  type HttpMember,
  ok,
  post,
  startHttpMember,
} from '../support/http-peers.js';
import { stalled } from '../support/stalled.js';
import { Stage } from '../support/tcp-peers.js';

type Judge = (request: RequestView, decision: Decision) => Verdict | Promise<Verdict>;

const present = vi.hoisted(() => ({ passes: [] as unknown[] }));
vi.mock('../../src/frontend/http/policy/create-policy.js', () => ({
  createPolicy: () => new Policy(present.passes as Pass[]),
}));

const HTTP = { protocol: 'http' } as const;
const REFUSED: Verdict = { status: 418, reason: 'a test', body: 'no\n', lines: 'X-Why: test\r\n' };
const stage = new Stage();
afterEach(() => stage.close());
beforeEach(() => {
  present.passes = [];
});

function use(...judges: Judge[]): void {
  present.passes = judges.map((judge, i) => ({ name: `pass-${i}`, judge }));
}

async function startEcho(): Promise<HttpMember> {
  return stage.add(await startHttpMember((request) => ok(`${request.firstLine}|${request.body}`)));
}

/** A verdict that a test gives when it likes. */
function late(): {
  readonly judge: Judge;
  readonly say: (verdict: Verdict) => void;
  asked: number;
} {
  const waiting: ((verdict: Verdict) => void)[] = [];
  const late = {
    asked: 0,
    judge: () => {
      late.asked++;
      return new Promise<Verdict>((resolve) => waiting.push(resolve));
    },
    say: (verdict: Verdict) => waiting.shift()?.(verdict),
  };
  return late;
}

describe('a pass that speaks at once', () => {
  test('answers in the place of a member; the next pass is not asked', async () => {
    const next = vi.fn(() => undefined);
    use(() => REFUSED, next);
    const { port } = await stage.open([await startEcho()], HTTP);
    const client = await connectHttp(port);
    client.send(get('/a') + post('body') + get('/b'));
    for (let i = 0; i < 3; i++) {
      const answer = await client.reply();
      expect([answer.status, answer.body.toString()]).toEqual([418, 'no\n']);
      expect(answer.headers.get('x-why')).toBe('test');
      expect(answer.headers.has('connection')).toBe(false);
    }
    expect(next).not.toHaveBeenCalled();
    client.peer.socket.destroy();
  });

  test('closes the connection, and nothing behind the request is looked at', async () => {
    let asked = 0;
    use(() => {
      asked++;
      return 'close';
    });
    const { port } = await stage.open([await startEcho()], HTTP);
    const client = await connectHttp(port);
    client.send(get('/a') + get('/b'));
    expect(await client.peer.ending).toBe('reset');
    expect(asked).toBe(1);
  });

  test('sees the request as it came', async () => {
    const seen: unknown[] = [];
    use((request) => {
      const { method, authority, host, target, version, source } = request;
      const header = request.attribute('header', 'x-a');
      const cookie = request.attribute('cookie', 'b');
      const query = request.attribute('query', 'q');
      const path = request.attribute('path', '');
      seen.push({ method, authority, host, target, version, source, header, cookie, query, path });
      return REFUSED;
    });
    const { port } = await stage.open([await startEcho()], HTTP);
    const client = await connectHttp(port);
    client.send(
      'PATCH /x/y?q=1&r HTTP/1.1\r\nHost: Example.com:81\r\nCookie: a=1; b=2\r\nX-A:  v \r\n\r\n' +
        'GET http://h?q=3 HTTP/1.1\r\nHost: h\r\n\r\n' +
        'GET /z HTTP/1.0\r\n\r\n',
    );
    for (let i = 0; i < 3; i++) await client.reply();
    const source = '127.0.0.1';
    expect(seen).toEqual([
      {
        method: 'PATCH',
        authority: 'Example.com:81',
        host: 'example.com',
        target: '/x/y?q=1&r',
        version: '1.1',
        source,
        header: 'v',
        cookie: '2',
        query: '1',
        path: '/x/y',
      },
      {
        method: 'GET',
        authority: 'h',
        host: 'h',
        target: '/?q=3',
        version: '1.1',
        source,
        query: '3',
        path: '/',
      },
      { method: 'GET', authority: '', host: '', target: '/z', version: '1.0', source, path: '/z' },
    ]);
    client.peer.socket.destroy();
  });

  test('changes heads both ways and the target, for this request only', async () => {
    let turn = 0;
    use((_request, decision) => {
      if (turn++ > 0) return undefined;
      decision.target = '/new?x';
      decision.request.set('X-A', 'ours');
      decision.request.remove('x-gone');
      decision.response.remove('server');
      decision.response.add('X-Big', 'b'.repeat(12_000));
      decision.always.add('X-Always', 'yes');
      return undefined;
    });
    const member = stage.add(
      await startHttpMember((request) => {
        const { firstLine, headers } = request;
        const text = `${firstLine}|${headers.get('x-a')}|${headers.get('x-gone')}`;
        return `HTTP/1.1 200 OK\r\nServer: s\r\nServer: t\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    const request =
      'GET /old HTTP/1.1\r\nHost: a\r\nX-a: theirs\r\nx-A: twice\r\nX-Gone: 1\r\n\r\n';
    client.send(request + request);
    const first = await client.reply();
    expect(first.body.toString()).toBe('GET /new?x HTTP/1.1|ours|undefined');
    expect(first.headers.has('server')).toBe(false);
    expect(first.headers.get('x-big')).toHaveLength(12_000);
    expect(first.headers.get('x-always')).toBe('yes');
    const second = await client.reply();
    expect(second.body.toString()).toBe('GET /old HTTP/1.1|theirs, twice|1');
    expect(second.headers.get('server')).toBe('s, t');
    expect(second.headers.has('x-always')).toBe(false);
    client.peer.socket.destroy();
  });

  test('sends the request nowhere: 404 with the lines for every answer', async () => {
    use((_request, decision) => {
      decision.pool = undefined;
      decision.always.add('X-Always', 'yes');
      return undefined;
    });
    const { port } = await stage.open([await startEcho()], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    const answer = await client.reply();
    expect([answer.status, answer.headers.get('x-always')]).toEqual([404, 'yes']);
    client.peer.socket.destroy();
  });
});

describe('a pass that takes its time', () => {
  test('holds the request and what follows; each goes on once, in order, with its body', async () => {
    const verdicts = late();
    use(verdicts.judge);
    const member = await startEcho();
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(`${post('one')}POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    client.send(`3\r\ntwo\r\n0\r\n\r\n${get('/c')}`);
    const answers: string[] = [];
    for (let i = 0; i < 3; i++) {
      await vi.waitFor(() => expect(verdicts.asked).toBe(i + 1));
      expect(member.peers.length).toBeLessThanOrEqual(i);
      verdicts.say(undefined);
      answers.push((await client.reply()).body.toString());
    }
    expect(answers).toEqual(['POST / HTTP/1.1|one', 'POST /b HTTP/1.1|two', 'GET /c HTTP/1.1|']);
    expect(verdicts.asked).toBe(3);
    client.peer.socket.destroy();
  });

  test('answers late, and a body that comes meanwhile is read and dropped', async () => {
    const verdicts = late();
    use(verdicts.judge);
    const { port } = await stage.open([await startEcho()], HTTP);
    const client = await connectHttp(port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n');
    await vi.waitFor(() => expect(verdicts.asked).toBe(1));
    client.send('x'.repeat(20_000));
    verdicts.say(REFUSED);
    expect((await client.reply()).status).toBe(418);
    client.send(get());
    await vi.waitFor(() => expect(verdicts.asked).toBe(2));
    verdicts.say(undefined);
    expect((await client.reply()).body.toString()).toBe('GET / HTTP/1.1|');
    client.peer.socket.destroy();
  });

  test('speaks in vain when the client has left', async () => {
    const verdicts = late();
    use(verdicts.judge);
    const member = await startEcho();
    const { port, frontend } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    await vi.waitFor(() => expect(verdicts.asked).toBe(1));
    client.peer.socket.resetAndDestroy();
    await vi.waitFor(() => expect(frontend.status().active).toBe(0));
    verdicts.say(undefined);
    await Promise.resolve();
    expect(member.peers).toHaveLength(0);
  });

  test('is bounded by timeouts.total: 504 and the end', async () => {
    const clock = new VirtualClock();
    const verdicts = late();
    use(verdicts.judge);
    const options = { ...HTTP, timeouts: { total: 3000 } };
    const { port, frontend } = await stage.open(
      [await startEcho()],
      options,
      {},
      { environment: { clock } },
    );
    const client = await connectHttp(port);
    client.send(get('/a') + get('/b'));
    await vi.waitFor(() => expect(verdicts.asked).toBe(1));
    clock.advance(3100);
    const answer = await client.reply();
    expect([answer.status, answer.headers.get('connection')]).toEqual([504, 'close']);
    expect(await client.peer.ending).toBe('end');
    verdicts.say(undefined);
    client.peer.socket.destroy();
    const closing = frontend.close();
    clock.advance(1);
    await closing;
    expect(verdicts.asked).toBe(1);
  });

  test('what a client pipelines meanwhile is bounded', async () => {
    const verdicts = late();
    use(verdicts.judge);
    const { port, frontend } = await stage.open([await startEcho()], HTTP);
    const client = await connectHttp(port);
    client.send(get('/'));
    await vi.waitFor(() => expect(verdicts.asked).toBe(1));
    client.send(get('/').repeat(20_000));
    await stalled(() => frontend.status().totals.bytesIn);
    expect(frontend.status().totals.bytesIn).toBeLessThanOrEqual(24 * 1024);
    verdicts.say(REFUSED);
    expect((await client.reply()).status).toBe(418);
    client.peer.socket.destroy();
  });
});
