// Makes certificates that sign themselves: for development, not for strangers.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { loadForge } from './forge.js';

/** What a certificate is made of. */
export interface SelfSignedOptions {
  /** Host names and IP addresses; the first is its common name. */
  readonly domains: readonly string[];
  /** Unix ms at which it becomes valid. */
  readonly now: number;
  /** @defaultValue 365 */
  readonly days?: number;
}

/** A certificate and its key, as PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

/** Makes an RSA key of 2048 bits, and a certificate for it. Takes about 200 ms of CPU time. */
export function createSelfSigned({ domains, now, days = 365 }: SelfSignedOptions): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const { md, pki } = loadForge();
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(publicKey);
  // Positive, and random enough that two of them never meet in a browser's store.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  // A minute of grace for clocks that are slow.
  certificate.validity.notBefore = new Date(now - 60_000);
  certificate.validity.notAfter = new Date(now + days * DAY_MS);
  const name = [{ name: 'commonName', value: domains[0] ?? 'localhost' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames: domains.map(alternativeName) },
  ]);
  certificate.sign(pki.privateKeyFromPem(privateKey), md.sha256.create());
  return { cert: pki.certificateToPem(certificate).replace(/\r\n/g, '\n'), key: privateKey };
}

/** Types of RFC 5280 4.2.1.6: 2 = DNS name, 7 = IP address. */
function alternativeName(domain: string): object {
  return isIP(domain) === 0 ? { type: 2, value: domain } : { type: 7, ip: domain };
}

/** Names of the certificate that `selfSigned: true` makes. */
export const DEVELOPMENT_NAMES: readonly string[] = [
  'localhost',
  '*.localhost',
  '127.0.0.1',
  '::1',
];

let development: (SelfSigned & { readonly since: number; readonly until: number }) | undefined;

/** The certificate of `selfSigned: true`: one per process, so that a reload does not change it. @param now - Unix ms */
export function developmentCertificate(now: number): SelfSigned {
  if (development === undefined || now < development.since || now > development.until) {
    const made = createSelfSigned({ domains: DEVELOPMENT_NAMES, now });
    development = { ...made, since: now, until: now + 300 * DAY_MS };
  }
  return development;
}
