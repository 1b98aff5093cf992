// Host and authority grammar: uri-host [":" port] of RFC 3986 3.2.2 and RFC 9110 7.2.
import { CLASS, COLON, DIGIT, HEX, NAME } from './byte-class.js';

const PERCENT = 37;
const DOT = 46;
const OPEN = 91;
const CLOSE = 93;

/** Whether `bytes[from..to)` is a host with an optional port; the host may not be empty, the port may (`a:`). */
export function isAuthority(bytes: Uint8Array, from: number, to: number): boolean {
  const end = bytes[from] === OPEN ? literalEnd(bytes, from, to) : nameEnd(bytes, from, to);
  if (end <= from) return false;
  return end === to || (bytes[end] === COLON && isPort(bytes, end + 1, to));
}

/** End of the host in a valid authority: where the colon of its port stands, or `to`. */
export function hostEnd(bytes: Uint8Array, from: number, to: number): number {
  let i = to;
  while (i > from && (CLASS[bytes[i - 1]!]! & DIGIT) !== 0) i--;
  return i > from && bytes[i - 1] === COLON ? i - 1 : to;
}

/** Port of a valid authority whose host ends at `end`; `absent` when there is none or it is empty. */
export function portOf(bytes: Uint8Array, end: number, to: number, absent: number): number {
  if (end + 1 >= to) return absent;
  let port = 0;
  for (let i = end + 1; i < to; i++) port = port * 10 + (bytes[i]! - 48);
  return port;
}

function nameEnd(bytes: Uint8Array, from: number, to: number): number {
  const table = CLASS;
  let i = from;
  while (i < to) {
    if ((table[bytes[i]!]! & NAME) !== 0) i++;
    else if (bytes[i] === PERCENT && i + 2 < to && isHex(bytes[i + 1]!) && isHex(bytes[i + 2]!))
      i += 3;
    else break;
  }
  return i;
}

function isHex(byte: number): boolean {
  return (CLASS[byte]! & HEX) !== 0;
}

function isPort(bytes: Uint8Array, from: number, to: number): boolean {
  let port = 0;
  for (let i = from; i < to; i++) {
    if ((CLASS[bytes[i]!]! & DIGIT) === 0) return false;
    port = port * 10 + (bytes[i]! - 48);
    if (port > 65535) return false;
  }
  return true;
}

/** Index behind the bracket that closes an IP literal, or -1. */
function literalEnd(bytes: Uint8Array, from: number, to: number): number {
  let close = from + 1;
  while (close < to && bytes[close] !== CLOSE) close++;
  if (close >= to) return -1;
  const isFuture = (bytes[from + 1]! | 32) === 118;
  const isValid = isFuture ? isIpFuture(bytes, from + 2, close) : isIpv6(bytes, from + 1, close);
  return isValid ? close + 1 : -1;
}

/** `1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`, behind the `v`. */
function isIpFuture(bytes: Uint8Array, from: number, to: number): boolean {
  let i = from;
  while (i < to && isHex(bytes[i]!)) i++;
  if (i === from || bytes[i] !== DOT || i + 1 >= to) return false;
  for (i++; i < to; i++) {
    if ((CLASS[bytes[i]!]! & NAME) === 0 && bytes[i] !== COLON) return false;
  }
  return true;
}

/** An IPv6 address without zone: up to 8 groups, one `::`, an IPv4 tail counts for two. */
function isIpv6(bytes: Uint8Array, from: number, to: number): boolean {
  let groups = 0;
  let hasGap = false;
  let i = from;
  if (bytes[i] === COLON) {
    if (bytes[i + 1] !== COLON || i + 1 >= to) return false;
    hasGap = true;
    i += 2;
  }
  while (i < to) {
    const start = i;
    while (i < to && isHex(bytes[i]!)) i++;
    if (i === start) return false;
    if (bytes[i] === DOT && i < to) return isIpv4(bytes, start, to) && fits(groups + 2, hasGap);
    if (i - start > 4) return false;
    groups++;
    if (i === to) break;
    if (bytes[i++] !== COLON || i === to) return false;
    if (bytes[i] === COLON) {
      if (hasGap) return false;
      hasGap = true;
      i++;
    }
  }
  return fits(groups, hasGap);
}

function fits(groups: number, hasGap: boolean): boolean {
  return hasGap ? groups <= 7 : groups === 8;
}

function isIpv4(bytes: Uint8Array, from: number, to: number): boolean {
  let parts = 0;
  for (let i = from; ; i++) {
    const start = i;
    let value = 0;
    while (i < to && (CLASS[bytes[i]!]! & DIGIT) !== 0) value = value * 10 + (bytes[i++]! - 48);
    const digits = i - start;
    if (digits === 0 || digits > 3 || value > 255 || (digits > 1 && bytes[start] === 48)) {
      return false;
    }
    parts++;
    if (i === to) return parts === 4;
    if (bytes[i] !== DOT) return false;
  }
}
