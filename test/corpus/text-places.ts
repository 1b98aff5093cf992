// Every place of a spec where a user may write a text of his own, as a spec with a gap in it.
import path from 'node:path';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { joinPath } from '../../src/spec/path.js';
import { createSelfSigned } from '../../src/tls/self-signed.js';
import { schemaPath } from '../support/spec-fields.js';

/** Stands where the text goes. */
const GAP = '§';

/** A spec with a gap. */
export interface TextPlace {
  /** `http: match.header`. */
  readonly name: string;
  /** A text that nobody could object to. */
  readonly harmless: string;
  /** The spec; `index` tells its frontends and pools from those of other places. */
  readonly fill: (text: string, index: number) => BalancerSpec;
}

interface Gaps {
  readonly frontend?: object;
  readonly pool?: object;
  readonly monitor?: object;
  readonly root?: object;
  readonly protocol?: string;
  readonly harmless?: string;
}

const { cert, key } = createSelfSigned({ domains: ['app.example.com'], now: Date.now() });
const busy = path.join(import.meta.dirname, 'files', 'busy.html');
const users = path.join(import.meta.dirname, 'files', 'users.htpasswd');

const tls = { certificates: [{ cert, key }] };
const names = { set: { 'x-§': 'a' }, add: { 'x-more-§': 'a' }, remove: ['x-§'] };
const values = { set: { 'x-a': '§' }, add: { 'x-b': '§' } };

function routes(...list: object[]): Gaps {
  return { frontend: { routes: list } };
}

function match(what: object): Gaps {
  return routes({ match: what, pool: 'POOL' });
}

function check(type: string, what: object, more: Gaps = {}): readonly Gaps[] {
  return [
    { ...more, pool: { health: { type, ...what } } },
    { ...more, pool: { health: 'MONITOR' }, monitor: { type, ...what } },
  ];
}

function limits(what: object): readonly Gaps[] {
  const limit = { requests: 5, window: '1s', ...what };
  return [
    { frontend: { rateLimit: limit } },
    { frontend: { rateLimit: [limit] } },
    routes({ match: { path: '/' }, pool: 'POOL', rateLimit: limit }),
    routes({ match: { path: '/' }, pool: 'POOL', rateLimit: [limit] }),
  ];
}

const networks = { harmless: '10.0.0.0/8' };
const hosts = { harmless: 'a.example.com' };

const FRONTENDS: readonly Gaps[] = [
  { root: { name: '§' } },
  { root: { description: '§', labels: { '§': 'a', b: '§' } } },
  { frontend: { name: '§' } },
  { frontend: { pool: '§' }, harmless: 'POOL' },
  { frontend: { bind: '§' }, harmless: '127.0.0.1:81' },
  { frontend: { bind: ['§'] }, harmless: '127.0.0.1:81' },
  { ...match({ host: '§' }), ...hosts },
  { ...match({ host: ['§', '*.b.example'] }), ...hosts },
  match({ path: '/§' }),
  match({ path: { exact: '/§' } }),
  match({ path: { regex: '§' } }),
  match({ method: '§' }),
  match({ method: ['GET', '§'] }),
  match({ header: { '§': 'a' } }),
  match({ header: { 'x-a': '§' } }),
  match({ query: { '§': 'a' } }),
  match({ query: { a: '§' } }),
  match({ cookie: { '§': 'a' } }),
  match({ cookie: { a: '§' } }),
  { ...match({ source: '§' }), ...networks },
  { ...match({ source: ['§'] }), ...networks },
  { protocol: 'tcp', ...match({ sni: '§' }), ...hosts },
  { protocol: 'tcp', ...match({ sni: ['§'] }), ...hosts },
  { ...routes({ match: {}, pool: '§' }), harmless: 'POOL' },
  { ...routes({ match: {}, split: [{ pool: '§', weight: 1 }] }), harmless: 'POOL' },
  routes({ match: {}, redirect: { to: '/§/{host}' } }),
  routes({ match: {}, redirect: { to: 'https://{host}/§{rest}?{query}' } }),
  routes({ match: {}, respond: { status: 200, body: '§' } }),
  routes({ match: {}, respond: { status: 200, body: 'a', headers: { 'x-§': 'a' } } }),
  routes({ match: {}, respond: { status: 200, body: 'a', headers: { 'x-a': '§' } } }),
  routes({ match: {}, respond: { status: 200, body: 'a', headers: { 'content-type': '§' } } }),
  routes({ match: { path: '/a' }, pool: 'POOL', headers: { request: names, response: names } }),
  routes({ match: { path: '/a' }, pool: 'POOL', headers: { request: values, response: values } }),
  routes({ match: { path: '/a' }, pool: 'POOL', rewritePath: { prefix: '/§', to: '/' } }),
  routes({ match: { path: '/a' }, pool: 'POOL', rewritePath: { prefix: '/a', to: '/§' } }),
  routes({ match: { path: '/a' }, pool: 'POOL', rewritePath: { regex: '§', to: '/' } }),
  routes({ match: { path: '/a' }, pool: 'POOL', rewritePath: { regex: 'a(.)', to: '§' } }),
  routes(...Array.from({ length: 9 }, (_, i) => ({ match: { path: `/${i}§` }, pool: 'POOL' }))),
  ...limits({ key: { header: '§' } }),
  ...limits({ key: { cookie: '§' } }),
  ...limits({ store: '§' }),
  { frontend: { tls: { certificates: [{ cert: '§', key }] } }, protocol: 'https', harmless: cert },
  { frontend: { tls: { certificates: [{ cert, key: '§' }] } }, protocol: 'https', harmless: key },
  { frontend: { tls: { certificates: [{ pem: '§' }] } }, protocol: 'https', harmless: cert + key },
  { frontend: { tls: { certificates: [{ pfx: '§' }] } }, protocol: 'https' },
  ...[{ cert, key }, { pem: cert + key }, { pfx: busy }].map((one) => ({
    frontend: { tls: { certificates: [{ ...one, passphraseEnv: '§' }] } },
    protocol: 'https',
    harmless: 'PATH',
  })),
  {
    frontend: { tls: { ...tls, clientAuth: { mode: 'require', ca: '§' } } },
    protocol: 'https',
    harmless: cert,
  },
  { frontend: { tls: { acme: { domains: ['§'] } } }, protocol: 'https', ...hosts },
  {
    frontend: { tls: { acme: { domains: ['a.example'], email: '§@a', directory: 'https://§' } } },
    protocol: 'https',
  },
  { frontend: { forwarded: { trust: ['§'] } }, ...networks },
  { frontend: { acceptProxyProtocol: { trust: ['§'] } }, ...networks },
  { frontend: { access: { allow: ['§'], deny: ['§'] } }, ...networks },
  { frontend: { basicAuth: { usersFile: users, realm: '§' } } },
  { frontend: { basicAuth: { usersFile: '§' } }, harmless: users },
  { frontend: { headers: { request: names, response: names } } },
  { frontend: { headers: { request: values, response: values } } },
  { frontend: { headers: { request: { set: { host: '§' } } } }, ...hosts },
  { frontend: { compression: { types: ['text/§'] } } },
  { frontend: { errorPages: { '§': busy } }, harmless: '503' },
  { frontend: { errorPages: { '503': '§' } }, harmless: busy },
  { frontend: { requestId: { header: 'x-§' } } },
  { frontend: { requestId: { header: 'x-§', trust: ['::1'] } } },
  { frontend: { requestId: { trust: ['§'] } }, ...networks },
  { ...routes({ match: {}, pool: 'POOL', retries: { on: ['§'] } }), harmless: '503' },
  { frontend: { upgrades: ['§'] } },
  { frontend: { maintenance: { page: '§' } }, harmless: busy },
  { frontend: { maintenance: { allow: ['§'] } }, ...networks },
];

const POOLS: readonly Gaps[] = [
  { pool: { name: '§' } },
  { pool: { strategy: { type: 'hash', key: { header: '§' } } } },
  { pool: { strategy: { type: 'hash', key: { cookie: '§' } } } },
  { pool: { strategy: { type: 'hash', key: { query: '§' } } } },
  { pool: { members: ['§'] }, harmless: '10.0.0.1:80' },
  { pool: { members: [{ address: '§' }] }, harmless: '10.0.0.1:80' },
  { pool: { members: [{ name: '§', address: '10.0.0.1:80' }] } },
  { pool: { members: [{ name: 'a', address: '10.0.0.1:80', labels: { '§': 'a', b: '§' } }] } },
  { pool: { discovery: { type: 'dns', name: '§', port: 80 } }, ...hosts },
  { pool: { discovery: { type: 'dns', name: 'a', port: 80, servers: ['§'] } }, harmless: '::1:53' },
  { pool: { discovery: { type: 'file', path: '§' } } },
  { pool: { discovery: { type: 'custom', use: '§' } } },
  { pool: { health: '§' }, harmless: 'tcp:5s' },
  { pool: { health: 'http:/§:5s' } },
  { pool: { health: { type: 'tcp', name: '§' } } },
  { pool: { health: 'MONITOR' }, monitor: { type: 'tcp', name: '§' } },
  ...check('http', { path: '/§' }),
  ...check('http', { method: '§' }),
  ...check('http', { headers: { 'x-§': 'a' } }),
  ...check('http', { headers: { 'x-a': '§' } }),
  ...check('http', { headers: { host: '§' } }),
  ...check('http', { expect: { status: '§' } }, { harmless: '200' }),
  ...check('http', { expect: { body: { contains: '§' } } }),
  ...check('http', { expect: { body: { regex: '§' } } }),
  ...check('http', { drainOn: '§' }, { harmless: '404' }),
  ...check('https', { sni: '§' }, hosts),
  ...check('udp', { send: { text: '§' }, expect: { payload: { text: '§' } } }),
  ...check('udp', { expect: { text: '§' } }),
  ...check('udp', { send: { hex: '§' }, expect: { payload: { hex: '§' } } }, { harmless: 'aa' }),
  ...check('udp', { expect: { hex: '§' } }, { harmless: 'aa' }),
  ...check('exec', { command: ['§'] }),
  ...check('grpc', { service: '§' }),
  ...check('postgres', { user: '§' }),
  ...check('mysql', { user: '§' }),
  ...check('smtp', { ehlo: '§' }, hosts),
  ...check('custom', { use: '§' }),
  { pool: { sticky: { mode: 'cookie', cookie: '§' } } },
  { pool: { sticky: { mode: 'cookie', cookie: '§' }, strategy: 'source-hash' } },
  { pool: { sticky: { mode: 'cookie', cookie: '§', cookieMode: 'prefix' } } },
  { pool: { sticky: { mode: 'cookie', domain: '§' } }, ...hosts },
  { pool: { sticky: { mode: 'cookie', path: '/§' } } },
  { pool: { sticky: { mode: 'cookie', opaque: true, secretEnv: '§' } }, harmless: 'PATH' },
  { pool: { sticky: { mode: 'source-ip', store: '§' } } },
  { pool: { sticky: { mode: 'header', header: '§' } } },
  { pool: { sticky: { mode: 'header', header: '§' }, strategy: 'source-hash' } },
  { pool: { sticky: { mode: 'header', header: 'x-a', store: '§' } } },
  { pool: { retries: { on: ['§'] } }, harmless: '503' },
  { pool: { tls: { ca: '§' } }, harmless: cert },
  { pool: { tls: { sni: '§' } }, ...hosts },
  { pool: { tls: { sni: { name: '§' } } }, ...hosts },
  { pool: { tls: { clientCert: { cert: '§', key } } }, harmless: cert },
  { pool: { tls: { clientCert: { cert, key: '§' } } }, harmless: key },
];

const HA = { id: 1, peers: ['10.0.0.6:1'], bind: '10.0.0.5:1', secretEnv: 'PATH' };
const ADDRESS = { address: { memory: true } };

const ROOT: readonly Gaps[] = [
  { root: { ha: { ...HA, ...ADDRESS, peers: ['§'] } }, harmless: '10.0.0.7:1' },
  { root: { ha: { ...HA, ...ADDRESS, bind: '§' } }, harmless: '10.0.0.5:2' },
  { root: { ha: { ...HA, ...ADDRESS, secretEnv: '§' } }, harmless: 'PATH' },
  { root: { ha: { ...HA, ...ADDRESS, gateway: '§' } }, harmless: '10.0.0.1' },
  { root: { ha: { ...HA, ...ADDRESS, track: [{ pool: '§' }] } }, harmless: 'POOL' },
  { root: { ha: { ...HA, ...ADDRESS, track: [{ frontend: '§' }] } }, harmless: 'FRONTEND' },
  { root: { ha: { ...HA, address: { ip: '§', interface: 'eth0' } } }, harmless: '10.0.0.9/24' },
  { root: { ha: { ...HA, address: { ip: '10.0.0.9/24', interface: '§' } } } },
  { root: { ha: { ...HA, address: { hook: '§' } } } },
];

/** All of them. */
export const TEXT_PLACES: readonly TextPlace[] = [...FRONTENDS, ...POOLS, ...ROOT].map(
  ({ harmless = 'harmless', ...gaps }) => ({
    name: JSON.stringify(gaps).slice(0, 160),
    harmless,
    fill: (text, index) => filledGaps(gaps, text, index),
  }),
);

/** Fields of the schema that have a gap in one of the places. */
export function fieldsWithText(fields: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [index, { fill }] of TEXT_PLACES.entries()) {
    findGaps(fill(GAP, index), '', (field) => {
      const general = schemaPath(field, fields);
      if (general !== undefined) found.add(general);
    });
  }
  return found;
}

function findGaps(value: unknown, field: string, tell: (field: string) => void): void {
  if (typeof value === 'string' && value.includes(GAP)) tell(field);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    if (name.includes(GAP)) tell(`${field}.*~`);
    findGaps(item, joinPath(field, Array.isArray(value) ? Number(name) : name), tell);
  }
}

function filledGaps(gaps: Omit<Gaps, 'harmless'>, text: string, index: number): BalancerSpec {
  const { frontend, pool, monitor, root, protocol = 'http' } = gaps;
  const bind = `127.0.0.1:${1000 + index}`;
  const secure = protocol === 'https' ? { tls } : {};
  const spec = {
    ...root,
    frontends: [{ name: 'FRONTEND', protocol, bind, pool: 'POOL', ...secure, ...frontend }],
    pools: [{ name: 'POOL', members: [{ name: 'm', address: '10.0.0.1:80' }], ...pool }],
    monitors: monitor === undefined ? [] : [{ name: 'MONITOR', ...monitor }],
  };
  const renamed: Readonly<Record<string, string>> = {
    POOL: `p${index}`,
    FRONTEND: `f${index}`,
    MONITOR: `m${index}`,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsing tells what is wrong with it
  return substitute(spec, (value) => {
    const whole = value.replaceAll(GAP, () => text);
    return renamed[whole] ?? whole;
  }) as BalancerSpec;
}

function substitute(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => substitute(item, change));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [change(name), substitute(item, change)]),
  );
}
