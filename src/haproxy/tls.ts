// TLS of a frontend: bundles of certificates, a list of them, and words of its bind lines.
import { systemClock } from '../core/clock.js';
import { SpecError } from '../core/errors.js';
import { certificateStatus } from '../frontend/certificate-status.js';
import type { FrontendConfig } from '../spec/config.js';
import { CIPHERS } from '../tls/ciphers.js';
import { loadServerMaterial } from '../tls/load-server.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** Curves of both sides; what every OpenSSL of the last years has. */
const CURVES = 'X25519:P-256:P-384';

/** For the owner only. */
const SECRET = 0o600;

/**
 * Writes the certificates of a frontend. @returns words for its bind lines; none without TLS
 * @throws SpecError when a certificate can't be used, with every fault
 */
export function tlsWords(
  { report, files, certificates }: Emission,
  { name, tls }: FrontendConfig,
  path: string,
): readonly string[] {
  if (tls === undefined) return [];
  const place = `${path}.tls`;
  if (tls.selfSigned) {
    report.refused(
      place,
      'A certificate that is made at the start has no file; make one with "evenkeel cert self-signed".',
    );
    return [];
  }
  const material = placed(path, () => loadServerMaterial(tls, systemClock.wallTime()));
  certificates.set(name, material.certificates.map(certificateStatus));
  const bundles = material.certificates.map(({ chainPem, keyPem }, index) =>
    files.add(`certs/${name}-${index}.pem`, chainPem + keyPem, SECRET),
  );
  const list = files.add(`certs/${name}.list`, `${bundles.join('\n')}\n`);
  report.exact(
    `${place}.certificates`,
    'Bundles of chain and key; the first is for everybody else.',
  );
  report.exact(`${place}.selfSigned`, 'Not asked for.');
  report.exact(`${place}.minVersion`, 'ssl-min-ver.');
  report.exact(`${place}.alpn`, 'alpn.');
  report.exact(`${place}.clientAuth`, 'verify.');
  const words = ['ssl', 'crt-list', list, 'ssl-min-ver', `TLSv${tls.minVersion}`, 'curves', CURVES];
  if (tls.alpn !== undefined) {
    words.push('alpn', tls.alpn.join(','));
    report.note(
      'A client that offers only protocols that are not in tls.alpn is served without one, not refused.',
    );
  }
  const { mode } = tls.clientAuth;
  if (mode === 'none') return words;
  const authorities = files.add(`certs/${name}-clients.pem`, material.authorities.join(''));
  return [...words, 'ca-file', authorities, 'verify', mode === 'require' ? 'required' : 'optional'];
}

/** Lets faults speak of the whole spec. */
export function placed<T>(path: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new SpecError(error.issues.map((issue) => ({ ...issue, path: `${path}.${issue.path}` })));
  }
}

/** Cipher suites of everything that the process speaks, on either side. */
export function addCiphers(section: Section): void {
  const all = CIPHERS.split(':');
  const suites = all.filter((cipher) => cipher.startsWith('TLS_')).join(':');
  const ciphers = all.filter((cipher) => !cipher.startsWith('TLS_')).join(':');
  for (const side of ['bind', 'server']) {
    section.add(`ssl-default-${side}-ciphers`, ciphers);
    section.add(`ssl-default-${side}-ciphersuites`, suites);
    section.add(`ssl-default-${side}-options`, 'ssl-min-ver', 'TLSv1.2');
  }
}

/** Tells members who the client is by its certificate; nobody else may. */
export function addClientSubject(section: Section, { tls }: FrontendConfig): void {
  const name = 'x-client-cert-subject';
  section.add('http-request', 'del-header', '^x[-_]client[-_]cert[-_]subject$', '-m', 'reg');
  if (tls === undefined || tls.clientAuth.mode === 'none') return;
  const subject = '%[ssl_c_s_dn(,0,rfc2253)]';
  section.add('http-request', 'set-header', name, subject, 'if', '{', 'ssl_c_used', '}');
}
