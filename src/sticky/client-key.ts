// What a client is known by in a store: its address, or the value of a header.
import { createHash } from 'node:crypto';
import { writeAddressBytes } from '../core/address.js';

/** Longer header values are known by their digest, so that no client takes more room than others. */
const LONGEST_VALUE = 64;

const bytes = new Uint8Array(16);

/**
 * `192.0.2.7` as it is; IPv6 in one spelling, so that every way to write an address is the same client; IPv4-mapped as IPv4.
 * A zone (`%eth0`) does not count.
 */
export function sourceKey(source: string): string {
  if (!source.includes(':')) return source;
  const length = writeAddressBytes(source, bytes);
  if (length === 0) return source;
  if (length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  let key = '';
  for (let i = 0; i < 16; i += 2)
    key += `${i === 0 ? '' : ':'}${((bytes[i]! << 8) | bytes[i + 1]!).toString(16)}`;
  return key;
}

/** A header's value up to 64 characters, or `sha256:` and its digest. */
export function headerKey(value: string): string {
  if (value.length <= LONGEST_VALUE) return value;
  return `sha256:${createHash('sha256').update(value, 'latin1').digest('base64url')}`;
}
