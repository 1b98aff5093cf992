// A certificate as a status tells it.
import type { CertificateStatus } from '../model/status.js';
import type { CertificateFacts } from '../tls/certificate.js';

/** Leaves out what a status does not tell. */
export function certificateStatus(certificate: CertificateFacts): CertificateStatus {
  const { names, keyType, issuer, expiresAt, fingerprint } = certificate;
  return { names, keyType, issuer, expiresAt, fingerprint };
}
