// HTTP/2 towards members: what their requests look like, and how they and their checks agree on it.
import type { MonitorConfig } from '../spec/config.js';
import type { Backend } from './backends.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** A Host that may stand in a URI without being read as anything else. */
const PLAIN_HOST = '^[A-Za-z0-9._:[\\]~-]+$';

/** Whether requests go to the members of a backend as HTTP/2. */
export function speaksHttp2({ pool, mode }: Backend): boolean {
  return mode === 'http' && pool.http.version === '2';
}

/** Without TLS nothing is agreed on: the server line itself says HTTP/2. */
function isPriorKnowledge(backend: Backend): boolean {
  return speaksHttp2(backend) && backend.pool.tls === undefined;
}

/** Writes what becomes of requests on their way to members of HTTP/2. @returns words for each server */
export function addHttpVersion(
  { report }: Emission,
  section: Section,
  backend: Backend,
): readonly string[] {
  const { pool, path, users } = backend;
  const place = `${path}.http.version`;
  if (!speaksHttp2(backend)) {
    report.exact(place, 'HTTP/1.1.');
    return [];
  }
  if (users.some(({ methods }) => methods.connect))
    section.add(
      'http-request',
      'deny',
      'deny_status',
      '501',
      'if',
      '{',
      'method',
      '--',
      'CONNECT',
      '}',
    );
  // Else HAProxy would open a tunnel of its own (RFC 8441), which members of evenkeel are not asked for.
  section.add('http-request', 'del-header', 'upgrade');
  section.add('http-request', 'del-header', 'connection');
  const scheme = pool.tls === undefined ? 'http' : 'https';
  // What comes in HTTP/1.1 would go without :authority, and as https.
  section.add(
    ['http-request', 'set-uri', `${scheme}://%[req.fhdr(host)]%[pathq]`],
    ['if', '{', 'req.fhdr(host)', '-m', 'reg', '--', PLAIN_HOST, '}'],
    ['{', 'path', '-m', 'beg', '--', '/', '}'],
  );
  report.approximated(
    place,
    pool.tls === undefined
      ? REFUSED
      : `${REFUSED} A member that agrees on no protocol is asked in HTTP/1.1.`,
  );
  return pool.tls === undefined ? ['proto', 'h2'] : [];
}

const REFUSED =
  'HTTP/2; a request that the member refuses unread is repeated only if its method is idempotent.';

/** Words of a check over http or https, so that it speaks its own version whatever requests speak. */
export function checkVersionWords(
  section: Section,
  backend: Backend,
  { type, version = '1.1', sni }: MonitorConfig,
  tls: readonly string[],
): readonly string[] {
  const isForced = isPriorKnowledge(backend);
  if (type === 'http') {
    if (version === '2') return [...tls, 'check-proto', 'h2'];
    return isForced ? [...tls, 'check-proto', 'h1'] : tls;
  }
  if (version === '1.1') {
    if (isForced) return [...tls, 'check-proto', 'h1'];
    return speaksHttp2(backend) ? [...tls, 'check-alpn', 'http/1.1'] : tls;
  }
  if (!isForced) return [...tls, 'check-alpn', 'h2'];
  // HAProxy would begin with the server's HTTP/2 before the handshake: the rule asks for TLS instead.
  const name = sni === undefined ? [] : ['sni', sni];
  section.add('http-check', 'connect', 'ssl', 'alpn', 'h2', ...name);
  return ['verify', 'none'];
}
