// Addresses, networks and host names as the schema checks them.
import type { z } from 'zod';
import { canonicalIPv6, isHostName, parseHostPort } from '../core/address.js';
import { parseCidr } from '../core/cidr.js';
import { textLeaf } from './leaf.js';

/** An address to listen on: a port is needed, the host may be left out, port 0 = any free one. */
export const bindAddress: z.ZodType<string> = textLeaf(
  'an address such as "10.0.0.1:8080", "[::1]:8080" or ":443"',
  (value) => parseHostPort(value) !== undefined,
);

/** An address to connect to; the port may come from elsewhere. */
export const memberAddress: z.ZodType<string> = textLeaf(
  'an address such as "10.0.0.1:8080", "[::1]:8080" or "web-1:8080"',
  (value) => {
    const parsed = parseHostPort(value, 1);
    return parsed !== undefined && parsed.host !== '' && parsed.port > 0;
  },
);

/** An address to connect to, port included. */
export const peerAddress: z.ZodType<string> = textLeaf(
  'an address with a port, such as "10.0.0.1:53" or "[::1]:53"',
  (value) => {
    const parsed = parseHostPort(value);
    return parsed !== undefined && parsed.host !== '' && parsed.port > 0;
  },
);

/** A network or a single address. */
export const cidr: z.ZodType<string> = textLeaf(
  'a network such as "10.0.0.0/8" or an IP address',
  (value) => parseCidr(value) !== undefined,
);

/** A network without a prefix is an address. */
function isIpAddress(value: string): boolean {
  return !value.includes('/') && parseCidr(value) !== undefined;
}

/** An IP address. */
export const ipAddress: z.ZodType<string> = textLeaf('an IP address', (value) =>
  isIpAddress(value),
);

/** A host name or an IP address. */
export const hostName: z.ZodType<string> = textLeaf(
  'a host name',
  (value) => isHostName(value) || isIpAddress(value),
);

/** `app.example.com` or `*.example.com`. */
export const hostPattern: z.ZodType<string> = textLeaf(
  'a host name such as "app.example.com" or "*.example.com"',
  (value) => isHostName(value.startsWith('*.') ? value.slice(2) : value) || isIpAddress(value),
);

/** A host as requests name it: the same, or an IPv6 address, in brackets or without. */
export const routeHost: z.ZodType<string> = textLeaf(
  'a host name such as "app.example.com" or "*.example.com", or an address such as "[2001:db8::1]"',
  (value) => hostPattern.safeParse(value).success || canonicalIPv6(value) !== undefined,
);
