// Access logs end to end: one line for each request or connection, also for those that were refused or broken off.
import { Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { Emitter } from '../../src/core/emitter.js';
import type { BalancerEvents } from '../../src/model/events.js';
import { ask, connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { connectTcp, deadPort, Stage, startEcho } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

/** A log that a test reads. */
function collect(): {
  readonly accessLog: (lines: string) => void;
  readonly lines: string[];
  json: (count: number) => Promise<Record<string, unknown>[]>;
} {
  const lines: string[] = [];
  return {
    lines,
    accessLog: (text) => void lines.push(...text.trimEnd().split('\n')),
    async json(count) {
      await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(count));
      expect(lines).toHaveLength(count);
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

describe('accessLog json of http', () => {
  const options = { protocol: 'http', accessLog: 'json' } as const;

  test('tells who asked what, who answered, and how long it took', async () => {
    const log = collect();
    const member = stage.add(await startHttpMember(() => ok('hello')));
    const { port } = await stage.open([member], { ...options, requestId: {} }, {}, log);
    const lines = 'User-Agent: "curl"\u00e9\r\n';
    const answer = await ask(port, post('abc', '/a?b="c"', lines));
    const [line = {}] = await log.json(1);
    const bytes = answer.head.length + 4 + 5;
    expect(line).toMatchObject({
      frontend: 'front',
      client: '127.0.0.1',
      method: 'POST',
      host: 'a.test',
      target: '/a?b="c"',
      version: '1.1',
      userAgent: '"curl"é',
      requestId: answer.headers.get('x-request-id'),
      pool: 'pool',
      member: expect.stringMatching(/^m-[0-9a-f]{8}$/),
      tries: 1,
      status: 200,
      bytesIn: 3,
      bytesOut: bytes,
      end: 'ok',
    });
    expect(line).not.toHaveProperty('reason');
    expect(Date.parse(String(line['at']))).toBeGreaterThan(Date.now() - 10_000);
    for (const step of ['queueMs', 'connectMs', 'headMs', 'totalMs']) {
      expect(line[step]).toBeGreaterThanOrEqual(0);
      expect(line[step]).toBeLessThan(10_000);
    }
  });

  test('has a line for what was refused, with the reason', async () => {
    const log = collect();
    const { port } = await stage.open([], { ...options, maintenance: { status: 500 } }, {}, log);
    await ask(port, 'GET / HTTP/1.1\r\n\r\n');
    await ask(port, get('/x'));
    await ask(port, 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [bad, down, trace] = await log.json(3);
    expect(bad).toMatchObject({ status: 400, end: 'answered', reason: expect.stringMatching(/./) });
    expect(down).toMatchObject({ status: 500, target: '/x', reason: 'maintenance' });
    expect(trace).toMatchObject({ status: 405, method: 'TRACE' });
  });

  test('names the fixed rule that refused, on HTTP/2 as well', async () => {
    const log = collect();
    const member = stage.add(await startHttpMember(() => ok()));
    const settings = {
      ...options,
      http2: { cleartext: true },
      limits: { bodyBytes: 5 },
    };
    const { port } = await stage.open([member], settings, {}, log);
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    await ask(port, 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n');
    await ask(port, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n');
    await ask(port, post('123456'));
    await ask(port, `${chunked}x\r\n`);
    for (const [piece, status] of [
      ['6\r\n123456\r\n', 413],
      ['5\r\n12345x', 400],
    ] as const) {
      const client = await connectHttp(port);
      client.send(chunked);
      client.send(piece);
      expect((await client.reply()).status).toBe(status);
    }
    const access = { deny: ['127.0.0.1'] };
    const guarded = await stage.open([member], { ...settings, access }, {}, log);
    await ask(guarded.port, get('/'));
    const client = stage.add(await connectHttp2(port));
    await client.ask('/', { headers: { ':method': 'TRACE' } });
    await client.ask('/', { body: Buffer.from('123456') });
    const lines = await log.json(9);
    expect(lines.map(({ status, reason }) => `${String(status)} ${String(reason)}`)).toEqual([
      '405 the method is not allowed',
      '417 an expectation that nobody knows',
      '413 the body is too long',
      '400 bad chunked framing',
      '413 the body is too long',
      '400 bad chunked framing',
      '403 access',
      '405 the method is not allowed',
      '413 the body is too long',
    ]);
  });

  test('names the tries that failed, in their order', async () => {
    const log = collect();
    const members = ['a', 'b', 'c'].map(async (name) => ({
      name,
      address: `127.0.0.1:${await deadPort()}`,
    }));
    const pool = { members: await Promise.all(members), retries: { attempts: 2 } };
    const { port } = await stage.open([], options, pool, log);
    await ask(port, get('/'));
    expect((await log.json(1))[0]).toMatchObject({
      status: 503,
      tries: 3,
      member: 'c',
      reason: 'connect-failed after 3 tries: a, b, c',
    });
  });

  test('has a line for what got no answer of a member, or half of one', async () => {
    const log = collect();
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        setTimeout(() => peer.socket.destroy(), 20);
      }),
    );
    const dead = `127.0.0.1:${await deadPort()}`;
    const half = await stage.open([member], options, {}, log);
    const client = await connectHttp(half.port);
    client.send(get('/half'));
    await client.peer.ending;
    const none = await stage.open([dead], options, { retries: { attempts: 0 } }, log);
    await ask(none.port, get('/none'));
    const [broken, refused] = await log.json(2);
    expect(broken).toMatchObject({ status: 200, end: 'member-fault', target: '/half' });
    expect(refused).toMatchObject({
      status: 503,
      end: 'member-fault',
      reason: expect.stringMatching(/^connect-failed after 1 try: /) as string,
    });
  });

  test('names every member that was tried, also where time ran out or an answer was malformed', async () => {
    const log = collect();
    const script = (answer: string | undefined) => () => answer;
    const busy = 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n';
    const [first, silent, junk] = await Promise.all(
      [busy, undefined, 'garbage\r\n\r\n'].map((answer) => startHttpMember(script(answer))),
    );
    for (const member of [first, silent, junk]) stage.add(member!);
    const pool = { strategy: 'first', retries: { on: ['503'] } } as const;
    const timeouts = { total: 150 };
    const late = await stage.open([first!, silent!], { ...options, timeouts }, pool, log);
    await ask(late.port, get('/late'));
    const bad = await stage.open([first!, junk!], options, pool, log);
    await ask(bad.port, get('/bad'));
    const [slow, malformed] = await log.json(2);
    const both = 'after 2 tries: m-[0-9a-f]{8}, m-[0-9a-f]{8}$';
    expect(slow).toMatchObject({ status: 504, end: 'member-timeout', tries: 2 });
    expect(slow?.['reason']).toMatch(new RegExp(`^member-timeout ${both}`));
    expect(malformed).toMatchObject({ status: 502, end: 'member-fault', tries: 2 });
    expect(malformed?.['reason']).toMatch(new RegExp(`^bad status line ${both}`));
  });

  test('has a line for a client that leaves', async () => {
    const log = collect();
    const member = stage.add(await startHttpMember(() => undefined));
    const { port } = await stage.open([member], options, {}, log);
    const client = await connectHttp(port);
    client.send(get('/gone'));
    await vi.waitFor(() => expect(member.requests).toHaveLength(1));
    client.peer.socket.resetAndDestroy();
    expect(await log.json(1)).toMatchObject([{ target: '/gone', end: 'client-abort', status: 0 }]);
  });

  test('a reload begins and ends it; the last lines are out when the balancer is closed', async () => {
    const log = collect();
    const member = stage.add(await startHttpMember(() => ok()));
    const spec = (accessLog: 'json' | 'none') =>
      ({
        frontends: [{ name: 'f', protocol: 'http', bind: '127.0.0.1:0', pool: 'p', accessLog }],
        pools: [{ name: 'p', members: [member.address] }],
      }) as const;
    const balancer = new Balancer(spec('none'), { accessLog: log.accessLog });
    const port = (await balancer.start())['f']?.[0]?.port ?? 0;
    await ask(port, get('/1'));
    await balancer.apply(spec('json'));
    await ask(port, get('/2'));
    await balancer.close();
    expect(log.lines.map((line) => JSON.parse(line).target)).toEqual(['/2']);
  });

  test('lines that nobody takes are lost, counted and told', async () => {
    const events = new Emitter<BalancerEvents>();
    const faults: string[] = [];
    events.on('frontend:fault', ({ reason }) => faults.push(reason));
    const stuck = new Writable({ write: () => {} });
    const { port, frontend } = await stage.open([], options, {}, { accessLog: stuck, events });
    const client = await connectHttp(port);
    const request = get(`/${'x'.repeat(8000)}`);
    for (let i = 0; i < 160; i++) {
      client.send(request);
      await client.reply();
    }
    expect(frontend.status().totals.unlogged).toBeGreaterThan(10);
    expect(faults).toEqual(['access log: lines are lost, since nobody takes them']);
    expect(stuck.writableLength).toBeLessThanOrEqual(1_048_576);
    client.peer.socket.destroy();
  });
});

describe('accessLog of tcp', () => {
  test('json: one line for each connection', async () => {
    const log = collect();
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], { accessLog: 'json' }, {}, log);
    const client = await connectTcp(port);
    client.send('hello');
    await client.read(5);
    client.socket.end();
    await client.ending;
    const [line = {}] = await log.json(1);
    expect(line).toMatchObject({
      frontend: 'front',
      client: '127.0.0.1',
      pool: 'pool',
      tries: 1,
      bytesIn: 5,
      bytesOut: 5,
      end: 'ok',
    });
    expect(line['totalMs']).toBeGreaterThan(0);
  });

  test('haproxy: no member, and a client that resets', async () => {
    const log = collect();
    const options = { accessLog: 'haproxy' } as const;
    const dead = `127.0.0.1:${await deadPort()}`;
    const none = await stage.open([dead], options, { retries: { attempts: 0 } }, log);
    await (await connectTcp(none.port)).ending;
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], options, {}, log);
    const client = await connectTcp(port);
    client.send('x');
    await client.read(1);
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(log.lines).toHaveLength(2));
    const time = '\\[\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\]';
    expect(log.lines[0]).toMatch(
      new RegExp(`^127.0.0.1:\\d+ ${time} front pool/m-\\w{8} \\d+/-1/\\d+ 0 SC 1/1/0/0/0 0/0$`),
    );
    expect(log.lines[1]).toMatch(
      new RegExp(
        `^127.0.0.1:\\d+ ${time} front pool/m-\\w{8} \\d+/\\d+/\\d+ 1 CD 1/1/\\d/\\d/0 0/0$`,
      ),
    );
  });
});
