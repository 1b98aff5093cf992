// Rules of a pair, beyond the types of its fields.
import { isIP, parseHostPort } from '../core/address.js';
import { DEFAULT_SECRET_ENV } from './ha.js';
import { checkExtension, type Host } from './host.js';
import { readSecret } from './secret.js';
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** A secret that is shorter can be guessed. */
export const MIN_SECRET = 16;

/** Reports what a pair breaks; what it refers to is checked with the rest of the balancer. */
export function checkHa(ha: SpecNode, host: Host): void {
  if (!ha.isObject) return;
  checkExtension(ha.get('address').get('hook'), host);
  checkAddresses(ha);
  checkSecret(ha, host);
}

function checkAddresses(ha: SpecNode): void {
  const bind = ha.get('bind');
  const own = parse(bind);
  if (own !== undefined && own.host !== '' && isIP(own.host) === 0)
    bind.fault(`expected an IP address, or none for all, got ${show(own.host)}`);
  const seen = new Set<string>();
  for (const peer of ha.get('peers').items) {
    const { text } = peer;
    const other = parse(peer);
    if (text === undefined || other === undefined) continue;
    if (seen.has(text)) peer.fault(`${show(text)} is a peer already`);
    seen.add(text);
    if (own === undefined) continue;
    if (own.host === other.host && own.port === other.port)
      peer.fault(`${show(text)} is this node itself: its bind`);
    const families = [isIP(own.host), isIP(other.host)];
    if (!families.includes(0) && families[0] !== families[1])
      peer.fault(`can't be reached from bind ${show(bind.text)}: one is IPv4, the other IPv6`);
  }
}

function parse(node: SpecNode): ReturnType<typeof parseHostPort> {
  return node.text === undefined ? undefined : parseHostPort(node.text);
}

function checkSecret(ha: SpecNode, host: Host): void {
  if (host.haSecret !== undefined) return;
  const variable = ha.get('secretEnv').isPresent ? ha.get('secretEnv').text : DEFAULT_SECRET_ENV;
  if (variable === undefined) return;
  const secret = readSecret(variable);
  const node = ha.get('secretEnv').isPresent ? ha.get('secretEnv') : ha;
  if (secret === undefined)
    node.fault(`the environment variable ${show(variable)} is not set, or empty`);
  else if (secret.length < MIN_SECRET)
    node.fault(`the secret in ${show(variable)} has fewer than ${MIN_SECRET} characters`);
}
