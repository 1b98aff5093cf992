// Whose requests count together when a limit goes by source: an IPv4 address, or a network of IPv6.
import { unmapAddress, writeAddressBytes } from '../core/address.js';
import { BoundedMap } from '../core/bounded-map.js';
import type { Clock } from '../core/clock.js';

/** IPv6 addresses whose network is remembered. */
const MAX_KNOWN = 4096;

/** Turns addresses into keys: IPv4 (mapped or not) as it is, IPv6 cut to its leading bits: `2001:db8:0:1::/64`. */
export class SourceKey {
  readonly #prefix: number;
  readonly #bytes: Uint8Array = new Uint8Array(16);
  readonly #known: BoundedMap<string, string>;

  /** @param prefix - leading bits of an IPv6 address, 1-128 */
  constructor(prefix: number, clock: Clock) {
    this.#prefix = prefix;
    this.#known = new BoundedMap({ max: MAX_KNOWN }, clock);
  }

  /** @param address - a text that is no address is its own key */
  of(address: string): string {
    if (!address.includes(':')) return address;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const key = this.#networkOf(address);
    this.#known.set(address, key);
    return key;
  }

  #networkOf(address: string): string {
    const bytes = this.#bytes;
    const length = writeAddressBytes(address, bytes);
    if (length === 0) return address;
    if (length === 4) return unmapped(address, bytes);
    const prefix = this.#prefix;
    const groups: string[] = [];
    for (let at = 0; at < 16 && at * 8 < prefix; at += 2) {
      const bits = Math.min(16, prefix - at * 8);
      const group = ((bytes[at]! << 8) | bytes[at + 1]!) & (0xffff << (16 - bits)) & 0xffff;
      groups.push(group.toString(16));
    }
    return groups.length === 8
      ? `${groups.join(':')}/${prefix}`
      : `${groups.join(':')}::/${prefix}`;
  }
}

function unmapped(address: string, bytes: Uint8Array): string {
  const plain = unmapAddress(address);
  return plain === address ? bytes.subarray(0, 4).join('.') : plain;
}
