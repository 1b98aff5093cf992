// Whatever a user writes into a spec is refused with a place, or the real nginx and the real keepalived load what is emitted.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emitKeepalived } from '../../src/keepalived/emit-keepalived.js';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { TEXT_PLACES } from '../corpus/text-places.js';
import { outcomeBy } from '../support/emit-outcome.js';
import { keepalivedComplaints } from '../support/keepalived-check.js';
import { nginxComplaints } from '../support/nginx-check.js';
import { oddText } from '../support/odd-text.js';
import { forKeepalived, forNginx } from '../support/other-programs.js';
import { describeWithNamespaces } from '../support/program.js';

/** The seed makes a failure come again; a longer search takes others. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);
const RUNS = Number(process.env['EVENKEEL_RUNS'] ?? 40);

const TEXTS = ['harmless', ...fc.sample(oddText, { seed: SEED, numRuns: RUNS })];

describeWithNamespaces(['nginx', 'keepalived', 'ip'], 'a text of a user', () => {
  test('is refused, or makes a configuration that nginx loads', async () => {
    const emit = (spec: BalancerSpec) => outcomeBy(() => emitNginx(spec));
    const accepted = await tryAll(forNginx, emit, nginxComplaints);
    expect(accepted).toBeGreaterThan(RUNS * 10);
  });

  test('is refused, or makes a configuration that keepalived loads', async () => {
    const emit = (spec: BalancerSpec) => outcomeBy(() => emitKeepalived(spec, { lvs: 'nat' }));
    const accepted = await tryAll(forKeepalived, emit, keepalivedComplaints);
    expect(accepted).toBeGreaterThan(RUNS * 10);
  });
});

/** Loads what is accepted of each text, all of it in one file; how much that was. */
async function tryAll(
  adapt: (spec: BalancerSpec) => BalancerSpec,
  emit: (spec: BalancerSpec) => ReturnType<typeof outcomeBy>,
  complaintsOf: typeof nginxComplaints,
): Promise<number> {
  let accepted = 0;
  const complaints: unknown[] = [];
  for (const text of TEXTS) {
    const specs = TEXT_PLACES.map(({ fill }, index) => adapt(fill(text, index))).filter((spec) => {
      const outcome = emit(spec);
      return outcome.kind === 'emitted' && outcome.files.length > 0 && mayLoad(spec);
    });
    accepted += specs.length;
    // Pairs are one a file; those that are like the others' are left out.
    const pairs = new Map(specs.map((spec) => [JSON.stringify(spec.ha), spec.ha]));
    for (const ha of pairs.values()) {
      const own = specs.filter((spec) => JSON.stringify(spec.ha) === JSON.stringify(ha));
      const outcome = emit(together(own, ha));
      if (outcome.kind === 'refused')
        throw new Error(`${JSON.stringify(text)}: ${outcome.why.join('\n')}`);
      const told = await complaintsOf(outcome.files);
      if (told.length > 0) complaints.push({ text, told });
    }
  }
  expect(complaints).toEqual([]);
  return accepted;
}

/** Whether its interface is there: keepalived takes no other. */
function mayLoad({ ha }: BalancerSpec): boolean {
  return ha === undefined || ('ip' in ha.address && ha.address.interface === 'eth0');
}

/** One spec of many. */
function together(specs: readonly BalancerSpec[], ha: BalancerSpec['ha']): BalancerSpec {
  return {
    frontends: specs.flatMap(({ frontends = [] }) => frontends),
    pools: specs.flatMap(({ pools = [] }) => pools),
    monitors: specs.flatMap(({ monitors = [] }) => monitors),
    ...(ha === undefined ? {} : { ha }),
  };
}
