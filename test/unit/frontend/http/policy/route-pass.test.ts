// What becomes of a request that a route takes.
import { describe, expect, test } from 'vitest';
import { createEnvironment } from '../../../../../src/core/environment.js';
import type { FrontendContext } from '../../../../../src/frontend/handler.js';
import type { Pass, Verdict } from '../../../../../src/frontend/http/policy/policy.js';
import { RoutePass } from '../../../../../src/frontend/http/policy/route-pass.js';
import { Pool } from '../../../../../src/pool/pool.js';
import { parseFrontend } from '../../../../../src/spec/parse.js';
import type { RouteSpec } from '../../../../../src/spec/route.js';
import { changesOf, judge } from './fake-request.js';

const pools = new Map(['web', 'canary'].map((name) => [name, new Pool({ name, members: [] })]));
const draws: number[] = [];
const environment = createEnvironment({ random: { next: () => draws.shift() ?? 0 } });
const context = { name: 'public', environment } as FrontendContext;

function passOf(routes: readonly RouteSpec[], passes: readonly Pass[] = []): RoutePass {
  const config = parseFrontend({ protocol: 'http', bind: ':80', routes });
  const lookup = (name: string): Pool | undefined => pools.get(name);
  return new RoutePass({ routes: config.routes, pools: lookup, context, passesOf: () => passes });
}

describe('RoutePass', () => {
  test('names the pool, the route, its times and retries', async () => {
    const pass = passOf([
      { match: { path: '/a' }, pool: 'web' },
      {
        match: { path: '/b' },
        pool: 'canary',
        timeouts: { total: '2s', server: 500 },
        retries: { attempts: 7 },
      },
    ]);
    const first = await judge(pass, { target: '/a' });
    expect(first.verdict).toBeUndefined();
    expect(first.decision).toMatchObject({ route: 'routes[0]', serverMs: 0, totalMs: 0 });
    expect(first.decision.pool?.name).toBe('web');
    expect(first.decision.retries).toBeUndefined();
    const second = await judge(pass, { target: '/b' });
    expect(second.decision).toMatchObject({ route: 'routes[1]', serverMs: 500, totalMs: 2000 });
    expect(second.decision.pool?.name).toBe('canary');
    expect(second.decision.retries?.config.attempts).toBe(7);
    const none = await judge(pass, { target: '/c' });
    expect([none.verdict, none.decision.route, none.decision.pool]).toEqual([
      undefined,
      '',
      undefined,
    ]);
  });

  test('answers 400 where a path leads to different routes', async () => {
    const pass = passOf([{ match: { path: '/admin' }, respond: { status: 403 } }]);
    const { verdict } = await judge(pass, { target: '/x/..%2fadmin' });
    expect(verdict).toEqual({ status: 400, reason: 'the path leads to different routes' });
  });

  test('gives the answer of the spec', async () => {
    const headers = { 'Content-Type': 'application/json', 'X-A': 'ä' };
    const pass = passOf([
      { match: { path: '/a' }, respond: { status: 403, body: 'nö', headers } },
      { match: {}, respond: { status: 204 } },
    ]);
    const { verdict } = await judge(pass, { target: '/a' });
    expect(verdict).toEqual({
      status: 403,
      lines: 'X-A: Ã¤\r\n',
      body: Buffer.from('nö'),
      type: 'application/json',
      reason: 'answer of routes[0]',
    });
    expect((await judge(pass, { target: '/' })).verdict).toMatchObject({ status: 204, lines: '' });
  });

  test.each([
    ['/old/a/b?c=1', 301, 'Location: https://a.test/new/a/b?c=1\r\n'],
    ['/old', 301, 'Location: https://a.test/new\r\n'],
    ['/exact', 302, 'Location: /\r\nCache-Control: no-cache\r\n'],
    ['/pattern/x', 308, 'Location: /p/pattern/x\r\n'],
  ])('redirects %s', async (target, status, lines) => {
    const pass = passOf([
      {
        match: { path: '/old/' },
        redirect: { to: 'https://{host}/new{rest}?{query}', status: 301 },
      },
      { match: { path: { exact: '/exact' } }, redirect: { to: '{rest}' } },
      { match: { path: { regex: '^/pat' } }, redirect: { to: '/p{rest}', status: 308 } },
    ]);
    expect((await judge(pass, { target })).verdict).toMatchObject({ status, lines });
  });

  test('does not redirect to a host that is none', async () => {
    const pass = passOf([{ match: {}, redirect: { to: 'https://{host}/' } }]);
    const { verdict } = await judge(pass, { authority: 'a.test%2f.b' });
    expect(verdict).toMatchObject({
      status: 400,
      reason: 'no address for a redirect by routes[0]',
    });
  });

  test('rewrites the path and changes headers', async () => {
    const pass = passOf([
      {
        match: { path: '/api/' },
        pool: 'web',
        rewritePath: { prefix: '/api', to: '/' },
        headers: {
          request: { set: { 'X-Rest': '{rest}' }, remove: ['X-B'] },
          response: { add: { 'X-Via': 'lb' } },
        },
      },
    ]);
    const { decision } = await judge(pass, { target: '/api/a?b' });
    expect(decision.target).toBe('/a?b');
    expect(changesOf(decision.request)).toEqual(['-x-b', '-x-rest', 'X-Rest: /a']);
    expect(changesOf(decision.response)).toEqual(['X-Via: lb']);
  });

  test('splits by chance, or by client', async () => {
    const split = [
      { pool: 'web', weight: 3 },
      { pool: 'canary', weight: 1 },
    ];
    const pass = passOf([{ match: {}, split }]);
    const served: unknown[] = [];
    for (const draw of [0, 0.74, 0.75, 0.99]) {
      draws.push(draw);
      served.push((await judge(pass)).decision.pool?.name);
    }
    expect(served).toEqual(['web', 'web', 'canary', 'canary']);
    const sticky = passOf([{ match: {}, split, sticky: true }]);
    const poolOf = async (source: string): Promise<unknown> =>
      (await judge(sticky, { source })).decision.pool?.name;
    const sources = Array.from({ length: 50 }, (_, i) => `10.0.0.${i}`);
    const once = await Promise.all(sources.map(poolOf));
    expect(new Set(once)).toEqual(new Set(['web', 'canary']));
    expect(await Promise.all(sources.map(poolOf))).toEqual(once);
  });

  test('asks the passes of a route when it has matched, before it acts', async () => {
    const verdicts: (Verdict | Promise<Verdict>)[] = [
      { status: 429, reason: 'a limit' },
      undefined,
      Promise.resolve({ status: 429, reason: 'a late limit' }),
      Promise.resolve(undefined),
    ];
    let asked = 0;
    const limit: Pass = { name: 'limit', judge: () => verdicts[asked++] };
    const pass = passOf([{ match: { path: '/a' }, pool: 'web' }], [limit]);
    const results: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const { verdict, decision } = await judge(pass, { target: '/a' });
      results.push((typeof verdict === 'object' && verdict.reason) || decision.pool?.name);
    }
    expect(results).toEqual(['a limit', 'web', 'a late limit', 'web']);
    await judge(pass, { target: '/b' });
    expect(asked).toBe(4);
  });

  test('refuses pools that do not exist', () => {
    expect(() => passOf([{ match: {}, pool: 'gone' }])).toThrow(
      'frontend "public": no pool is named "gone"',
    );
    expect(() => passOf([{ match: {}, split: [{ pool: 'gone', weight: 1 }] }])).toThrow('gone');
  });
});
