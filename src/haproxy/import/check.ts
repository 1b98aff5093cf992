// Health checks of a backend as the monitor of a pool.
import type { MonitorSpec } from '../../spec/health.js';
import type { Proxy } from './proxy.js';
import type { ReadServer } from './server.js';
import { readCount, readTime } from './values.js';

/** HAProxy's own pace. */
const DEFAULT_INTERVAL_MS = 2000;

/** The monitor that the servers' `check` asks for; undefined = none is checked. */
export function readCheck(proxy: Proxy, servers: readonly ReadServer[]): MonitorSpec | undefined {
  const kind = readKind(proxy);
  const checked = servers.filter(
    ({ settings }) => settings.has('check') && !settings.has('no-check'),
  );
  const [first] = checked;
  if (first === undefined) return undefined;
  for (const { line, settings } of servers) {
    if (!settings.has('check'))
      proxy.notes.approximate(line, 'All members of a pool are checked, this one too.');
    else if (paceOf(settings) !== paceOf(first.settings))
      proxy.notes.approximate(line, 'Members of a pool are checked alike: as the first one is.');
  }
  const { settings } = first;
  const usesTls =
    settings.has('check-ssl') ||
    (settings.has('ssl') && !settings.has('no-check-ssl') && !settings.has('port'));
  const interval = readTime(settings.get('inter')) ?? DEFAULT_INTERVAL_MS;
  const line = proxy.last('timeout', 'check');
  const timeout = readTime(line?.words[2]) ?? interval;
  const optional = {
    fastInterval: readTime(settings.get('fastinter')),
    downInterval: readTime(settings.get('downinter')),
    port: readCount(settings.get('port')),
    sni: usesTls ? settings.get('check-sni') : undefined,
  };
  return {
    ...kind,
    type: withTls(kind.type, usesTls),
    interval,
    timeout,
    fall: readCount(settings.get('fall')) ?? 3,
    rise: readCount(settings.get('rise')) ?? 2,
    initial: 'up',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

function withTls(type: MonitorSpec['type'], usesTls: boolean): MonitorSpec['type'] {
  if (!usesTls) return type;
  if (type === 'http') return 'https';
  return type === 'tcp' ? 'tls' : type;
}

function paceOf(settings: ReadonlyMap<string, string>): string {
  return ['inter', 'fastinter', 'downinter', 'rise', 'fall', 'port', 'check-ssl']
    .map((key) => settings.get(key))
    .join();
}

type Kind = Partial<MonitorSpec> & Pick<MonitorSpec, 'type'>;

function readKind(proxy: Proxy): Kind {
  const http = proxy.option('httpchk');
  const found: readonly (readonly [string, Kind])[] = [
    ['redis-check', { type: 'redis' }],
    ['ldap-check', { type: 'ldap' }],
    ['smtpchk', { type: 'smtp' }],
    ['ssl-hello-chk', { type: 'tls' }],
    ['tcp-check', { type: 'tcp' }],
  ];
  const plain = found.find(([name]) => proxy.option(name) !== undefined);
  const mysql = proxy.option('mysql-check');
  const postgres = proxy.option('pgsql-check');
  for (const line of proxy.peek('tcp-check'))
    proxy.notes.leave(
      line,
      'Checks do not follow a script; evenkeel has checks of its own for redis, mysql and others.',
    );
  if (http !== undefined) return readHttp(proxy, http.words.slice(2));
  if (mysql !== undefined) return { type: 'mysql', ...userOf(mysql.words) };
  if (postgres !== undefined) return { type: 'postgres', ...userOf(postgres.words) };
  return plain?.[1] ?? { type: 'tcp' };
}

function userOf(words: readonly string[]): { readonly user?: string } {
  const at = words.indexOf('user');
  const user = at < 0 ? undefined : words[at + 1];
  return user === undefined ? {} : { user };
}

function readHttp(proxy: Proxy, words: readonly string[]): Kind {
  const [first, second] = words;
  let method = second === undefined ? 'OPTIONS' : (first ?? 'OPTIONS');
  let path = second ?? first ?? '/';
  const headers: Record<string, string> = {};
  // `HTTP/1.1\r\nHost:\ example.com` is how headers were written before `http-check send`.
  for (const [, name = '', value = ''] of words
    .join(' ')
    .matchAll(/\r\n([A-Za-z-]+): *([^\r\n]+)/g))
    headers[name.toLowerCase()] = value.trim();
  for (const line of proxy.all('http-check', 'send')) {
    const { words: send } = line;
    method = valueIn(send, 'meth') ?? method;
    path = valueIn(send, 'uri') ?? path;
    send.forEach((word, index) => {
      if (word === 'hdr') headers[(send[index + 1] ?? '').toLowerCase()] = send[index + 2] ?? '';
    });
    if (send.includes('body')) proxy.notes.approximate(line, 'Checks send no body.');
  }
  const expect = readExpect(proxy);
  const drains = proxy.all('http-check', 'disable-on-404').length > 0;
  return {
    type: 'http',
    path,
    method,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    // HAProxy takes redirects for health as well, and any status if it looks at the body.
    expect: { status: expect?.body === undefined ? '200-399' : '100-599', ...expect },
    ...(drains ? { drainOn: '404' } : {}),
  };
}

function readExpect(proxy: Proxy): MonitorSpec['expect'] {
  for (const line of proxy.peek('http-check', 'connect'))
    proxy.notes.leave(line, 'Checks make one request on one connection.');
  let expect: NonNullable<MonitorSpec['expect']> = {};
  for (const line of proxy.peek('http-check', 'expect')) {
    const [kind, value = ''] = line.words.slice(2);
    if (kind === 'status' && /^[\d,-]+$/.test(value)) expect = { ...expect, status: value };
    else if (kind === 'rstatus' && /^\^?2(?:\\d\\d|\.\.|\[0-9\]{2})$/.test(value))
      expect = { ...expect, status: '2xx' };
    else if (kind === 'string') expect = { ...expect, body: { contains: value } };
    else if (kind === 'rstring') expect = { ...expect, body: { regex: value } };
    else {
      proxy.notes.leave(line, 'Checks expect a status, or a body that contains or matches a text.');
      continue;
    }
    proxy.notes.take(line);
  }
  return expect;
}

function valueIn(words: readonly string[], key: string): string | undefined {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
}
