// Members that speak HTTP/2, in the clear and over TLS, whatever their clients speak.
import { once } from 'node:events';
import http2 from 'node:http2';
import type { PoolSpec } from '../../../src/spec/pool.js';
import { MEMBER_AUTHORITY, MEMBER_NAME } from '../support/member-tls.js';
import type { Scenario } from '../support/scenario.js';
import { oneFrontend, QUICK } from '../support/specs.js';
import type { Stage } from '../support/stage.js';

const area = 'http/2';

/** A pool of members of HTTP/2. */
function pool(more: Partial<PoolSpec> = {}): Partial<PoolSpec> {
  return { http: { version: '2' }, ...more };
}

const TLS = { ca: MEMBER_AUTHORITY.ca, sni: MEMBER_NAME };

/** Lines of the last request that a member saw: pseudo-headers, Host and what is of a connection. */
function headOf(stage: Stage, member: string): readonly string[] {
  const lines = stage.at(member).seen.at(-1)?.lines ?? [];
  return lines.filter((line) => /^(?::|host:|connection:|upgrade:|te:)/.test(line)).sort();
}

/** What a client of HTTP/2 sees of one request. */
async function askHttp2(stage: Stage, path: string, headers: object = {}) {
  const session = http2.connect(`http://127.0.0.1:${stage.port()}`);
  session.on('error', () => undefined);
  try {
    const stream = session.request({ ':path': path, ...headers });
    let body = '';
    const trailers: string[] = [];
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (body += chunk));
    stream.on('trailers', (fields: http2.IncomingHttpHeaders) => {
      for (const [name, value] of Object.entries(fields))
        trailers.push(`${name}: ${String(value)}`);
    });
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    if (!stream.closed) await once(stream, 'close');
    return { status: head[':status'], body, trailers };
  } finally {
    session.destroy();
  }
}

export const http2Members: readonly Scenario[] = [
  {
    id: 'EK-120',
    area,
    title: 'Members in the clear: the head is of HTTP/2, requests of a client share connections',
    members: ['a-h2', 'b-h2'],
    spec: (at) => oneFrontend(at, { pool: pool() }),
    run: async (stage) => {
      const agent = stage.keepAlive();
      const headers = { host: 'app.example:81' };
      const bodies = await stage.bodies(6, '/x?q=1', { agent, headers });
      const head = headOf(stage, 'b-h2');
      const post = await stage.get('/post', { method: 'POST', body: 'hello', agent });
      return {
        bodies: bodies.join(' '),
        head,
        post: post.status,
        received: stage.at('a-h2').seen.at(-1)?.body,
        connections: [stage.at('a-h2').connections, stage.at('b-h2').connections],
      };
    },
    expected: {
      bodies: 'a-h2 b-h2 a-h2 b-h2 a-h2 b-h2',
      head: [':authority: app.example:81', ':method: GET', ':path: /x?q=1', ':scheme: http'],
      post: 200,
      received: 'hello',
      connections: [1, 1],
    },
  },
  {
    id: 'EK-121',
    area,
    title: 'Clients and members of HTTP/2: the same head, and trailers pass',
    members: ['a-h2'],
    spec: (at) => oneFrontend(at, { frontend: { http2: { cleartext: true } }, pool: pool() }),
    run: async (stage) => {
      const answer = await askHttp2(stage, '/trailers', {
        te: 'trailers',
        ':authority': 'a.example',
      });
      return { answer, head: headOf(stage, 'a-h2') };
    },
    expected: {
      answer: { status: 200, body: 'a-h2', trailers: ['x-sum: of a-h2'] },
      head: [
        ':authority: a.example',
        ':method: GET',
        ':path: /trailers',
        ':scheme: http',
        'te: trailers',
      ],
    },
  },
  {
    id: 'EK-122',
    area,
    title: 'Checks of a pool of HTTP/2 are of HTTP/2 too; a failed one moves its clients',
    members: ['a-h2', 'b-h2'],
    spec: (at) => oneFrontend(at, { pool: pool({ health: QUICK }) }),
    run: async (stage) => {
      await stage.until('a-h2', 'up');
      await stage.until('b-h2', 'up');
      const [asked = '', ...lines] = stage.at('a-h2').checks.at(-1)?.lines ?? [];
      stage.at('a-h2').healthStatus = 500;
      await stage.until('a-h2', 'down');
      const bodies = await stage.bodies(3);
      stage.at('a-h2').healthStatus = 200;
      await stage.until('a-h2', 'up');
      return {
        asked,
        authority: lines.filter((line) => /^(?::authority|host):/.test(line)).length,
        bodies: bodies.join(' '),
      };
    },
    expected: { asked: 'GET /health HTTP/2.0', authority: 1, bodies: 'b-h2 b-h2 b-h2' },
  },
  {
    id: 'EK-123',
    area,
    title: 'An upgrade stays behind: the member is asked for the plain answer',
    members: ['a-h2'],
    spec: (at) => oneFrontend(at, { frontend: { upgrades: ['websocket'] }, pool: pool() }),
    run: async (stage) => {
      const client = await stage.connect();
      client.send(
        'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      const isAnswered = await client.sees('a-h2');
      client.socket.destroy();
      return { status: client.text.slice(0, 12), isAnswered, head: headOf(stage, 'a-h2') };
    },
    expected: {
      status: 'HTTP/1.1 200',
      isAnswered: true,
      head: [':authority: a', ':method: GET', ':path: /chat', ':scheme: http'],
    },
  },
  {
    id: 'EK-124',
    area,
    title: 'Members over TLS; one that speaks HTTP/1.1 alone counts as one that can not be reached',
    members: ['tls-h2', 'tls-old'],
    spec: (at) => ({
      ...oneFrontend(at, {
        frontend: { routes: [{ match: { path: '/old' }, pool: 'old' }] },
      }),
      pools: [
        { name: 'b', members: [at.member('tls-h2')], ...pool({ tls: TLS }) },
        { name: 'old', members: [at.member('tls-old')], ...pool({ tls: TLS }) },
      ],
    }),
    run: async (stage) => {
      const right = await stage.get('/x', { headers: { host: 'a.example' } });
      const wrong = await stage.get('/old');
      return {
        right: [right.status, right.body],
        head: headOf(stage, 'tls-h2'),
        wrong: wrong.status,
        seen: stage.at('tls-old').seen.length,
      };
    },
    expected: {
      right: [200, 'tls-h2'],
      head: [':authority: a.example', ':method: GET', ':path: /x', ':scheme: https'],
      wrong: 503,
      seen: 0,
    },
  },
  {
    id: 'EK-125',
    area,
    title: 'Members over TLS are checked over TLS, in HTTP/2',
    members: ['tls-h2'],
    spec: (at) =>
      oneFrontend(at, {
        pool: pool({ tls: TLS, health: { ...QUICK, type: 'https', sni: MEMBER_NAME } }),
      }),
    run: async (stage) => {
      await stage.until('tls-h2', 'up');
      const asked = stage.at('tls-h2').checks.at(-1)?.lines[0];
      stage.at('tls-h2').healthStatus = 500;
      await stage.until('tls-h2', 'down');
      return { asked, status: (await stage.get()).status };
    },
    expected: { asked: 'GET /health HTTP/2.0', status: 503 },
  },
  {
    id: 'EK-126',
    area,
    title: 'A member of HTTP/2 that closes: the request goes to another one',
    members: ['a-h2', 'b-h2'],
    spec: (at) => oneFrontend(at, { pool: pool() }),
    run: async (stage) => {
      await stage.bodies(2);
      await stage.at('a-h2').die();
      return { statuses: await stage.statuses(6), bodies: (await stage.bodies(3)).join(' ') };
    },
    expected: { statuses: [200, 200, 200, 200, 200, 200], bodies: 'b-h2 b-h2 b-h2' },
  },
];
