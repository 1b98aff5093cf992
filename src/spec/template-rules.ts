// Rules of templates: where a variable would never stand for anything, it is a fault, not an empty text or a refused request.
import type { SpecNode } from './spec-node.js';
import { namesVariable } from './template.js';

/** Reports variables of redirects and Host that the requests of this frontend never have. Other headers may be empty. */
export function checkTemplates(frontend: SpecNode, protocol: 'http' | 'https'): void {
  const hasIds = frontend.get('requestId').isPresent;
  for (const place of [frontend, ...frontend.get('routes').items]) {
    const to = place.get('redirect').get('to');
    for (const address of [to, ...newHosts(place)]) {
      if (protocol === 'http' && names(address, 'tls.sni')) {
        address.fault('{tls.sni} is of a TLS handshake, which http does not have; write {host}');
      }
    }
    if (!hasIds && names(to, 'request.id')) {
      to.fault('{request.id} needs requestId; this frontend gives its requests no ids');
    }
  }
}

function names(node: SpecNode, variable: 'tls.sni' | 'request.id'): boolean {
  return node.text !== undefined && namesVariable(node.text, variable);
}

/** What members are told as Host. */
function newHosts(place: SpecNode): readonly SpecNode[] {
  const set = place.get('headers').get('request').get('set');
  const keys = set.isObject ? Object.keys(set.value as object) : [];
  return keys.filter((key) => key.toLowerCase() === 'host').map((key) => set.get(key));
}
