// What this version does not carry out yet: refused with its path, never accepted and ignored.
import type { SpecNode } from './spec-node.js';

/** Reports what this version does not carry out of a frontend. */
export function refuseInFrontend(frontend: SpecNode): void {
  const acme = frontend.get('tls').get('acme');
  if (acme.isPresent) refuse(acme, '"acme"');
}

function refuse(node: SpecNode, what: string): void {
  node.fault(`${what} is not supported by this version`, 'EK_NOT_SUPPORTED');
}
