// Further tries on a status: another member is asked in the place of an answer, as long as nothing of it has left.
import { afterEach, describe, expect, test } from 'vitest';
import { Pool } from '../../src/pool/pool.js';
import {
  ask,
  connectHttp,
  get,
  type HttpMember,
  ok,
  post,
  type Script,
  startHttpMember,
} from '../support/http-peers.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;
const ON = { on: ['connect-failure', 'reset-before-response', '503', 502] } as const;

function failing(text: string, status = '503 Busy'): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${text.length}\r\nX-Who: ${text}\r\n\r\n${text}`;
}

async function start(script: Script): Promise<HttpMember> {
  return stage.add(await startHttpMember(script));
}

/** `first` fills up first: every request goes to the first member that was not tried. */
async function open(
  members: readonly HttpMember[],
  retries: object = ON,
  options: object = {},
): ReturnType<Stage['open']> {
  return stage.open(members, { ...HTTP, ...options }, { strategy: 'first', retries });
}

describe('a retry on a status', () => {
  test('asks another member, and the client sees one answer', async () => {
    const bad = await start(() => failing('bad'));
    const good = await start(({ firstLine }) => ok(firstLine));
    const { port, pool, frontend } = await open([bad, good]);
    const told: unknown[] = [];
    frontend.events.on('request:retried', (event) => told.push(event.reason));
    const client = await connectHttp(port);
    client.send(get('/a') + get('/b'));
    for (const path of ['/a', '/b']) {
      const answer = await client.reply();
      expect([answer.status, answer.body.toString()]).toEqual([200, `GET ${path} HTTP/1.1`]);
    }
    expect([bad.requests.length, good.requests.length]).toEqual([2, 2]);
    expect(told).toEqual(['status 503', 'status 503']);
    const [first] = pool.status().members;
    expect(first).toMatchObject({ active: 0, totals: { picked: 2, retriedAway: 2 } });
    client.peer.socket.destroy();
  });

  test('passes the last failing answer on when nobody is left, or no try', async () => {
    const members = [
      await start(() => failing('one')),
      await start(() => failing('two', '502 Bad')),
      await start(() => failing('three')),
    ];
    const all = await open(members);
    const answer = await ask(all.port, get());
    expect([answer.status, answer.headers.get('x-who')]).toEqual([503, 'three']);
    expect(members.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
    const few = await open(members, { ...ON, attempts: 1 });
    const second = await ask(few.port, get());
    expect([second.status, second.body.toString()]).toEqual([502, 'two']);
    expect(members.map(({ requests }) => requests.length)).toEqual([2, 2, 1]);
    expect(all.frontend.status().totals.failed).toBe(0);
  });

  test('is made for no other status, and not without being asked for', async () => {
    const members = [await start(() => failing('a', '500 Oops')), await start(() => ok())];
    const { port } = await open(members);
    expect((await ask(port, get())).status).toBe(500);
    const quiet = [await start(() => failing('a')), await start(() => ok())];
    expect((await ask((await open(quiet, {})).port, get())).status).toBe(503);
    expect([...members, ...quiet].map(({ requests }) => requests.length)).toEqual([1, 0, 1, 0]);
  });

  test('never repeats what is not safe to repeat', async () => {
    const members = [await start(() => failing('a')), await start(() => ok())];
    const { port } = await open(members);
    expect((await ask(port, post('x'))).status).toBe(503);
    expect(members[1]!.requests).toHaveLength(0);
  });

  test('of a route holds as much of a body as the route says, whatever the pool says', async () => {
    const members = [
      await start(() => failing('a')),
      await start(({ body }) => ok(String(body.length))),
    ];
    const retries = { ...ON, bufferBytes: 24_000 };
    const pool = new Pool({
      name: 'web',
      members: members.map(({ address }) => address),
      strategy: 'first',
      retries: { ...ON, bufferBytes: '64KiB' },
    });
    const routes = [{ match: { path: '/small/' }, pool: 'web', retries }] as const;
    const { port } = await stage.open([], { ...HTTP, pool, routes });
    const put = (path: string, size: number): string =>
      post('p'.repeat(size), path).replace('POST', 'PUT');
    const found: unknown[] = [];
    for (const [path, size] of [
      ['/small/', 24_000],
      ['/small/', 30_000],
      ['/large', 30_000],
    ] as const) {
      found.push((await ask(port, put(path, size))).status);
    }
    // The member that failed may not be asked again, so the client hears what it said.
    expect(found).toEqual([200, 503, 200]);
    expect(members[1]!.requests).toHaveLength(2);
  });

  test('sends the body again while it is held whole, and passes the answer on when it is not', async () => {
    const members = [
      await start(() => failing('a')),
      await start(({ body }) => ok(String(body.length))),
    ];
    const { port } = await open(members, { ...ON, bufferBytes: 100_000 });
    const put = (size: number): string => post('p'.repeat(size)).replace('POST', 'PUT');
    for (const size of [10, 30_000, 99_000]) {
      expect((await ask(port, put(size))).body.toString()).toBe(String(size));
    }
    expect((await ask(port, put(300_000))).status).toBe(503);
    expect(members.map(({ requests }) => requests.length)).toEqual([4, 3]);
  });

  test('of a body that came with the head counts it as it counts any other', async () => {
    const members = [
      await start(() => failing('a')),
      await start(({ body }) => ok(String(body.length))),
    ];
    const { port } = await open(members, { ...ON, bufferBytes: 100 });
    const put = (size: number): string => post('p'.repeat(size)).replace('POST', 'PUT');
    const found: unknown[] = [];
    for (const size of [100, 101]) found.push((await ask(port, put(size))).status);
    const client = await connectHttp(port);
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.send(`60\r\n${'p'.repeat(0x60)}\r\n0\r\n\r\n`);
    found.push((await client.reply()).status);
    client.peer.socket.destroy();
    const split = await connectHttp(port);
    split.send(put(101).slice(0, -50));
    await expect.poll(() => members[0]!.requests.length).toBeGreaterThan(1);
    split.send('p'.repeat(50));
    found.push((await split.reply()).status);
    split.peer.socket.destroy();
    expect(found).toEqual([200, 503, 503, 503]);
  });

  test('takes the rest of a body to the next member when the answer came before its end', async () => {
    const early = stage.add(
      await startTcpMember((peer) => {
        void peer.read(60).then(() => peer.send(failing('early')));
      }),
    );
    const late = await start(({ body }) => ok(body.toString()));
    const { port, frontend } = await stage.open([early, late], HTTP, {
      strategy: 'first',
      retries: ON,
    });
    const told: string[] = [];
    frontend.events.on('request:retried', (event) => told.push(event.reason));
    const client = await connectHttp(port);
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst');
    await expect.poll(() => told).toEqual(['status 503']);
    client.send('again');
    const answer = await client.reply();
    expect([answer.status, answer.body.toString()]).toEqual([200, 'firstagain']);
    client.peer.socket.destroy();
  });

  test('holds what comes of a body while the head of the answer is on its way', async () => {
    const halting = stage.add(await startTcpMember());
    const late = await start(({ body }) => ok(body.toString()));
    const { port } = await stage.open([halting, late], HTTP, { strategy: 'first', retries: ON });
    const client = await connectHttp(port);
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst');
    const peer = await halting.next();
    await expect.poll(() => peer.text).toContain('first');
    peer.send('HTTP/1.1 503 Busy\r\nContent-');
    client.send('again');
    await expect.poll(() => peer.text).toContain('again');
    peer.send('Length: 0\r\n\r\n');
    expect((await client.reply()).body.toString()).toBe('firstagain');
    client.peer.socket.destroy();
  });

  test('waits between later tries, and ends with the total time', async () => {
    const members = [
      await start(() => failing('1')),
      await start(() => failing('2')),
      await start(() => undefined),
    ];
    const { port, pool } = await open(
      members,
      { ...ON, backoff: '20ms' },
      { timeouts: { total: '300ms' } },
    );
    const answer = await ask(port, get());
    expect(answer.status).toBe(504);
    expect(members.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
    await expect.poll(() => pool.status().members.map(({ active }) => active)).toEqual([0, 0, 0]);
  });

  test('is passed on when the next member would have to be waited for', async () => {
    const bad = await start(() => failing('bad'));
    const full = await start(() => undefined);
    const { port } = await stage.open([], HTTP, {
      strategy: 'first',
      retries: ON,
      members: [
        { name: 'bad', address: bad.address },
        { name: 'full', address: full.address, maxConnections: 1, weight: 1 },
      ],
    });
    const first = await connectHttp(port);
    first.send(get());
    await expect.poll(() => full.requests.length).toBe(1);
    const answer = await ask(port, get());
    expect([answer.status, answer.headers.get('x-who')]).toEqual([503, 'bad']);
    first.peer.socket.destroy();
  });

  test('follows the rules of the route, where it has some', async () => {
    const members = [await start(() => failing('a')), await start(() => ok('b'))];
    const routes = [{ match: { path: '/again/' }, pool: 'pool', retries: { on: [503] } }];
    const { port } = await open(members, {}, { routes });
    expect((await ask(port, get('/once'))).status).toBe(503);
    expect((await ask(port, get('/again/'))).body.toString()).toBe('b');
  });

  test('keeps tunnels and 1xx answers as they are', async () => {
    const hinting = await start(
      () => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${failing('a')}`,
    );
    const good = await start(() => ok('b'));
    const { port } = await open([hinting, good]);
    const client = await connectHttp(port);
    client.send(get());
    expect((await client.reply()).status).toBe(103);
    expect((await client.reply()).body.toString()).toBe('b');
    client.peer.socket.destroy();
  });
});
