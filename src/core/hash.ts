// Small non-cryptographic hashes over strings (their UTF-16 units as bytes) and bytes. All return unsigned 32-bit numbers.

const CRC_TABLE: Uint32Array = new Uint32Array(256).map((_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3, reflected), as zlib and HAProxy's `crc32` converter compute it. */
export function crc32(bytes: Uint8Array, length: number = bytes.length): number {
  let crc = 0xffffffff;
  for (let i = 0; i < length; i++)
    crc = (CRC_TABLE[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo), with an optional starting value, over the first `end` units. */
export function fnv1a(text: string, seed: number = 0x811c9dc5, end: number = text.length): number {
  let hash = seed;
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ (text.charCodeAt(i) & 255), 0x01000193);
  return hash >>> 0;
}

/** murmur3's 32-bit finaliser: spreads every input bit over every output bit. */
export function mix32(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** sdbm, as HAProxy's default hash function computes it: h = c + (h << 6) + (h << 16) - h. */
export function sdbm(text: string, end: number = text.length): number {
  let hash = 0;
  for (let i = 0; i < end; i++) {
    hash = ((text.charCodeAt(i) & 255) + (hash << 6) + (hash << 16) - hash) | 0;
  }
  return hash >>> 0;
}
