// Sets of networks, for access lists and trust.
import { BlockList, isIP, isIPv4 } from 'node:net';
import { unmapAddress } from './address.js';

/** One network: an address and how many leading bits count. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
}

/** `"10.0.0.0/8"`, `"::1"`, `"192.0.2.7"` -> network; undefined if it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = match?.[1] ?? '';
  if (isIP(address) === 0) return undefined;
  const bits = isIPv4(address) ? 32 : 128;
  const prefix = match?.[2] === undefined ? bits : Number(match[2]);
  return prefix > bits ? undefined : { address, prefix };
}

/** A frozen set of networks. IPv4-mapped IPv6 addresses count as IPv4. */
export class CidrSet {
  readonly isEmpty: boolean;
  readonly #list: BlockList = new BlockList();

  /** @param networks - already validated texts; one that is not a network is ignored */
  constructor(networks: readonly string[]) {
    this.isEmpty = networks.length === 0;
    for (const text of networks) {
      const cidr = parseCidr(text);
      if (cidr === undefined) continue;
      const address = unmapAddress(cidr.address);
      // A mapped network wider than all of IPv4 stays what it is.
      if (address !== cidr.address && cidr.prefix >= 96)
        this.#list.addSubnet(address, cidr.prefix - 96, 'ipv4');
      else this.#list.addSubnet(cidr.address, cidr.prefix, isIPv4(cidr.address) ? 'ipv4' : 'ipv6');
    }
  }

  /** Whether the address text is in one of the networks. */
  has(address: string): boolean {
    if (this.isEmpty) return false;
    const plain = unmapAddress(address);
    return this.#list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}
