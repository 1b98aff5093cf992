// What a fidelity report leaves out or says badly: nothing, in any report.
import { leafPaths } from '../../src/emit/config-paths.js';
import type { FidelityReport } from '../../src/emit/fidelity.js';
import type { BalancerConfig } from '../../src/spec/config.js';

/** Fields of the spec that neither have a line nor are inside something that has one, and lines without a reason. */
export function untold(config: BalancerConfig, { entries }: FidelityReport): readonly string[] {
  const told = new Set(entries.map(({ path }) => path));
  return [
    ...leafPaths(config).filter((leaf) => !ancestorsOf(leaf).some((path) => told.has(path))),
    ...entries
      .filter(({ reason }) => !/^\S.*\S$/.test(reason) || reason.startsWith('Not translated'))
      .map(({ path, reason }) => `${path}: ${reason}`),
  ];
}

/** `a.b[0]` -> `a.b[0]`, `a.b`, `a`, and the spec itself. */
function ancestorsOf(leaf: string): readonly string[] {
  const ends = Array.from(leaf.matchAll(/[.[]/g), ({ index }) => leaf.slice(0, index));
  return [leaf, ...ends, ''];
}
