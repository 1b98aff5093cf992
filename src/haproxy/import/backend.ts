// A backend as a pool.
import type { PoolSpec } from '../../spec/pool.js';
import type { RetriesSpec, RetryConditionSpec } from '../../spec/retries.js';
import type { StickySpec } from '../../spec/sticky.js';
import type { StrategySpec } from '../../spec/strategy.js';
import type { PoolTlsSpec } from '../../spec/tls.js';
import type { ConfigLine } from '../read-config.js';
import { readCheck } from './check.js';
import type { HashKeys } from './hash-keys.js';
import { Names } from './names.js';
import type { Proxy } from './proxy.js';
import { type ReadServer, readServers } from './server.js';
import { readCount, readSize, readTime } from './values.js';

/** Reads a backend. @param name - of the pool */
export function readBackend(proxy: Proxy, name: string, keys: HashKeys): PoolSpec {
  const servers = readServers(
    proxy.all('server'),
    proxy.all('default-server'),
    new Names(),
    proxy.notes,
  );
  for (const line of proxy.own('server-template'))
    proxy.notes.leave(line, 'Write "discovery: { type: dns, ... }" in the pool.');
  const [first] = servers;
  const health = readCheck(proxy, servers);
  const settings = first?.settings ?? new Map<string, string>();
  tellUneven(proxy, servers);
  const strategy = readStrategy(proxy, keys);
  const sticky = readSticky(proxy);
  const usesTls = settings.has('ssl') && !settings.has('no-ssl');
  const tls = usesTls ? readPoolTls(settings) : undefined;
  if (usesTls && first !== undefined) tellSni(proxy, first);
  const slowStart = readTime(settings.get('slowstart'), 1);
  const isHttp = proxy.mode === 'http';
  return {
    name,
    ...(strategy === undefined ? {} : { strategy }),
    members: servers.map(({ member }) => member),
    ...(health === undefined ? {} : { health }),
    ...(sticky === undefined ? {} : { sticky }),
    ...(tls === undefined ? {} : { tls }),
    ...(slowStart === undefined ? {} : { slowStart }),
    ...(settings.get('on-marked-down') === 'shutdown-sessions' ? { sessionsOnDown: 'close' } : {}),
    ...(proxy.option('allbackups') === undefined ? {} : { backups: 'all' }),
    ...proxyHeader(settings),
    ...(isHttp ? readHttp(proxy, settings) : {}),
    ...readRetries(proxy),
    ...readTimeouts(proxy),
  };
}

/** A pool has one setting for all. */
function tellUneven({ notes }: Proxy, servers: readonly ReadServer[]): void {
  const common = [
    'ssl',
    'verify',
    'ca-file',
    'sni',
    'crt',
    'slowstart',
    'send-proxy',
    'send-proxy-v2',
    'verifyhost',
    'alpn',
    'proto',
    'on-marked-down',
  ];
  const textOf = ({ settings }: ReadServer): string =>
    common.map((key) => settings.get(key)).join();
  const [first] = servers;
  for (const server of servers)
    if (first !== undefined && textOf(server) !== textOf(first))
      notes.approximate(
        server.line,
        "TLS, protocol, PROXY header, slow start and on-marked-down are the pool's: as the first server has them.",
      );
}

function proxyHeader(settings: ReadonlyMap<string, string>): Partial<PoolSpec> {
  if (settings.has('send-proxy-v2')) return { sendProxyProtocol: 'v2' };
  return settings.has('send-proxy') ? { sendProxyProtocol: 'v1' } : {};
}

/** Names that members are asked for: a fixed one, or the client's host, which is evenkeel's default. */
function tellSni({ notes }: Proxy, { settings, line }: ReadServer): void {
  const sni = settings.get('sni');
  if (sni === undefined || /^(?:str\(.+\)|(?:req\.)?f?hdr\(host\).*)$/i.test(sni)) return;
  notes.approximate(line, `Members are asked for by a fixed name or the host, not by "${sni}".`);
}

function readPoolTls(settings: ReadonlyMap<string, string>): PoolTlsSpec {
  const ca = settings.get('ca-file');
  const sni = settings.get('verifyhost') ?? /^str\((.+)\)$/.exec(settings.get('sni') ?? '')?.[1];
  const crt = settings.get('crt');
  const verify = settings.get('verify') === 'required' || settings.get('verify') === undefined;
  return {
    ...(verify ? {} : { verify: false }),
    ...(ca === undefined || ca.startsWith('@') ? {} : { ca }),
    ...(sni === undefined ? {} : { sni: { name: sni } }),
    ...(crt === undefined ? {} : { clientCert: { cert: crt, key: crt } }),
  };
}

function readHttp(proxy: Proxy, settings: ReadonlyMap<string, string>): Partial<PoolSpec> {
  const reuse = proxy.last('http-reuse');
  const closes = proxy.option('http-server-close') ?? proxy.option('httpclose');
  const http: { reuse?: 'never' | 'safe' | 'always'; version?: '2' } = {};
  const value = reuse?.words[1];
  if (value === 'never' || value === 'safe' || value === 'always') http.reuse = value;
  else if (reuse !== undefined && value === 'aggressive') {
    http.reuse = 'safe';
    proxy.notes.approximate(
      reuse,
      'Safe: only requests that could be retried go over a used connection first.',
    );
  }
  if (closes !== undefined) {
    http.reuse = 'never';
    if (closes.words[1] === 'httpclose')
      proxy.notes.approximate(closes, 'Members are asked once per connection; clients may go on.');
  }
  if (settings.get('proto') === 'h2' || settings.get('alpn') === 'h2') http.version = '2';
  return Object.keys(http).length === 0 ? {} : { http };
}

function readRetries(proxy: Proxy): Partial<PoolSpec> {
  const line = proxy.last('retries');
  const redispatch = proxy.option('redispatch');
  const attempts = readCount(line?.words[1]);
  if (redispatch === undefined && line !== undefined)
    proxy.notes.approximate(line, 'Every retry goes to another member.');
  // HAProxy tries again when a connection fails, and nothing else unless it is told.
  const on = readRetryOn(proxy) ?? (attempts === undefined ? undefined : ['connect-failure']);
  const retries = {
    ...(attempts === undefined ? {} : { attempts }),
    ...(on === undefined ? {} : { on }),
  };
  return Object.keys(retries).length === 0 ? {} : { retries };
}

/** `retry-on conn-failure 503`; undefined if nothing of it is a condition of ours. */
function readRetryOn(proxy: Proxy): RetriesSpec['on'] | undefined {
  const line = proxy.last('retry-on');
  const on: RetryConditionSpec[] = [];
  const rest: string[] = [];
  for (const word of line?.words.slice(1) ?? [])
    if (word === 'conn-failure') on.push('connect-failure');
    else if (word === 'empty-response') on.push('reset-before-response');
    else if (/^5\d\d$/.test(word)) on.push(Number(word));
    else rest.push(word);
  if (line !== undefined && rest.length > 0) {
    const reason = `Retries have no condition "${rest.join(', ')}".`;
    if (on.length === 0) proxy.notes.leave(line, reason);
    else proxy.notes.approximate(line, reason);
  }
  return on.length === 0 ? undefined : on;
}

function readTimeouts(proxy: Proxy): Partial<PoolSpec> {
  const connect = readTime(proxy.valueOf('timeout', 'connect'));
  const server = readTime(proxy.valueOf('timeout', 'server'));
  const queue = readTime(proxy.valueOf('timeout', 'queue'));
  const timeouts = {
    ...(connect === undefined ? {} : { connect }),
    ...(server === undefined ? {} : { server }),
  };
  return {
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...(queue === undefined ? {} : { queue: { timeout: queue } }),
  };
}

function readStrategy(proxy: Proxy, keys: HashKeys): StrategySpec | undefined {
  const line = proxy.last('balance');
  const hash = proxy.last('hash-type');
  const isConsistent = hash?.words[1] === 'consistent';
  const [, algorithm = 'roundrobin', argument] = line?.words ?? [];
  const name = algorithm.replace(/\(.*/, '');
  const mapping = isConsistent ? 'ketama' : 'modulo';
  const tell = (): void => {
    if (line !== undefined)
      proxy.notes.approximate(line, "The hash is evenkeel's own: keys move to other members once.");
  };
  const key = name === 'hash' && proxy.mode === 'http' ? keys.read(argument) : undefined;
  if (key !== undefined) {
    tell();
    return { type: 'hash', key, mapping };
  }
  switch (name) {
    case 'roundrobin':
      return undefined;
    case 'static-rr':
      return 'static-weighted';
    case 'leastconn':
      return 'least-connections';
    case 'first':
      return 'first';
    case 'random':
      return argumentOf(algorithm) === '1' ? 'random' : 'two-choices';
    case 'source':
      return { type: 'source-hash', mapping: isConsistent ? 'consistent' : 'modulo' };
    case 'uri':
      tell();
      return {
        type: 'hash',
        key: line?.words.includes('whole') === true ? 'uri' : 'path',
        mapping,
      };
    case 'hdr':
      tell();
      return { type: 'hash', key: { header: argumentOf(algorithm) }, mapping };
    case 'url_param':
      tell();
      return { type: 'hash', key: { query: argument ?? '' }, mapping };
    default:
      if (line !== undefined)
        proxy.notes.leave(line, `There is no strategy "${algorithm}"; round robin it is.`);
      return undefined;
  }
}

function argumentOf(text: string): string {
  return /\((.*)\)/.exec(text)?.[1] ?? '';
}

function readSticky(proxy: Proxy): StickySpec | undefined {
  const cookie = proxy.last('cookie');
  if (cookie !== undefined) return readCookie(proxy, cookie);
  const table = proxy.own('stick-table').at(-1);
  const [on] = [...proxy.own('stick', 'on'), ...proxy.own('stick', 'match')];
  if (table === undefined || on === undefined) return undefined;
  const [, , what = ''] = on.words;
  const header = /^(?:req\.)?hdr\(([^)]+)\)/.exec(what)?.[1];
  if (what !== 'src' && header === undefined) {
    proxy.notes.leave(on, 'Clients stick by cookie, address or header.');
    return undefined;
  }
  for (const line of [table, on, ...proxy.own('stick', 'store-request')]) proxy.notes.take(line);
  const size = readSize(after(table.words, 'size'));
  const ttl = readTime(after(table.words, 'expire'));
  const bounds = {
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
  };
  return header === undefined
    ? { mode: 'source-ip', ...bounds }
    : { mode: 'header', header, ...bounds };
}

function readCookie(proxy: Proxy, line: ConfigLine): StickySpec {
  const [, cookie = 'SERVERID', ...words] = line.words;
  const cookieMode = words.find((word) => word === 'rewrite' || word === 'prefix');
  const maxIdle = readTime(after(words, 'maxidle'), 1000);
  const maxLife = readTime(after(words, 'maxlife'), 1000);
  const domain = after(words, 'domain');
  const sameSite = /samesite=(strict|lax|none)/i.exec(line.text)?.[1]?.toLowerCase();
  if (words.includes('dynamic') || words.includes('preserve') || words.includes('postonly'))
    proxy.notes.approximate(line, 'dynamic, preserve and postonly are left out.');
  if (cookieMode === undefined && !words.includes('indirect'))
    proxy.notes.approximate(line, 'Members do not see the cookie, as with "indirect".');
  return {
    mode: 'cookie',
    cookie,
    ...(cookieMode === 'rewrite' || cookieMode === 'prefix' ? { cookieMode } : {}),
    ...(words.includes('secure') ? { secure: true } : {}),
    ...(words.includes('httponly') ? { httpOnly: true } : {}),
    ...(sameSite === undefined ? {} : { sameSite: SAME_SITE[sameSite] ?? 'Lax' }),
    ...(maxIdle === undefined ? {} : { maxIdle }),
    ...(maxLife === undefined ? {} : { maxLife }),
    ...(domain === undefined ? {} : { domain: domain.replace(/^\./, '') }),
  };
}

const SAME_SITE: Readonly<Record<string, 'Strict' | 'Lax' | 'None'>> = {
  strict: 'Strict',
  lax: 'Lax',
  none: 'None',
};

function after(words: readonly string[], key: string): string | undefined {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
}
