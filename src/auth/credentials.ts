// The Authorization header of Basic authentication (RFC 7617).

/** A name and a password as a client sent them. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Name and password together, bytes: some hashes take longer for a longer one, and nobody types so many. */
const MAX_BYTES = 512;

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `Basic YW5uOnNlY3JldA==` -> ann, secret; undefined for anything else, and for what is not UTF-8 or has control characters. */
export function parseCredentials(header: string): Credentials | undefined {
  const base64 = BASIC.exec(header)?.[1];
  if (base64 === undefined || base64.length > (MAX_BYTES * 4) / 3 + 4) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > MAX_BYTES) return undefined;
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (colon < 0 || /[\u0000-\u001f\u007f]/.test(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
