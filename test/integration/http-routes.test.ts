// Routes of a running frontend: every action, in one order, switched by a reload under kept connections.
import { afterEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { Frontend } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';
import type { RouteSpec } from '../../src/spec/route.js';
import {
  ask,
  connectHttp,
  get,
  type HttpMember,
  ok,
  startHttpMember,
} from '../support/http-peers.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

/** A member that answers with its name and the request's first line. */
async function startNamed(name: string, lines = ''): Promise<HttpMember> {
  return stage.add(
    await startHttpMember(({ firstLine }) => ok(`${name} ${firstLine.split(' ')[1]}`, lines)),
  );
}

/** A balancer with pools `web` and `api`, and `web` as the default. */
async function start(
  routes: readonly RouteSpec[],
): Promise<{ port: number; balancer: Balancer; web: HttpMember; api: HttpMember; spec: object }> {
  const web = await startNamed('web', 'Server: secret\r\n');
  const api = await startNamed('api');
  const spec = {
    frontends: [
      { name: 'public', protocol: 'http' as const, bind: '127.0.0.1:0', pool: 'web', routes },
    ],
    pools: [
      { name: 'web', members: [web.address] },
      { name: 'api', members: [api.address] },
    ],
  };
  const balancer = stage.add(new Balancer(spec));
  const { public: bound } = await balancer.start();
  return { port: bound?.[0]?.port ?? 0, balancer, web, api, spec };
}

async function bodyOf(port: number, request: string): Promise<string> {
  const { status, body } = await ask(port, request);
  return `${status} ${body.toString()}`;
}

describe('routes of http', () => {
  test('send requests where host, path and the rest say, else to the default pool', async () => {
    const { port } = await start([
      { match: { host: 'api.test' }, pool: 'api' },
      { match: { path: '/v1', method: ['GET'] }, pool: 'api' },
      { match: { header: { 'X-Canary': '1' } }, pool: 'api' },
      { match: { query: { beta: '1' } }, pool: 'api' },
      { match: { cookie: { beta: 'yes' } }, pool: 'api' },
      { match: { path: { regex: '\\.(png|jpg)$' } }, pool: 'api' },
      { match: { source: '10.0.0.0/8' }, pool: 'api' },
    ]);
    const host = (name: string): string => `GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`;
    expect(await bodyOf(port, host('API.test:8080'))).toBe('200 api /');
    expect(await bodyOf(port, host('other.test'))).toBe('200 web /');
    expect(await bodyOf(port, get('/v1/x'))).toBe('200 api /v1/x');
    expect(await bodyOf(port, get('/v1x'))).toBe('200 web /v1x');
    expect(await bodyOf(port, get('http://a.test/v1'))).toBe('200 api /v1');
    expect(await bodyOf(port, 'POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')).toBe(
      '200 web /v1',
    );
    expect(await bodyOf(port, get('/', 'x-canary: 0\r\nX-CANARY:  1 \r\n'))).toBe('200 api /');
    expect(await bodyOf(port, get('/', 'x-canary: 11\r\n'))).toBe('200 web /');
    expect(await bodyOf(port, get('/?a&beta=1'))).toBe('200 api /?a&beta=1');
    expect(await bodyOf(port, get('/', 'Cookie: a=b; beta=yes\r\n'))).toBe('200 api /');
    expect(await bodyOf(port, get('/a.png?b'))).toBe('200 api /a.png?b');
    expect(await bodyOf(port, get('/a.png/b'))).toBe('200 web /a.png/b');
  });

  test('answer themselves, also on a kept connection', async () => {
    const { port, web } = await start([
      { match: { path: '/no' }, respond: { status: 403, body: 'nö\n', headers: { 'X-Why': 'r' } } },
      { match: { path: '/empty' }, respond: { status: 204 } },
      {
        match: { path: '/old/' },
        redirect: { to: 'https://{host}/new{rest}?{query}', status: 308 },
      },
      { match: { path: '/here' }, redirect: { to: '{path}/there' } },
    ]);
    const client = await connectHttp(port);
    client.send(get('/no') + get('/empty') + get('/old/a?b=1') + get('//here') + get('/x'));
    const no = await client.reply();
    expect([no.status, no.body.toString(), no.headers.get('x-why')]).toEqual([403, 'nö\n', 'r']);
    expect(no.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const empty = await client.reply();
    expect([empty.status, empty.headers.has('content-length')]).toEqual([204, false]);
    const old = await client.reply();
    expect([old.status, old.headers.get('location')]).toEqual([308, 'https://a.test/new/a?b=1']);
    const unclear = await client.reply();
    expect([unclear.status, unclear.headers.get('connection')]).toEqual([400, 'close']);
    expect(web.requests).toHaveLength(0);
    client.peer.socket.destroy();
    const here = await ask(port, get('/here/a?b'));
    expect(here.headers.get('location')).toBe('/here/a/there');
    expect(here.headers.get('cache-control')).toBe('no-cache');
    const head = await ask(port, get('/no').replace('GET', 'HEAD'));
    expect([head.status, head.headers.get('content-length')]).toEqual([403, '4']);
  });

  test('rewrite the path and change headers both ways', async () => {
    const { port, web } = await start([
      {
        match: { path: '/strip' },
        pool: 'web',
        rewritePath: { prefix: '/strip', to: '/' },
        headers: {
          request: { set: { 'X-From': '{path} {client.ip}' }, remove: ['x-secret'] },
          response: { remove: ['server'], set: { 'X-Pool': 'web' } },
        },
      },
      {
        match: { path: '/user' },
        pool: 'api',
        rewritePath: { regex: '^/user/([^/]+)', to: '/u-$1' },
      },
    ]);
    const answer = await ask(port, get('/strip/a/b?c=1', 'X-Secret: 1\r\n'));
    expect(answer.body.toString()).toBe('web /a/b?c=1');
    expect([answer.headers.has('server'), answer.headers.get('x-pool')]).toEqual([false, 'web']);
    const seen = web.requests[0]?.headers;
    expect([seen?.get('x-from'), seen?.has('x-secret')]).toEqual(['/strip/a/b 127.0.0.1', false]);
    expect(await bodyOf(port, get('/strip'))).toBe('200 web /');
    expect(await bodyOf(port, get('/user/joe/x?y'))).toBe('200 api /u-joe/x?y');
    expect((await ask(port, get('/'))).headers.get('server')).toBe('secret');
  });

  test('split requests among pools, sticky ones by client', async () => {
    const split = [
      { pool: 'web', weight: 1 },
      { pool: 'api', weight: 1 },
    ];
    const { port } = await start([
      { match: { path: '/any' }, split },
      { match: { path: '/same' }, split, sticky: true },
    ]);
    const client = await connectHttp(port);
    const names = new Set<string>();
    // Each request goes to either with a chance of one half.
    for (let i = 0; i < 60; i++) {
      client.send(get('/any'));
      names.add((await client.reply()).body.toString());
    }
    expect(names).toEqual(new Set(['web /any', 'api /any']));
    client.peer.socket.destroy();
    const same = new Set<string>();
    for (let i = 0; i < 10; i++) same.add(await bodyOf(port, get('/same')));
    expect(same.size).toBe(1);
  });

  test('have times and retries of their own', async () => {
    const silent = stage.add(await startHttpMember(() => undefined));
    const pool = new Pool({ name: 'silent', members: [silent.address] });
    const { port } = await stage.open([silent], {
      protocol: 'http',
      routes: [
        { match: { path: '/server' }, pool, timeouts: { server: '50ms' } },
        { match: { path: '/total' }, pool, timeouts: { total: '50ms' } },
      ],
    });
    expect((await ask(port, get('/server'))).status).toBe(504);
    expect((await ask(port, get('/total'))).status).toBe(504);
  });

  test('take Pool instances, in splits too', async () => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const pools = [one, two].map(
      (member, i) => new Pool({ name: `pool-${i}`, members: [member.address] }),
    );
    const [first, second] = pools as [Pool, Pool];
    const frontend = new Frontend({
      name: 'front',
      protocol: 'http',
      bind: '127.0.0.1:0',
      routes: [
        { match: { path: '/one' }, pool: first },
        { match: { path: '/two' }, split: [{ pool: second, weight: 1 }] },
      ],
    });
    expect(frontend.pools).toEqual(pools);
    const balancer = stage.add(new Balancer({ frontends: [frontend] }));
    const { front: bound } = await balancer.start();
    const port = bound?.[0]?.port ?? 0;
    expect(await bodyOf(port, get('/one'))).toBe('200 one /one');
    expect(await bodyOf(port, get('/two'))).toBe('200 two /two');
    expect((await ask(port, get('/three'))).status).toBe(404);
    const mixed = new Balancer({
      frontends: [
        {
          name: 'a',
          protocol: 'http',
          bind: ':0',
          routes: [
            { match: {}, split: [{ pool: new Pool({ name: 'new', members: [] }), weight: 1 }] },
          ],
        },
      ],
    });
    expect(mixed.spec.pools.map(({ name }) => name)).toEqual(['new']);
    await mixed.close();
  });
});

test.each([
  '/public/../admin',
  '/public/%2e%2e/admin',
  '//admin',
  '/%2fadmin',
  '/./admin',
  '/public/..%2fadmin',
  '/public/..;/admin',
  '/%61dmin',
  '/admin;x',
  '/\\admin',
])('%s does not reach another pool than the plain path would', async (target) => {
  const { port, web } = await start([
    { match: { path: '/admin' }, respond: { status: 403, body: 'no' } },
  ]);
  expect((await ask(port, get(target))).status).toBe(400);
  expect(web.requests).toHaveLength(0);
});

describe('a reload', () => {
  test('switches routes for the next request of a kept connection', async () => {
    const { port, balancer, spec } = await start([{ match: { path: '/a' }, pool: 'api' }]);
    const client = await connectHttp(port);
    const ask = async (): Promise<string> => {
      client.send(get('/a'));
      return (await client.reply()).body.toString();
    };
    expect(await ask()).toBe('api /a');
    const withRoutes = (routes: readonly RouteSpec[]): object => ({
      ...spec,
      frontends: [{ ...balancer.spec.frontends[0], routes }],
    });
    await balancer.apply(withRoutes([{ match: { path: '/a' }, pool: 'web' }]));
    expect(await ask()).toBe('web /a');
    await balancer.apply(withRoutes([{ match: {}, respond: { status: 200, body: 'fixed' } }]));
    expect(await ask()).toBe('fixed');
    await balancer.apply(withRoutes([]));
    expect(await ask()).toBe('web /a');
    client.peer.socket.destroy();
  });

  test('gives a split the pool that took the place of another of its name', async () => {
    const { port, balancer, spec, web } = await start([
      { match: {}, split: [{ pool: 'api', weight: 1 }] },
    ]);
    expect(await bodyOf(port, get('/'))).toBe('200 api /');
    const pools = [{ name: 'web', members: [web.address] }];
    await balancer.apply({
      ...spec,
      frontends: balancer.spec.frontends.map((f) => ({ ...f, routes: [] })),
      pools,
    });
    expect(await bodyOf(port, get('/'))).toBe('200 web /');
    const diff = await balancer.apply(spec);
    expect(diff.pools.added).toEqual(['api']);
    expect(await bodyOf(port, get('/'))).toBe('200 api /');
  });

  test('that names no such pool changes nothing', async () => {
    const { port, balancer, spec } = await start([{ match: {}, pool: 'api' }]);
    const routes = [{ match: {}, split: [{ pool: 'gone', weight: 1 }] }];
    const next = { ...spec, frontends: [{ ...balancer.spec.frontends[0]!, routes }] };
    await expect(balancer.apply(next)).rejects.toThrow('no pool is named "gone"');
    expect(await bodyOf(port, get('/'))).toBe('200 api /');
  });
});
