// Routes of an http frontend, with real sockets: where requests go, and what changes on a kept connection.
import { afterEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import type { RouteSpec } from '../../src/spec/route.js';
import {
  connectHttp,
  type HttpClient,
  type HttpMember,
  ok,
  startHttpMember,
} from '../support/http-peers.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startNamed(name: string): Promise<HttpMember> {
  const member = await startHttpMember(({ firstLine, headers }) =>
    ok(`${name} ${firstLine} ${headers.get('x-set') ?? '-'}`),
  );
  closers.push(() => member.close());
  return member;
}

async function open(routes: readonly RouteSpec[]): Promise<{
  readonly client: HttpClient;
  readonly ask: (request: string) => Promise<string>;
  readonly apply: (next: readonly RouteSpec[]) => Promise<unknown>;
}> {
  const [web, api] = [await startNamed('web'), await startNamed('api')];
  const spec = (list: readonly RouteSpec[]): BalancerSpec => ({
    frontends: [{ name: 'f', protocol: 'http', bind: '127.0.0.1:0', pool: 'web', routes: list }],
    pools: [
      { name: 'web', members: [web.address] },
      { name: 'api', members: [api.address] },
    ],
  });
  const balancer = new Balancer(spec(routes));
  closers.push(() => balancer.close());
  const { f } = await balancer.start();
  const client = await connectHttp(f![0]!.port);
  closers.push(async () => void client.peer.socket.destroy());
  const ask = async (request: string): Promise<string> => {
    client.send(request);
    const { status, headers, body } = await client.reply();
    return `${status} ${headers.get('location') ?? body.toString()}`;
  };
  return { client, ask, apply: (next) => balancer.apply(spec(next)) };
}

function get(target: string, host = 'a', lines = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`;
}

describe('http routes', () => {
  test('the first that matches wins; what none takes goes to the default pool', async () => {
    const { ask } = await open([
      { match: { host: '*.shop.test', path: '/v1' }, pool: 'api' },
      { match: { query: { q: '1' }, cookie: { c: '2' } }, pool: 'api' },
      { match: { path: { regex: '^/x[0-9]+$' } }, pool: 'api' },
    ]);
    expect(await ask(get('/v1/a', 'EU.shop.test:80'))).toBe('200 api GET /v1/a HTTP/1.1 -');
    expect(await ask(get('/v1x', 'eu.shop.test'))).toBe('200 web GET /v1x HTTP/1.1 -');
    expect(await ask(get('/v1', 'shop.test'))).toBe('200 web GET /v1 HTTP/1.1 -');
    expect(await ask(get('/?q=1', 'a', 'Cookie: c=2\r\n'))).toBe('200 api GET /?q=1 HTTP/1.1 -');
    expect(await ask(get('/?q=1'))).toBe('200 web GET /?q=1 HTTP/1.1 -');
    expect(await ask(get('/x12'))).toBe('200 api GET /x12 HTTP/1.1 -');
  });

  test('redirect, answer, rewrite, headers', async () => {
    const { ask } = await open([
      {
        match: { path: '/old' },
        redirect: { to: 'https://{host}/new{rest}?{query}', status: 308 },
      },
      { match: { path: '/no' }, respond: { status: 403, body: 'no' } },
      {
        match: { path: '/api' },
        pool: 'api',
        rewritePath: { prefix: '/api', to: '/' },
        headers: { request: { set: { 'x-set': 'yes' } } },
      },
    ]);
    expect(await ask(get('/old/a?b=1', 'h.test'))).toBe('308 https://h.test/new/a?b=1');
    expect(await ask(get('/no'))).toBe('403 no');
    expect(await ask(get('/api/users?x=1'))).toBe('200 api GET /users?x=1 HTTP/1.1 yes');
    expect(await ask(get('/'))).toBe('200 web GET / HTTP/1.1 -');
  });

  test.each(['/public/../admin', '/public/%2e%2e/admin', '//admin', '/public/..%2fadmin'])(
    '%s does not reach another pool than the plain path would',
    async (target) => {
      const { ask } = await open([
        { match: { path: '/admin' }, respond: { status: 403, body: 'no' } },
      ]);
      expect(await ask(get(target))).toMatch(/^(?:400|403) /);
    },
  );

  test('other routes hold for the next request on a kept connection', async () => {
    const { ask, apply } = await open([{ match: { path: '/' }, pool: 'api' }]);
    expect(await ask(get('/'))).toBe('200 api GET / HTTP/1.1 -');
    await apply([]);
    expect(await ask(get('/'))).toBe('200 web GET / HTTP/1.1 -');
  });
});
