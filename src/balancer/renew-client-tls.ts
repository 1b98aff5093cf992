// TLS towards members across an apply: its files are read again, and told to be bad before anything changes.
import type { Pool } from '../pool/pool.js';
import type { BalancerConfig } from '../spec/config.js';
import { renewClientTls } from '../tls/client-tls.js';
import { type ClientMaterial, loadClientMaterial } from '../tls/load-client.js';
import { FaultsByPath } from './at-path.js';

/** @internal What the pools of a spec need for TLS, by pool. @throws SpecError with the faults of all of them */
export function loadClientTls(
  { pools }: BalancerConfig,
  now: number,
): ReadonlyMap<string, ClientMaterial> {
  const faults = new FaultsByPath();
  const materials = new Map<string, ClientMaterial>();
  for (const [index, { name, tls }] of pools.entries()) {
    if (tls === undefined) continue;
    const material = faults.collect(`pools[${index}]`, () => loadClientMaterial(tls, now));
    if (material !== undefined) materials.set(name, material);
  }
  faults.throwAny();
  return materials;
}

/** @internal Gives the pools what was loaded for them; their settings are in force. */
export function useClientTls(
  pools: ReadonlyMap<string, Pool>,
  materials: ReadonlyMap<string, ClientMaterial>,
): void {
  for (const [name, material] of materials) {
    const tls = pools.get(name)?.config.tls;
    if (tls !== undefined) renewClientTls(tls, material);
  }
}
