// TLS towards members, as words of their server lines.
import { isHostName, parseHostPort } from '../core/address.js';
import { systemClock } from '../core/clock.js';
import type { MemberConfig, PoolTlsConfig } from '../spec/config.js';
import { loadClientMaterial } from '../tls/load-client.js';
import type { Backend } from './backends.js';
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
  report.exact(`${place}.clientCert`, 'crt.');
  if (tls.sni === 'host')
    report.approximated(
      `${place}.sni`,
      "Where the client names no host, or an address, HAProxy asks for no name instead of the member's.",
    );
  else report.exact(`${place}.sni`, 'sni and verifyhost.');
}

/** By which name a member is asked, and which its certificate must have: without one HAProxy takes any certificate. */
function nameWords(
  { report }: Emission,
  { pool, mode, users }: Backend,
  { address }: MemberConfig,
  path: string,
): readonly string[] {
  const { verify = true, sni = 'host' } = pool.tls ?? {};
  if (typeof sni === 'object') return fixed(sni.name, verify);
  if (sni === 'host' && mode === 'http') return ['sni', 'req.hdr(host),host_only'];
  if (sni === 'host' && users.every(({ tls }) => tls !== undefined)) return ['sni', 'ssl_fc_sni'];
  const { host = '' } = parseHostPort(address) ?? {};
  if (isHostName(host)) return fixed(host, verify);
  if (verify)
    report.refused(
      `${path}.address`,
      "HAProxy compares names with a member's certificate, not addresses; write tls.sni.",
    );
  return [];
}

function fixed(name: string, verify: boolean): readonly string[] {
  return ['sni', `str(${name})`, ...(verify ? ['verifyhost', name] : [])];
}
