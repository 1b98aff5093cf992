// Whether OpenSSL takes a certificate that is otherwise good.
import { createSecureContext } from 'node:tls';
import type { Certificate } from './certificate.js';
import { CIPHERS } from './ciphers.js';
import type { Faults } from './faults.js';

/** Whether OpenSSL takes a certificate, too small a key for one; notes why not. */
export function isUsable(certificate: Certificate, path: string, faults: Faults): boolean {
  try {
    createSecureContext({
      cert: certificate.chainPem,
      key: certificate.keyPem,
      ca: [],
      ciphers: CIPHERS,
    });
    return true;
  } catch (error) {
    faults.add(path, `the certificate can not be used: ${openSslReason(error)}`);
    return false;
  }
}

/** `error:0A00018F:SSL routines::ee key too small` -> `ee key too small`. */
function openSslReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^error:[0-9A-F]+:.*:/, '');
}
