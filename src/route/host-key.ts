// Names of hosts in the one form in which they are compared.
import { canonicalIPv6 } from '../core/address.js';

/** Longer texts are no names of hosts. */
const LONGEST_HOST = 255;

const BRACKET = 91;

/** `App.Example.com.` -> `app.example.com`; IPv6 in brackets, as it stands in a Host. */
export function canonicalHost(host: string): string {
  return canonicalIPv6(host) ?? hostKey(host.toLowerCase());
}

/** The dot of the root is nothing, IPv6 has many spellings, what is too long is no host. @param host - lower case, IPv6 in brackets */
export function hostKey(host: string): string {
  if (host.length > LONGEST_HOST) return '';
  if (host.charCodeAt(0) === BRACKET) return canonicalIPv6(host) ?? host;
  return host.charCodeAt(host.length - 1) === 46 ? host.slice(0, -1) : host;
}
