// The hashes of a password file: which can be checked, and why others are refused.
import { DEFAULT_ROUNDS, type ShaCryptSetting } from './sha-crypt.js';

/** A hash, taken apart as far as checking it needs. */
export type PasswordHash =
  | { readonly kind: 'bcrypt'; readonly text: string }
  | {
      readonly kind: 'sha-crypt';
      readonly text: string;
      readonly setting: ShaCryptSetting;
      /** What stands behind the last `$`. */
      readonly sum: string;
    }
  | { readonly kind: 'sha1'; readonly text: string; readonly sum: Buffer };

/** Rounds of SHA-crypt at most: about a second of work. */
const MAX_ROUNDS = 1_000_000;
/** Cost of bcrypt at most, as htpasswd has it. */
const MAX_COST = 17;

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const SHA_CRYPT = /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\n]{0,16})\$([./A-Za-z0-9]+)$/;
const SHA1 = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/;

const REMEDY = 'make it anew with "htpasswd -B"';

/** The hash, or a sentence that says why it can't be used. It does not repeat the hash. */
export function parsePasswordHash(text: string): PasswordHash | string {
  if (text.startsWith('$2')) return parseBcrypt(text);
  if (text.startsWith('$5$') || text.startsWith('$6$')) return parseShaCrypt(text);
  if (text.startsWith('{SHA}')) return parseSha1(text);
  if (text.startsWith('$apr1$')) return `apr1 (MD5) is too weak; ${REMEDY}`;
  if (text.startsWith('$1$')) return `MD5 of crypt is too weak; ${REMEDY}`;
  if (/^\$[\w-]+\$/.test(text)) return `${text.split('$')[1]} is not supported; ${REMEDY}`;
  if (/^\{[\w-]+\}/.test(text))
    return `${text.slice(1, text.indexOf('}'))} is not supported; ${REMEDY}`;
  if (/^[./A-Za-z0-9]{13}$/.test(text)) return `crypt (DES) is too weak; ${REMEDY}`;
  return text === '' ? 'has no password' : `is no hash of a password; ${REMEDY}`;
}

function parseBcrypt(text: string): PasswordHash | string {
  const cost = Number(BCRYPT.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(cost)) return 'is no whole bcrypt hash ($2a$, $2b$ or $2y$)';
  if (cost < 4 || cost > MAX_COST) return `bcrypt cost must be from 4 to ${MAX_COST}, got ${cost}`;
  return { kind: 'bcrypt', text };
}

function parseShaCrypt(text: string): PasswordHash | string {
  const [, id, roundsText, salt = '', sum = ''] = SHA_CRYPT.exec(text) ?? [];
  const isLong = id === '6';
  if (id === undefined || sum.length !== (isLong ? 86 : 43)) return 'is no whole SHA-crypt hash';
  const rounds = roundsText === undefined ? DEFAULT_ROUNDS : Number(roundsText);
  if (rounds < 1000 || rounds > MAX_ROUNDS) {
    return `SHA-crypt rounds must be from 1000 to ${MAX_ROUNDS}, got ${rounds}`;
  }
  const setting: ShaCryptSetting = { digest: isLong ? 'sha512' : 'sha256', salt, rounds };
  return { kind: 'sha-crypt', text, setting, sum };
}

function parseSha1(text: string): PasswordHash | string {
  const base64 = SHA1.exec(text)?.[1];
  if (base64 === undefined) return 'is no whole {SHA} hash';
  return { kind: 'sha1', text, sum: Buffer.from(base64, 'base64') };
}
