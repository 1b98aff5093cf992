// A certificate with its chain and key, read and checked: what TLS servers and clients are made from.
import type { X509Certificate } from 'node:crypto';

/** What is known of a certificate; can be told to anybody. */
export interface CertificateFacts {
  /** Host names it is for, lower case, `*.example.com` among them. */
  readonly names: readonly string[];
  /** `rsa`, `ec`, `ed25519`. */
  readonly keyType: string;
  /** `CN=app.example.com,O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Unix ms. */
  readonly validFrom: number;
  /** Unix ms. */
  readonly expiresAt: number;
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
}

/** A certificate that is good, and what it takes to use it. */
export interface Certificate extends CertificateFacts {
  /** The certificate first, then its chain. */
  readonly chainPem: string;
  /** PKCS#8, not encrypted. */
  readonly keyPem: string;
}

/** Reads the facts out of a certificate. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    names: namesOf(certificate),
    keyType: certificate.publicKey.asymmetricKeyType ?? 'unknown',
    subject: renderName(certificate.subject),
    issuer: renderName(certificate.issuer),
    validFrom: Date.parse(certificate.validFrom),
    expiresAt: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  };
}

/** The DNS names of a certificate; the common name where it has none (RFC 6125 6.4.4). */
function namesOf(certificate: X509Certificate): readonly string[] {
  const alternatives = certificate.subjectAltName ?? '';
  // Values with a comma or quote in them stand in quotes; none of them is a host name.
  const dns = [...alternatives.matchAll(/(?:^|, )DNS:([^,"\s]+)(?=,|$)/g)].map(
    ([, name = '']) => name,
  );
  if (dns.length > 0) return dns.map((name) => name.toLowerCase());
  const common = /^CN=([^\s"\\]+)$/m.exec(certificate.subject)?.[1];
  return common === undefined ? [] : [common.toLowerCase()];
}

/**
 * A distinguished name on one line, the most exact part first (RFC 4514), in ASCII:
 * `C=DE\nO=Größe\nCN=robot` -> `CN=robot,O=Gr\C3\B6\C3\9Fe,C=DE`. Node has escaped commas, pluses and control characters of
 * values already; between the parts of a name of several it writes ` + ` where the RFC has `+`.
 */
export function renderName(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .join(',')
    .replaceAll(' + ', '+')
    .replace(/[^\x20-\x7e]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const hex = Buffer.from(character, 'utf8').toString('hex').toUpperCase();
  return hex.replace(/../g, '\\$&');
}
