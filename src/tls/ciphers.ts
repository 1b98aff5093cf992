// The cipher suites and groups of both sides: forward secrecy and authenticated encryption only.
import { createSecureContext } from 'node:tls';

/** Mozilla's intermediate list (5.7) without finite-field groups, the cheapest first. */
export const CIPHERS: string = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Curves; the finite-field groups of TLS 1.3 would let any client have us compute for milliseconds. */
const CURVES = 'X25519:P-256:P-384';

/** Safe from quantum computers, where this OpenSSL has it (3.5). */
const WITH_HYBRID: string = `X25519MLKEM768:${CURVES}`;

let groups: string | undefined;

/** The groups for key agreement, the favourite first. */
export function keyGroups(): string {
  groups ??= isKnown(WITH_HYBRID) ? WITH_HYBRID : CURVES;
  return groups;
}

function isKnown(ecdhCurve: string): boolean {
  try {
    createSecureContext({ ecdhCurve, ca: [] });
    return true;
  } catch {
    return false;
  }
}
