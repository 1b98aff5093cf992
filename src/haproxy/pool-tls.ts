// TLS towards members, as words of their server lines.
import { isHostName, parseHostPort } from '../core/address.js';
import { systemClock } from '../core/clock.js';
import type { MemberConfig, PoolTlsConfig } from '../spec/config.js';
import { loadClientMaterial } from '../tls/load-client.js';
import type { Backend } from './backends.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { speaksHttp2 } from './http-version.js';
import { placed } from './tls.js';

/** For the owner only. */
const SECRET = 0o600;

/**
 * Words for each server; none without TLS.
 * @throws SpecError when something that it names can't be used
 */
export function poolTlsWords(
  emission: Emission,
  section: Section,
  backend: Backend,
): (member: MemberConfig, path: string) => readonly string[] {
  const { pool, path } = backend;
  const { tls } = pool;
  if (tls === undefined) return () => [];
  const place = `${path}.tls`;
  const material = placed(path, () => loadClientMaterial(tls, systemClock.wallTime()));
  const { report, files } = emission;
  const words = ['ssl', 'ssl-min-ver', 'TLSv1.2'];
  if (tls.verify) {
    words.push('verify', 'required', 'ca-file');
    if (material.authorities === undefined) words.push('@system-ca');
    else words.push(files.add(`certs/${pool.name}-ca.pem`, material.authorities.join('')));
  } else words.push('verify', 'none');
  if (material.certificate !== undefined) {
    const { chainPem, keyPem } = material.certificate;
    words.push('crt', files.add(`certs/${pool.name}-client.pem`, chainPem + keyPem, SECRET));
  }
  const alpn = alpnOf(backend, tls);
  if (alpn.length > 0) words.push('alpn', alpn.join(','));
  tell(emission, tls, place);
  addHostName(emission, section, backend);
  report.exact(`${place}.alpn`, 'alpn.');
  return (member, memberPath) => [...words, ...nameWords(emission, backend, member, memberPath)];
}

/** Members of HTTP/2 are offered nothing else: HAProxy would speak whatever they take. */
function alpnOf(backend: Backend, { alpn }: PoolTlsConfig): readonly string[] {
  if (speaksHttp2(backend)) return ['h2'];
  return alpn ?? (backend.mode === 'http' ? ['http/1.1'] : []);
}

function tell({ report }: Emission, tls: PoolTlsConfig, place: string): void {
  report.exact(place, 'ssl.');
  report.exact(`${place}.verify`, tls.verify ? 'verify required.' : 'verify none.');
  if (tls.ca === undefined)
    report.approximated(place, "Authorities are the system's, not those that come with Node.");
  else report.exact(`${place}.ca`, 'ca-file.');
  report.exact(`${place}.clientCert`, 'crt.');
  report.exact(`${place}.sni`, 'sni and verifyhost.');
}

/** The name that the client asks for; not set if it asks for none, or for an address. */
const HOST_NAME = 'txn.host_name';

/**
 * By which name a member is asked, and which its certificate must have. HAProxy compares with the name that it asks for, else with
 * `verifyhost`; with neither it would take any certificate.
 */
function nameWords(
  emission: Emission,
  backend: Backend,
  { address }: MemberConfig,
  path: string,
): readonly string[] {
  const { verify = true, sni = 'host' } = backend.pool.tls ?? {};
  if (typeof sni === 'object') return fixed(sni.name, verify);
  const { host = '' } = parseHostPort(address) ?? {};
  if (asksForHost(backend)) {
    const fetch = backend.mode === 'http' ? `var(${HOST_NAME})` : 'ssl_fc_sni';
    return ['sni', fetch, ...(hasNamesOfItsOwn(emission, backend) ? ['verifyhost', host] : [])];
  }
  if (isHostName(host)) return fixed(host, verify);
  if (verify)
    emission.report.refused(
      `${path}.address`,
      "HAProxy compares names with a member's certificate, not addresses; write tls.sni.",
    );
  return [];
}

/** Whether the client's own name is passed on. */
function asksForHost({ pool, mode, users }: Backend): boolean {
  if (pool.tls?.sni !== 'host') return false;
  return mode === 'http' || users.every(({ tls }) => tls !== undefined);
}

/**
 * Whether members can be compared with their own names where the client has none: all have one, and no check of theirs, which asks
 * for no name, would be held to it as well.
 */
function hasNamesOfItsOwn({ config }: Emission, { pool }: Backend): boolean {
  if (pool.tls?.verify !== true) return false;
  const { health } = pool;
  const monitor =
    typeof health === 'string' ? config.monitors.find(({ name }) => name === health) : health;
  const isHeldToIt =
    (monitor?.type === 'https' || monitor?.type === 'tls') && monitor.sni === undefined;
  return (
    !isHeldToIt &&
    pool.members.every(({ address }) => isHostName(parseHostPort(address)?.host ?? ''))
  );
}

/** Notes the name that the client asks for, and refuses requests that no name would be verified for. */
function addHostName(emission: Emission, section: Section, backend: Backend): void {
  if (!asksForHost(backend)) return;
  const { pool, mode, path } = backend;
  const isOpen = pool.tls?.verify === true && !hasNamesOfItsOwn(emission, backend);
  emission.report.approximated(
    `${path}.tls.sni`,
    isOpen
      ? 'Where the client names no host, or an address, HAProxy could not tell whose certificate it sees: 503, or closed.'
      : "Where the client names no host, or an address, HAProxy asks for no name instead of the member's.",
  );
  if (mode === 'tcp') {
    if (isOpen)
      section.add(
        'tcp-request',
        'content',
        'reject',
        'unless',
        '{',
        'ssl_fc_sni',
        '-m',
        'found',
        '}',
      );
    return;
  }
  const host = 'req.hdr(host),host_only';
  section.add(
    ['http-request', `set-var(${HOST_NAME})`, host],
    ['unless', '{', host, '-m', 'ip', '--', '0.0.0.0/0', '::/0', '}'],
    ['or', '{', host, '-m', 'beg', '--', '[', '}'],
  );
  if (isOpen)
    section.add(
      ['http-request', 'deny', 'deny_status', '503'],
      ['unless', '{', `var(${HOST_NAME})`, '-m', 'found', '}'],
    );
}

function fixed(name: string, verify: boolean): readonly string[] {
  return ['sni', `str(${name})`, ...(verify ? ['verifyhost', name] : [])];
}
