// What this version does not carry out yet: refused with its path, never accepted and ignored.
import { protocolOf } from './protocol.js';
import type { SpecNode } from './spec-node.js';

/** Blocks of a frontend that are refused when they say anything. */
const FRONTEND_BLOCKS: readonly string[] = ['tls'];

/** Reports what this version does not carry out of a frontend. */
export function refuseInFrontend(frontend: SpecNode): void {
  const protocol = protocolOf(frontend);
  if (protocol === 'https') refuse(frontend.get('protocol'), 'protocol "https"');
  for (const key of FRONTEND_BLOCKS) {
    const block = frontend.get(key);
    // An empty certificate list is a fault of its own, so any tls block asks for TLS.
    if (key === 'tls' ? block.isPresent : block.isFilled) refuse(block, `"${key}"`);
  }
}

/** Reports what this version does not carry out of a pool. */
export function refuseInPool(pool: SpecNode): void {
  if (pool.get('tls').isPresent) refuse(pool.get('tls'), '"tls"');
  const version = pool.get('http').get('version');
  if (version.text === '2') refuse(version, 'HTTP version "2"');
}

/** Reports what this version does not carry out of a balancer as a whole. */
export function refuseInBalancer(balancer: SpecNode): void {
  if (balancer.get('ha').isPresent) refuse(balancer.get('ha'), '"ha"');
}

function refuse(node: SpecNode, what: string): void {
  node.fault(`${what} is not supported by this version`, 'EK_NOT_SUPPORTED');
}
