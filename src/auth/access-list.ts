// Which source addresses may connect.
import { CidrSet } from '../core/cidr.js';
import type { AccessConfig } from '../spec/config.js';

/** Allow and deny networks, compiled: deny wins, and an empty `allow` lets everyone in. */
export class AccessList {
  readonly #allow: CidrSet;
  readonly #deny: CidrSet;

  /** @param config - absent = everyone may connect */
  constructor(config: AccessConfig = { allow: [], deny: [] }) {
    this.#allow = new CidrSet(config.allow);
    this.#deny = new CidrSet(config.deny);
  }

  /** Whether a client at `address` (text, IPv4-mapped counts as IPv4) may come in. */
  allows(address: string): boolean {
    if (this.#deny.has(address)) return false;
    return this.#allow.isEmpty || this.#allow.has(address);
  }
}
