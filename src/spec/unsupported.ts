// What this version does not carry out yet: refused with its path, never accepted and ignored.
import { protocolOf } from './protocol.js';
import type { SpecNode } from './spec-node.js';

/** Reports what this version does not carry out of a frontend. */
export function refuseInFrontend(frontend: SpecNode): void {
  const protocol = protocolOf(frontend);
  refuseInTls(frontend.get('tls'), protocol);
}

function refuseInTls(tls: SpecNode, protocol: string | undefined): void {
  if (tls.get('acme').isPresent) refuse(tls.get('acme'), '"acme"');
  // What a tcp client agrees on is spoken by the member.
  if (protocol === 'https') refuseAlpn(tls.get('alpn'));
}

function refuseAlpn(alpn: SpecNode): void {
  for (const item of alpn.items) if (item.text === 'h2') refuse(item, 'ALPN "h2"');
}

/** Reports what this version does not carry out of a pool. */
export function refuseInPool(pool: SpecNode): void {
  refuseAlpn(pool.get('tls').get('alpn'));
  const version = pool.get('http').get('version');
  if (version.text === '2') refuse(version, 'HTTP version "2"');
}

/** Reports what this version does not carry out of a pair. */
export function refuseInHa(ha: SpecNode): void {
  if (ha.get('replicate').isFilled) refuse(ha.get('replicate'), '"replicate"');
}

function refuse(node: SpecNode, what: string): void {
  node.fault(`${what} is not supported by this version`, 'EK_NOT_SUPPORTED');
}
