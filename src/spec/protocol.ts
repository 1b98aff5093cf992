// The protocols of frontends.
import type { Protocol } from './config.js';
import type { SpecNode } from './spec-node.js';

/** Protocols, in the order of the reference. */
export const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'http', 'https'];

/** The protocol of a frontend that may be faulty. */
export function protocolOf(frontend: SpecNode): Protocol | undefined {
  const { text } = frontend.get('protocol');
  return PROTOCOLS.find((protocol) => protocol === text);
}

/** Whether a protocol speaks HTTP. */
export function isHttp(protocol: Protocol | undefined): boolean {
  return protocol === 'http' || protocol === 'https';
}
