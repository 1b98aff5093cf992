// Active checks: rules of the backend, and words of its servers.

import { parseHostPort } from '../core/address.js';
import { regexProblem } from '../core/regex.js';
import type { ReportBuilder } from '../emit/report-builder.js';
import type { MemberConfig, MonitorConfig } from '../spec/config.js';
import type { Backend } from './backends.js';
import type { Section } from './config-file.js';
import { renderCount } from './count.js';
import type { Emission } from './emission.js';
import { checkVersionWords } from './http-version.js';
import { quoteFormat } from './quote.js';
import { isKnownTo } from './target.js';
import { renderTime } from './time.js';

/** Writes the check. @returns words for each server */
export function addHealthCheck(
  emission: Emission,
  section: Section,
  backend: Backend,
  monitor: MonitorConfig,
  path: string,
): readonly string[] {
  const kind = addKind(emission, section, { backend, monitor, path });
  if (kind === undefined) return [];
  section.add('timeout', 'check', renderTime(monitor.timeout));
  const words = ['check'];
  words.push('inter', renderTime(monitor.interval));
  words.push('fastinter', renderTime(monitor.fastInterval));
  words.push('downinter', renderTime(monitor.downInterval));
  words.push('rise', renderCount(monitor.rise), 'fall', renderCount(monitor.fall), ...kind);
  tellTimes(emission, backend, monitor, path);
  return [...words, ...initialWords(emission, monitor, path)];
}

/** A port that is written out keeps the PROXY header out of checks: evenkeel's own carry none. */
export function checkPortWords(
  { pool }: Backend,
  { address }: MemberConfig,
  monitor: MonitorConfig | undefined,
): readonly string[] {
  if (monitor === undefined) return [];
  if (monitor.port !== undefined) return ['port', `${monitor.port}`];
  const own = parseHostPort(address)?.port;
  return pool.sendProxyProtocol === 'none' || own === undefined ? [] : ['port', `${own}`];
}

function tellTimes(
  { report }: Emission,
  { pool }: Backend,
  monitor: MonitorConfig,
  path: string,
): void {
  for (const key of ['interval', 'fastInterval', 'downInterval'] as const)
    report.exact(`${path}.${key}`, 'From the end of a check to the next, 10 % more or less.');
  for (const key of ['rise', 'fall'] as const) report.exact(`${path}.${key}`, 'The same count.');
  for (const key of ['name', 'type', 'port'] as const)
    report.exact(`${path}.${key}`, 'The same check.');
  if (monitor.type !== 'http' && monitor.type !== 'https') {
    for (const key of ['path', 'method', 'headers', 'expect'] as const)
      report.exact(`${path}.${key}`, `Not for ${monitor.type}.`);
  }
  const connect = Math.min(pool.timeouts.connect, monitor.interval);
  if (connect > monitor.timeout) {
    const limit = renderTime(connect);
    report.approximated(
      `${path}.timeout`,
      `Connecting may take ${limit} (the shorter of timeouts.connect and interval), the answer then this long.`,
    );
  } else report.exact(`${path}.timeout`, 'timeout check.');
}

function initialWords(
  { report, target }: Emission,
  { initial }: MonitorConfig,
  path: string,
): readonly string[] {
  const place = `${path}.initial`;
  if (initial === 'unknown') {
    report.exact(place, 'Usable at once; the first check decides.');
    return [];
  }
  if (isKnownTo(target, '3.1')) {
    report.exact(place, 'init-state.');
    return ['init-state', initial === 'up' ? 'fully-up' : 'fully-down'];
  }
  report.approximated(
    place,
    'Before 3.1 a server starts up, and its first failed check takes it down.',
  );
  return [];
}

/** Writes what is asked and what is good. @returns words for each server; undefined = refused */
function addKind(
  emission: Emission,
  section: Section,
  { backend, monitor, path }: { backend: Backend; monitor: MonitorConfig; path: string },
): readonly string[] | undefined {
  const { report } = emission;
  const refuse = (reason: string): undefined => {
    report.refused(path, reason);
    return undefined;
  };
  const isPoolTls = backend.pool.tls !== undefined;
  const tls = ['check-ssl', ...(isPoolTls ? [] : ['verify', 'none'])];
  tls.push(...sniWords(backend, monitor));
  // A check is in the clear unless it says otherwise, whatever clients' requests are sent by.
  const plain = isPoolTls ? ['no-check-ssl'] : [];
  if (monitor.type === 'https' || monitor.type === 'tls')
    tellVerify(report, backend, monitor, path);
  switch (monitor.type) {
    case 'tcp':
      return plain;
    case 'http':
    case 'https': {
      section.add('option', 'httpchk');
      if (monitor.type === 'https') report.exact(`${path}.sni`, 'check-sni.');
      const transport = monitor.type === 'https' ? tls : plain;
      const words = checkVersionWords(section, backend, monitor, transport);
      addHttp(emission, section, monitor, path);
      return words;
    }
    case 'tls':
      report.exact(`${path}.sni`, 'check-sni.');
      return tls;
    case 'redis':
      section.add('option', 'redis-check');
      return plain;
    case 'ldap':
      section.add('option', 'ldap-check');
      return plain;
    case 'smtp':
      section.add('option', 'smtpchk', 'EHLO', monitor.ehlo ?? 'localhost');
      report.exact(`${path}.ehlo`, 'The same name.');
      return plain;
    case 'postgres':
      section.add('option', 'pgsql-check', 'user', monitor.user ?? 'evenkeel');
      report.approximated(`${path}.user`, 'A user that is refused by name takes the member down.');
      return plain;
    case 'mysql':
      section.add(
        'option',
        'mysql-check',
        ...(monitor.user === undefined ? [] : ['user', monitor.user]),
      );
      report.exact(`${path}.user`, 'The same login, or the greeting alone.');
      return plain;
    case 'udp':
      return refuse('HAProxy has no UDP checks.');
    case 'grpc':
      return refuse('HAProxy can not send a gRPC message.');
    case 'exec':
      return refuse('HAProxy does not start programs for checks unless its whole process may.');
    default:
      return refuse('A function of the host is known to its process only.');
  }
}

/** HAProxy verifies in checks what it verifies for requests. */
function tellVerify(
  report: ReportBuilder,
  { pool }: Backend,
  { verify }: MonitorConfig,
  path: string,
): void {
  const isHeld = pool.tls?.verify === true;
  const isShared = typeof pool.health === 'string';
  if (isHeld && (isShared || verify === false))
    report.approximated(
      isShared ? `${path}.type` : `${path}.verify`,
      "The check verifies the member's certificate as requests do.",
    );
  else report.exact(`${path}.verify`, isHeld ? 'As for requests.' : 'verify none.');
}

/** A check asks for the name that requests ask for, where that is always the same. */
function sniWords({ pool }: Backend, { sni }: MonitorConfig): readonly string[] {
  const fixed = typeof pool.tls?.sni === 'object' ? pool.tls.sni.name : undefined;
  const name = sni ?? fixed;
  return name === undefined ? [] : ['check-sni', name];
}

function addHttp(
  { report }: Emission,
  section: Section,
  monitor: MonitorConfig,
  path: string,
): void {
  const { expect, headers, drainOn } = monitor;
  const given = Object.entries(headers);
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  const own = [
    ['host', ASKED],
    ['user-agent', 'evenkeel-health'],
    ['accept', '*/*'],
  ] as const;
  const lines = [
    ...own.filter(([name]) => !has(name)),
    ...given.map(([name, value]) => [name.toLowerCase(), quoteFormat(value)]),
  ];
  section.add(
    ['http-check', 'send', 'meth', monitor.method, ...targetWords(monitor), 'ver', 'HTTP/1.1'],
    ...lines.flatMap(([name = '', value = '']) => [
      'hdr',
      name,
      value === '' ? '%[var(txn.nothing)]' : value,
    ]),
  );
  report.exact(`${path}.path`, 'The same request.');
  report.exact(`${path}.method`, 'The same request.');
  if (has('host')) report.exact(`${path}.headers`, 'The same headers.');
  else report.exact(`${path}.headers`, 'The same headers; Host is the address that is asked.');
  report.exact(`${path}.version`, monitor.version === '2' ? 'HTTP/2.' : 'HTTP/1.1.');
  section.add('http-check', 'expect', 'status', statusList(expect.status));
  report.exact(`${path}.expect.status`, 'The same statuses.');
  if (expect.body !== undefined) {
    if ('contains' in expect.body)
      section.add('http-check', 'expect', 'string', expect.body.contains);
    else section.add('http-check', 'expect', 'rstring', expect.body.regex);
    report.approximated(
      `${path}.expect.body`,
      'HAProxy looks at as much of the body as fits its buffer, not at 64 KiB.',
    );
    const problem = 'regex' in expect.body ? regexProblem(expect.body.regex) : undefined;
    if (problem !== undefined)
      report.refused(
        `${path}.expect.body.regex`,
        `HAProxy may read this pattern otherwise: it ${problem}.`,
      );
  }
  if (drainOn === undefined) return;
  if (drainOn !== '404') {
    report.refused(`${path}.drainOn`, 'HAProxy drains on 404 only.');
    return;
  }
  section.add('http-check', 'disable-on-404');
  report.exact(`${path}.drainOn`, 'disable-on-404.');
}

/** In HTTP/2 the host stands in the target, which becomes `:authority`. */
function targetWords({ type, version, path, headers }: MonitorConfig): readonly string[] {
  if (version !== '2') return ['uri', path];
  const given = Object.entries(headers).find(([name]) => name.toLowerCase() === 'host')?.[1];
  const host = given === undefined ? ASKED : quoteFormat(given);
  return ['uri-lf', `${type}://${host}${quoteFormat(path)}`];
}

/** The address that a check asks. */
const ASKED = '%[bc_dst]:%[bc_dst_port]';

/** `2xx,301` -> `200-299,301`. */
export function statusList(text: string): string {
  return text
    .split(',')
    .map((item) => item.replace(/^(\d)xx$/, '$100-$199'))
    .join(',');
}
