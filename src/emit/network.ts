// Networks and addresses in one form for programs to read, and which network lies in which.
import { writeAddressBytes } from '../core/address.js';
import { parseCidr } from '../core/cidr.js';

/** A network: the bytes of its address, the rest zero, and how many leading bits count. */
export interface Network {
  /** 4 or 16. */
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/** Reads a network of a spec; IPv4-mapped IPv6 counts as IPv4. undefined = it has a zone, which no program takes. */
export function readNetwork(text: string): Network | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined || text.includes('%')) return undefined;
  const buffer = new Uint8Array(16);
  const length = writeAddressBytes(cidr.address, buffer);
  if (length === 0) return undefined;
  const isMapped = length === 4 && cidr.address.includes(':');
  if (!isMapped) return masked(buffer.slice(0, length), cidr.prefix);
  if (cidr.prefix >= 96) return masked(buffer.slice(0, 4), cidr.prefix - 96);
  // Wider than all of IPv4: it stays what it is.
  return masked(
    new Uint8Array([...new Uint8Array(10), 255, 255, ...buffer.slice(0, 4)]),
    cidr.prefix,
  );
}

function masked(bytes: Uint8Array, prefix: number): Network {
  return {
    bytes: bytes.map((byte, i) => {
      const bits = Math.min(8, Math.max(0, prefix - i * 8));
      return byte & (0xff00 >> bits);
    }),
    prefix,
  };
}

/** Whether all of `inner` is in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.bytes.length !== inner.bytes.length || outer.prefix > inner.prefix) return false;
  return masked(inner.bytes, outer.prefix).bytes.every((byte, i) => byte === outer.bytes[i]);
}

/** `10.0.0.0/8`, `2001:db8::/32`. */
export function renderNetwork({ bytes, prefix }: Network): string {
  return `${renderBytes(bytes)}/${prefix}`;
}

function renderBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(i * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** An IP address in its one form; undefined if it has a zone, is IPv4 in disguise, or is none. */
export function renderAddress(host: string): string | undefined {
  const network = host.includes('/') ? undefined : readNetwork(host);
  if (network === undefined) return undefined;
  const text = renderBytes(network.bytes);
  return network.bytes.length === 4 && host.includes(':') ? undefined : text;
}
