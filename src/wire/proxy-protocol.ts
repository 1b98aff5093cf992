// PROXY protocol v1 and v2 (haproxy.org, doc/proxy-protocol.txt): reading and writing the header, no sockets.
import { writeAddressBytes } from '../core/address.js';

/** The two ends of a proxied connection, addresses as text: read ones in one form each, IPv4-mapped ones as IPv4. */
export interface ProxyAddresses {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/** A header that was read. */
export interface ProxyHeader {
  /** Bytes it took: the payload begins behind them. */
  readonly length: number;
  /** Absent = keep the real peer's (v1 UNKNOWN, v2 LOCAL, address families other than TCP over IP). */
  readonly addresses?: ProxyAddresses;
}

/** Longest v1 line, CRLF included (2.1). */
const V1_MAX = 107;
/** Longest v2 header that is read, TLVs included. */
const V2_MAX = 16 + 16 * 1024;

const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1_PREFIX: Buffer = Buffer.from('PROXY ', 'latin1');
const TLV_CRC32C = 0x03;

/**
 * Reads the header at the start of `bytes[0..length)`.
 * `incomplete` = it may still become one; `malformed` = it never will. Strict where the text says MUST.
 */
export function parseProxyHeader(
  bytes: Buffer,
  length: number = bytes.length,
): ProxyHeader | 'incomplete' | 'malformed' {
  if (length === 0) return 'incomplete';
  if (bytes[0] === 0x50) return parseV1(bytes, length);
  return parseV2(bytes, length);
}

function startsLike(bytes: Buffer, length: number, expected: Buffer): boolean {
  const compared = Math.min(length, expected.length);
  return bytes.compare(expected, 0, compared, 0, compared) === 0;
}

// --- version 1: `PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n` ---

function parseV1(bytes: Buffer, length: number): ProxyHeader | 'incomplete' | 'malformed' {
  if (!startsLike(bytes, length, V1_PREFIX)) return 'malformed';
  const window = Math.min(length, V1_MAX);
  const lineFeed = bytes.subarray(0, window).indexOf(0x0a);
  if (lineFeed < 0) return length >= V1_MAX ? 'malformed' : 'incomplete';
  if (bytes[lineFeed - 1] !== 0x0d) return 'malformed';
  const text = bytes.toString('latin1', V1_PREFIX.length, lineFeed - 1);
  const header = { length: lineFeed + 1 };
  if (text === 'UNKNOWN' || text.startsWith('UNKNOWN ')) return header;
  const fields = text.split(' ');
  const [family = '', source = '', destination = '', sourcePort = '', destinationPort = ''] =
    fields;
  if (fields.length !== 5) return 'malformed';
  const isAddress = family === 'TCP4' ? isDottedQuad : family === 'TCP6' ? isColonHex : undefined;
  if (isAddress === undefined || !isAddress(source) || !isAddress(destination)) return 'malformed';
  if (!isPort(sourcePort) || !isPort(destinationPort)) return 'malformed';
  return {
    ...header,
    addresses: {
      source: canonical(source),
      sourcePort: Number(sourcePort),
      destination: canonical(destination),
      destinationPort: Number(destinationPort),
    },
  };
}

/** Four numbers without leading zeroes (2.1). */
function isDottedQuad(text: string): boolean {
  const octets = text.split('.');
  return (
    octets.length === 4 &&
    octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
  );
}

function isColonHex(text: string): boolean {
  return text.includes(':') && !text.includes('%') && writeAddressBytes(text, SCRATCH) !== 0;
}

/** The text that a socket would tell for the address, and that a v2 header gives: one client, one name. */
function canonical(text: string): string {
  return renderAddress(SCRATCH, 0, writeAddressBytes(text, SCRATCH) === 4 ? 4 : 16);
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65_536;
}

// --- version 2: 12 bytes of signature, version and command, family and transport, length, addresses, TLVs ---

function parseV2(bytes: Buffer, length: number): ProxyHeader | 'incomplete' | 'malformed' {
  if (!startsLike(bytes, length, SIGNATURE)) return 'malformed';
  if (length > 12 && !isVersionAndCommand(bytes[12])) return 'malformed';
  if (length < 16) return 'incomplete';
  const total = 16 + bytes.readUInt16BE(14);
  if (total > V2_MAX) return 'malformed';
  // LOCAL: the peer speaks for itself; whatever follows is skipped, its family too (2.2).
  const isLocal = bytes[12] === 0x20;
  const family = (bytes[13] ?? 0) >> 4;
  const transport = (bytes[13] ?? 0) & 15;
  if (!isLocal && (family > 3 || transport > 2)) return 'malformed';
  const addressBytes = isLocal ? 0 : (ADDRESS_BYTES[family] ?? 0);
  if (total < 16 + addressBytes) return 'malformed';
  if (length < total) return 'incomplete';
  if (isLocal || family === 0) return { length: total };
  if (!areTlvsSound(bytes, 16 + addressBytes, total)) return 'malformed';
  if (family === 3 || transport !== 1) return { length: total };
  return { length: total, addresses: readAddresses(bytes, family === 1 ? 4 : 16) };
}

/** By family: unspecified, IPv4, IPv6, unix. */
const ADDRESS_BYTES: readonly number[] = [0, 12, 36, 216];

function isVersionAndCommand(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x21;
}

function readAddresses(bytes: Buffer, size: 4 | 16): ProxyAddresses {
  const ports = 16 + 2 * size;
  return {
    source: renderAddress(bytes, 16, size),
    sourcePort: bytes.readUInt16BE(ports),
    destination: renderAddress(bytes, 16 + size, size),
    destinationPort: bytes.readUInt16BE(ports + 2),
  };
}

function renderAddress(bytes: Uint8Array, at: number, size: 4 | 16): string {
  const from = size === 16 && isMapped(bytes, at) ? at + 12 : at;
  if (size === 4 || from > at) return bytes.subarray(from, from + 4).join('.');
  const group = (i: number): number =>
    ((bytes[at + 2 * i] ?? 0) << 8) | (bytes[at + 2 * i + 1] ?? 0);
  return renderIPv6(Array.from({ length: 8 }, (_, i) => group(i)));
}

/** `::ffff:192.0.2.1` (RFC 4291 2.5.5.2): what a proxy that listens on `::` says of its IPv4 clients. */
function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`. */
function renderIPv6(groups: readonly number[]): string {
  let start = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > longest) [start, longest] = [i, run];
    i += run;
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + longest).join(':')}`;
}

/** Every TLV lies inside the header, and the checksum, if there is one, is right (2.2.3: MUST be checked). */
function areTlvsSound(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    if (at + 3 > to) return false;
    const length = bytes.readUInt16BE(at + 1);
    const end = at + 3 + length;
    if (end > to) return false;
    if (bytes[at] === TLV_CRC32C) {
      if (length !== 4 || bytes.readUInt32BE(at + 3) !== checksum(bytes, to, at + 3)) return false;
    }
    at = end;
  }
  return true;
}

/** CRC-32C (Castagnoli) of the header with the four checksum bytes at `zeroedAt` taken as zero. */
function checksum(bytes: Buffer, length: number, zeroedAt: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < length; i++) {
    const byte = i >= zeroedAt && i < zeroedAt + 4 ? 0 : (bytes[i] ?? 0);
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

// --- writing ---

const SCRATCH: Uint8Array = new Uint8Array(16);

/**
 * The v1 line. Ends of different families are written as IPv6; addresses that are none become `PROXY UNKNOWN`.
 */
export function renderProxyV1(addresses: ProxyAddresses): Buffer {
  const { source, sourcePort, destination, destinationPort } = addresses;
  const family = commonFamily(source, destination);
  if (family === 0) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const [from, to] =
    family === 4 ? [source, destination] : [asIPv6Text(source), asIPv6Text(destination)];
  const line = `PROXY TCP${family} ${from} ${to} ${sourcePort} ${destinationPort}\r\n`;
  return Buffer.from(line, 'latin1');
}

/** The v2 header, without TLVs: 28 bytes for IPv4, 52 for IPv6, 16 (LOCAL) for addresses that are none. */
export function renderProxyV2(
  addresses: ProxyAddresses,
  transport: 'stream' | 'datagram' = 'stream',
): Buffer {
  const { source, sourcePort, destination, destinationPort } = addresses;
  const family = commonFamily(source, destination);
  const size = family === 4 ? 4 : 16;
  const out = Buffer.alloc(family === 0 ? 16 : 20 + 2 * size);
  SIGNATURE.copy(out);
  if (family === 0) {
    out[12] = 0x20;
    return out;
  }
  out[12] = 0x21;
  out[13] = (family === 4 ? 0x10 : 0x20) | (transport === 'stream' ? 1 : 2);
  out.writeUInt16BE(out.length - 16, 14);
  writeAddress(source, size, out, 16);
  writeAddress(destination, size, out, 16 + size);
  out.writeUInt16BE(sourcePort, 16 + 2 * size);
  out.writeUInt16BE(destinationPort, 18 + 2 * size);
  return out;
}

function commonFamily(source: string, destination: string): 0 | 4 | 6 {
  const from = writeAddressBytes(source, SCRATCH);
  const to = writeAddressBytes(destination, SCRATCH);
  if (from === 0 || to === 0) return 0;
  return from === 4 && to === 4 ? 4 : 6;
}

/** An IPv4 address among IPv6 ones is written IPv4-mapped (RFC 4291 2.5.5.2). */
function writeAddress(address: string, size: 4 | 16, out: Buffer, at: number): void {
  const found = writeAddressBytes(address, SCRATCH);
  if (found === size) {
    out.set(SCRATCH.subarray(0, size), at);
    return;
  }
  out[at + 10] = 0xff;
  out[at + 11] = 0xff;
  out.set(SCRATCH.subarray(0, 4), at + 12);
}

function asIPv6Text(address: string): string {
  if (address.includes(':')) return address.replace(/%.*$/, '');
  return `::ffff:${address}`;
}
