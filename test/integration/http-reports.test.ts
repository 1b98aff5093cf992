// What listeners of the diagnostics channels hear of HTTP requests.
import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RequestReport } from '../../src/model/request-report.js';
import { heard } from '../support/heard.js';
import { ask, connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { Stage } from '../support/tcp-peers.js';

const HTTP = { protocol: 'http' } as const;
const stage = new Stage();
afterEach(() => stage.close());

const tell = (report: unknown): void => (report as RequestReport).setHeader('x-told', 'yes');

function listen() {
  return {
    starts: heard<RequestReport>('evenkeel:request:start'),
    errors: heard<RequestReport>('evenkeel:request:error'),
    ends: heard<RequestReport>('evenkeel:request:end'),
  };
}

describe('a request that is answered', () => {
  test('is one object from start to end, filled in on the way', async () => {
    const { starts, errors, ends } = listen();
    const member = stage.add(await startHttpMember(() => ok('hello', 'X-Kept: yes\r\n')));
    const { port, pool } = await stage.open([member], HTTP);
    await ask(port, post('12345', '/a?b=1', 'X-Mine: 7\r\n'));
    await vi.waitUntil(() => ends.length === 1);
    expect(starts).toHaveLength(1);
    expect(ends[0]).toBe(starts[0]);
    expect(errors).toEqual([]);
    const [report] = ends;
    expect(report).toMatchObject({
      balancer: '',
      frontend: 'front',
      method: 'POST',
      authority: 'a.test',
      target: '/a?b=1',
      version: '1.1',
      pool: pool.name,
      member: pool.members[0]?.name,
      tries: 1,
      isRedispatched: false,
      status: 200,
      bytesIn: 5,
      phase: 'done',
      end: 'ok',
      reason: '',
      client: { source: '127.0.0.1', destinationPort: port },
    });
    expect(report?.header('x-mine')).toBe('7');
    expect(report?.header('x-theirs')).toBeUndefined();
    expect(report?.bytesOut).toBeGreaterThan(5);
    const { startMs, queuedMs, leasedMs, connectedMs, answeredMs, endMs } = report ?? {};
    const times = [startMs, queuedMs, leasedMs, connectedMs, answeredMs, endMs].map(Number);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.every(Number.isFinite)).toBe(true);
  });

  test('each of a kept connection has a report of its own, also pipelined', async () => {
    const { starts, ends } = listen();
    const member = stage.add(await startHttpMember((request) => ok(request.firstLine)));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/1') + get('/2') + get('/3'));
    for (let i = 0; i < 3; i++) await client.reply();
    await vi.waitUntil(() => ends.length === 3);
    expect(ends.map(({ target }) => target)).toEqual(['/1', '/2', '/3']);
    expect(new Set(ends).size).toBe(3);
    expect(starts).toEqual(ends);
    client.peer.socket.destroy();
  });

  test('each stream of HTTP/2 has one, and members get the headers that listeners set', async () => {
    const { starts, errors, ends } = listen();
    diagnostics.subscribe('evenkeel:request:start', tell);
    const member = stage.add(await startHttpMember((request) => ok(request.firstLine)));
    const { port, frontend } = await stage.open([member], {
      ...HTTP,
      http2: { cleartext: true },
      routes: [
        { match: { path: { exact: '/limit' } }, respond: { status: 429 } },
        { match: {}, pool: 'pool' },
      ],
    });
    const client = stage.add(await connectHttp2(port));
    await Promise.all(['/1', '/2'].map((path) => client.ask(path)));
    expect((await client.ask('/limit')).status).toBe(429);
    expect((await client.ask('/', { headers: { ':method': 'TRACE' } })).status).toBe(405);
    await vi.waitUntil(() => ends.length === 4);
    diagnostics.unsubscribe('evenkeel:request:start', tell);
    expect(new Set(starts)).toEqual(new Set(ends));
    expect(errors).toEqual([]);
    expect(ends.map(({ version }) => version)).toEqual(['2', '2', '2', '2']);
    expect(ends.map(({ target }) => target).sort()).toEqual(['/', '/1', '/2', '/limit']);
    expect(member.requests.map(({ headers }) => headers.get('x-told'))).toEqual(['yes', 'yes']);
    expect(frontend.status().totals).toMatchObject({
      requests: 4,
      denied: 1,
      intercepted: 1,
      malformed: 0,
      answers: { '2xx': 2, '4xx': 2 },
    });
  });

  test('a tunnel ends its report with the tunnel', async () => {
    const { ends } = listen();
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const member = stage.add(
      await startHttpMember(() => `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n`),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/', upgrade));
    expect((await client.reply()).status).toBe(101);
    expect(ends).toEqual([]);
    client.peer.socket.destroy();
    await vi.waitUntil(() => ends.length === 1);
    expect(ends[0]).toMatchObject({ status: 101, end: 'ok', phase: 'done' });
  });
});

describe('a request that fails', () => {
  test.each([
    ['a head that is malformed', 'GET / HTTP/1.1\r\n\r\n', 400, { method: '', phase: 'request' }],
    ['a member that refuses', get(), 503, { end: 'member-fault', phase: 'connect', tries: 1 }],
  ])('%s is told as an error too', async (_name, request, status, expected) => {
    const { errors, ends } = listen();
    const { port } = await stage.open(['127.0.0.1:1'], HTTP, { retries: { attempts: 0 } });
    expect((await ask(port, request)).status).toBe(status);
    await vi.waitUntil(() => ends.length === 1);
    expect(errors).toEqual(ends);
    expect(errors[0]).toMatchObject({ status, ...expected });
  });

  test('nobody to be lent is a fault, no pool is none', async () => {
    const { errors, ends } = listen();
    const { port } = await stage.open([], HTTP, { members: [] });
    expect((await ask(port, get())).status).toBe(503);
    await vi.waitUntil(() => ends.length === 1);
    expect(errors).toMatchObject([{ end: 'answered', phase: 'queue', reason: 'no-member' }]);
  });

  test('a client that leaves is a fault of its own', async () => {
    const { errors } = listen();
    const member = stage.add(await startHttpMember(() => undefined));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    await vi.waitUntil(() => member.requests.length === 1);
    client.peer.socket.resetAndDestroy();
    await vi.waitUntil(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ status: 0, end: 'client-abort', phase: 'head' });
  });

  test('an answer that breaks off has a status and a fault', async () => {
    const { errors } = listen();
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123');
        peer.socket.end();
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    await client.peer.ending;
    await vi.waitUntil(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ status: 200, end: 'member-fault', phase: 'body' });
  });

  test('one that goes on to another member says so', async () => {
    const { errors, ends } = listen();
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open(['127.0.0.1:1', member], HTTP, {
      retries: { attempts: 1, backoff: 0 },
    });
    await ask(port, get());
    await ask(port, get());
    await vi.waitUntil(() => ends.length === 2);
    expect(errors).toEqual([]);
    expect(ends.map(({ tries, isRedispatched }) => [tries, isRedispatched])).toContainEqual([
      2,
      true,
    ]);
  });
});

describe('a listener of the start', () => {
  test('sets headers for members in the place of received ones', async () => {
    const { starts } = listen();
    starts.push = (report) => {
      report.setHeader('traceparent', 'ours');
      report.setHeader('X-More', 'a b');
      return 0;
    };
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/', 'Traceparent: theirs\r\nAccept: x\r\n') + get('/2'));
    await client.reply();
    await client.reply();
    for (const request of member.requests) {
      expect(request.headers.get('traceparent')).toBe('ours');
      expect(request.headers.get('x-more')).toBe('a b');
    }
    expect(member.requests[0]?.headers.get('accept')).toBe('x');
    client.peer.socket.destroy();
  });

  test.each([
    ['a b', 'x'],
    ['', 'x'],
    ['x:', 'x'],
    ['x', 'a\r\nb: c'],
    ['x', 'a\u0000'],
    ['x', '\u{100}'],
  ])('can not break a head: %j: %j', async (name, value) => {
    const { starts } = listen();
    const thrown: unknown[] = [];
    starts.push = (report) => {
      try {
        report.setHeader(name, value);
      } catch (error) {
        thrown.push(error);
      }
      return 0;
    };
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    await ask(port, get());
    expect(thrown).toMatchObject([{ code: 'EK_STATE' }]);
  });
});
