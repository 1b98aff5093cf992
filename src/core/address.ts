// IP addresses and host:port pairs: text in, values out.
import { isIP, isIPv4, isIPv6 } from 'node:net';

export { isIP };

/** A host and a port; `host` is an IP address (IPv6 without brackets) or a name, '' = all addresses. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * `"10.0.0.1:8080"`, `"[::1]:8080"`, `"web-1:8080"`, `":443"` -> host and port; undefined if it is none of them.
 * With `defaultPort`, the port may be missing: `"10.0.0.1"`, `"[::1]"`, `"::1"`, `"web-1"`.
 */
export function parseHostPort(text: string, defaultPort?: number): HostPort | undefined {
  if (defaultPort !== undefined && isIPv6(text)) return { host: text, port: defaultPort };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, plain, portText] = match;
  const port = portText === undefined ? defaultPort : Number(portText);
  if (port === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  const host = plain ?? '';
  if (host === '' && portText === undefined) return undefined;
  return host === '' || isIPv4(host) || isHostName(host) ? { host, port } : undefined;
}

/** `10.0.0.1:80`, `[::1]:80`, `:80`. */
export function renderHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * An IPv6 address in brackets, in the one form that browsers send: `2001:DB8:0::1` -> `[2001:db8::1]`, `[::ffff:192.0.2.1]` -> `[::ffff:c000:201]`.
 * Undefined if it is none, with brackets or without; an address with a zone is none. Source: WHATWG URL, 3.5 (IPv6 serializer).
 */
export function canonicalIPv6(text: string): string | undefined {
  const address = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (!isIPv6(address) || address.includes('%')) return undefined;
  return new URL(`http://[${address}]`).hostname;
}

/** RFC 1123 host names, with `_` allowed as DNS services use it; not something that looks like a bad IPv4 address. */
export function isHostName(text: string): boolean {
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false;
  return /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?$/.test(text);
}

/** `::ffff:10.0.0.1` -> `10.0.0.1`; anything else unchanged. How sockets' addresses enter the library. */
export function unmapAddress(address: string): string {
  if (!address.startsWith('::ffff:')) return address;
  const tail = address.slice(7);
  return isIPv4(tail) ? tail : address;
}

/**
 * Writes the bytes of an IP address to `out` (16 bytes long at least) and returns how many: 4, 16, or 0 if it is no address.
 * IPv4-mapped IPv6 counts as IPv4; a zone (`%eth0`) is ignored. Allocates nothing for IPv4.
 */
export function writeAddressBytes(address: string, out: Uint8Array): 0 | 4 | 16 {
  if (writeIPv4(address, 0, out, 0)) return 4;
  return writeIPv6(address, out);
}

function writeIPv4(text: string, from: number, out: Uint8Array, at: number): boolean {
  let octet = -1;
  let count = 0;
  for (let i = from; i <= text.length; i++) {
    const c = i === text.length ? 46 : text.charCodeAt(i);
    if (c === 46) {
      if (octet < 0 || count === 4) return false;
      out[at + count++] = octet;
      octet = -1;
    } else if (c >= 48 && c <= 57) {
      octet = (octet < 0 ? 0 : octet * 10) + (c - 48);
      if (octet > 255) return false;
    } else {
      return false;
    }
  }
  return count === 4;
}

function writeIPv6(address: string, out: Uint8Array): 0 | 4 | 16 {
  const zone = address.indexOf('%');
  let text = zone < 0 ? address : address.slice(0, zone);
  if (!isIPv6(text)) return 0;
  const dot = text.indexOf('.');
  if (dot >= 0) {
    const start = text.lastIndexOf(':') + 1;
    const quad = new Uint8Array(4);
    if (!writeIPv4(text, start, quad, 0)) return 0;
    const [a = 0, b = 0, c = 0, d = 0] = quad;
    text = `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  out.fill(0, 0, 16);
  for (const [i, group] of left.entries()) writeGroup(out, i, group);
  for (const [i, group] of right.entries()) writeGroup(out, 8 - right.length + i, group);
  for (let i = 0; i < 10; i++) if (out[i] !== 0) return 16;
  if (out[10] !== 0xff || out[11] !== 0xff) return 16;
  out.copyWithin(0, 12, 16);
  return 4;
}

function writeGroup(out: Uint8Array, index: number, group: string): void {
  const value = Number.parseInt(group, 16);
  out[index * 2] = value >> 8;
  out[index * 2 + 1] = value & 255;
}
