// Specs of routes.
import { type CorpusEntry, corpus, members } from './entry.js';

const pools = ['web', 'api', 'canary'].map((name) => ({ name, members: members(2) }));

function routed(routes: readonly object[], more: object = {}): object {
  return {
    frontends: [{ name: 'public', protocol: 'http', bind: ':80', pool: 'web', routes, ...more }],
    pools,
  };
}

/** Matches and actions. */
export const ROUTES: readonly CorpusEntry[] = corpus('routes', {
  hosts: routed([
    { match: { host: ['app.example.com', '*.Example.com', '10.0.0.1', '::1'] }, pool: 'api' },
  ]),
  paths: routed([
    { match: { path: '/' }, pool: 'api' },
    { match: { path: '/v1/' }, pool: 'api' },
    { match: { path: { exact: '/v1/x' } }, pool: 'api' },
    { match: { path: { regex: '^/v[12]/(a|b)$' } }, pool: 'canary' },
    { match: { path: { regex: `(?i)it's "#1" \\$ {2}`.replace(' {2}', '') } }, pool: 'canary' },
  ]),
  attributes: routed([
    {
      match: {
        method: ['GET', 'purge'],
        header: { 'X-Canary': 'yes', 'x-empty': '', 'x-odd': `a } #"'\\ b` },
        query: { v: '2', 'a b': 'x,y', "it's": '' },
        cookie: { id: 'a=b' },
        source: ['10.0.0.0/8', '::1'],
      },
      pool: 'canary',
    },
    { match: {}, pool: 'web' },
  ]),
  'without a default': {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ':80',
        routes: [{ match: { path: '/a' }, pool: 'web' }],
      },
    ],
    pools,
  },
  redirects: routed([
    { match: { path: '/old' }, redirect: { to: 'https://{host}/new{rest}?{query}', status: 301 } },
    { match: { path: { exact: '/x' } }, redirect: { to: '{path}y{rest}' } },
    { match: { host: 'a.example' }, redirect: { to: 'http://b.example:8080{path}', status: 307 } },
    { match: { path: '/pct' }, redirect: { to: '/100%25?a=%20', status: 308 } },
  ]),
  answers: routed([
    { match: { path: '/deny' }, respond: { status: 403, body: 'no\n' } },
    { match: { path: '/empty' }, respond: { status: 204 } },
    {
      match: { path: '/json' },
      respond: {
        status: 200,
        body: '{"a": "%[src]"}',
        headers: { 'Content-Type': 'application/json', 'X-A': '50% "x"', 'X-Empty': '' },
      },
    },
    { match: { path: '/teapot' }, respond: { status: 418, body: 'x'.repeat(20_000) } },
  ]),
  splits: routed([
    {
      match: { path: '/split' },
      split: [
        { pool: 'web', weight: 90 },
        { pool: 'canary', weight: 10 },
        { pool: 'api', weight: 0 },
      ],
    },
    {
      match: { path: '/sticky' },
      split: [
        { pool: 'web', weight: 1 },
        { pool: 'canary', weight: 2 },
      ],
      sticky: true,
    },
  ]),
  changes: routed([
    {
      match: { path: '/v1' },
      pool: 'api',
      headers: { request: { set: { 'x-rest': '{rest}' } }, response: { remove: ['server'] } },
      rewritePath: { prefix: '/v1', to: '/' },
      timeouts: { server: '5s', total: '3s' },
    },
    { match: { path: '/v2' }, pool: 'api', rewritePath: { regex: "^/v2/([^/]+)'", to: '/$1%$$' } },
    { match: { path: '/v3' }, pool: 'api', rewritePath: { regex: '/[)]x,y$', to: '' } },
  ]),
  'a large table': routed([
    ...Array.from({ length: 200 }, (_, i) => ({
      match: { host: `h${i}.example.com`, ...(i % 2 === 0 ? { path: `/p${i}` } : {}) },
      pool: ['web', 'api', 'canary'][i % 3],
    })),
    { match: { path: '/static' }, respond: { status: 404 } },
    ...Array.from({ length: 50 }, (_, i) => ({ match: { path: `/svc/${i}` }, pool: 'api' })),
  ]),
  'retries of a route': routed([{ match: { path: '/x' }, pool: 'api', retries: { attempts: 1 } }]),
});
