// The header fields that the balancer itself reads or removes, found by length and first letter without building a string.

/** Fields with a meaning for the hop; 0 = any other. */
export const Field = {
  other: 0,
  te: 1,
  host: 2,
  expect: 3,
  upgrade: 4,
  forwarded: 5,
  connection: 6,
  keepAlive: 7,
  maxForwards: 8,
  contentLength: 9,
  http2Settings: 10,
  forwardedFor: 11,
  proxyConnection: 12,
  forwardedHost: 13,
  transferEncoding: 14,
  forwardedProto: 15,
  proxyAuthenticate: 16,
  proxyAuthorization: 17,
  proxyAuthenticationInfo: 18,
  forwardedPort: 19,
  clientCertSubject: 20,
  cookie: 21,
  setCookie: 22,
  /** A name that differs from one of these only by `_` for `-`: some servers take the two for one. */
  lookalike: 23,
} as const;

const NAMES: readonly string[] = [
  '',
  'te',
  'host',
  'expect',
  'upgrade',
  'forwarded',
  'connection',
  'keep-alive',
  'max-forwards',
  'content-length',
  'http2-settings',
  'x-forwarded-for',
  'proxy-connection',
  'x-forwarded-host',
  'transfer-encoding',
  'x-forwarded-proto',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'x-forwarded-port',
  'x-client-cert-subject',
  'cookie',
  'set-cookie',
];

/** Of these, what members may get otherwise than it came, or not at all. */
const CHANGED: ReadonlySet<string> = new Set(
  NAMES.filter((name) => name !== '' && name !== 'host' && name !== 'cookie'),
);

const STRIDE = 32;

/** The names' bytes, {@link STRIDE} apart: comparing bytes with bytes is twice as fast as with a string's characters. */
const NAME_BYTES: Uint8Array = Uint8Array.from(
  Buffer.from(NAMES.map((name) => name.padEnd(STRIDE, '\0')).join(''), 'latin1'),
);
const LENGTHS: Uint8Array = Uint8Array.from(NAMES, (name) => name.length);

const DASH = 45;
const UNDERSCORE = 95;

/** Field by (length & 31) * 32 + (first letter & 31). x-forwarded-port shares its place with x-forwarded-host. */
export const FIELD_SLOT: Uint8Array = buildSlots();

function buildSlots(): Uint8Array {
  const slots = new Uint8Array(1024);
  for (let id = NAMES.length - 1; id > 0; id--) {
    const name = NAMES[id]!;
    slots[((name.length & 31) << 5) | (name.charCodeAt(0) & 31)] = id;
  }
  return slots;
}

/** What `bytes[from..to)`, already known to be a token, is called; `slot` is its place in {@link FIELD_SLOT}. */
export function nameField(bytes: Uint8Array, from: number, to: number, slot: number): number {
  const found = compareName(bytes, from, to, slot);
  if (found !== Field.other || slot !== Field.forwardedHost) return found;
  return compareName(bytes, from, to, Field.forwardedPort);
}

function compareName(bytes: Uint8Array, from: number, to: number, id: number): number {
  const length = LENGTHS[id]!;
  if (to - from !== length) return Field.other;
  const names = NAME_BYTES;
  const first = id * STRIDE;
  let result = id;
  for (let k = 0; k < length; k++) {
    const wanted = names[first + k]!;
    const byte = bytes[from + k]!;
    if ((byte | 32) === wanted) continue;
    if (wanted !== DASH || byte !== UNDERSCORE || id === Field.setCookie) return Field.other;
    result = Field.lookalike;
  }
  return result;
}

/** Whether the forwarder removes or writes lines of that name on the way to members, in any spelling; Host and Cookie apart. */
export function isChangedField(name: string): boolean {
  return CHANGED.has(name.toLowerCase().replaceAll('_', '-'));
}
