// Specs of http frontends turned into such as nginx and keepalived carry out, with the same texts in the same places.
import type { BalancerSpec } from '../../src/spec/balancer.js';

const ADDRESS = { ip: '10.98.0.100/24', interface: 'eth0' };
const HA = {
  id: 1,
  bind: '10.98.0.2:1',
  peers: ['10.98.0.3:1'],
  secretEnv: 'PATH',
  address: ADDRESS,
};

/** Its http frontends are of udp. */
export function forNginx(spec: BalancerSpec): BalancerSpec {
  const frontends = (spec.frontends ?? []).map((one) =>
    one.protocol === 'http' ? { ...one, protocol: 'udp' } : one,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsing tells what is wrong with it
  return { ...spec, frontends } as BalancerSpec;
}

/** It is a pair that moves an address; where it was none before, with frontends of udp. */
export function forKeepalived(spec: BalancerSpec): BalancerSpec {
  if (spec.ha === undefined) return { ...forNginx(spec), ha: HA };
  const { address } = spec.ha;
  return { ...spec, ha: { ...spec.ha, address: 'memory' in address ? ADDRESS : address } };
}
