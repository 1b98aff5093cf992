// Whatever a user writes into a spec is refused with a place, or the real HAProxy loads what is emitted.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { TEXT_PLACES } from '../../corpus/text-places.js';
import { outcomeOf } from '../../support/emit-outcome.js';
import { haproxyComplaints } from '../../support/haproxy-check.js';
import { oddText, userName, withUsers } from '../../support/odd-text.js';
import { describeWith } from '../../support/program.js';

/** The seed makes a failure come again; a longer search takes others. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);
const RUNS = Number(process.env['EVENKEEL_RUNS'] ?? 40);

describeWith(['haproxy'], 'a text of a user', () => {
  test('is refused, or makes a configuration that HAProxy loads', async () => {
    let accepted = 0;
    const complaints: unknown[] = [];
    for (const text of ['harmless', ...fc.sample(oddText, { seed: SEED, numRuns: RUNS })]) {
      const specs = TEXT_PLACES.map(({ fill }, index) => fill(text, index)).filter(
        (spec) => outcomeOf(spec).kind === 'emitted',
      );
      accepted += specs.length;
      const outcome = outcomeOf(together(specs));
      if (outcome.kind === 'refused')
        throw new Error(`${JSON.stringify(text)}: ${outcome.why.join('\n')}`);
      const told = await haproxyComplaints(outcome.files);
      if (told.length > 0) complaints.push({ text, told });
    }
    expect(complaints).toEqual([]);
    expect(accepted).toBeGreaterThan(RUNS * 10);
  });

  test('may be the name of a user in a password file', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-injection-'));
    const usersFile = path.join(folder, 'users');
    try {
      for (const name of fc.sample(userName, { seed: SEED, numRuns: RUNS })) {
        writeFileSync(usersFile, `${name}:$6$aa$bb\n`, 'latin1');
        const outcome = outcomeOf(withUsers(usersFile));
        const told = outcome.kind === 'emitted' ? await haproxyComplaints(outcome.files) : [];
        expect({ name, told }).toEqual({ name, told: [] });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** One spec of many. */
function together(specs: readonly BalancerSpec[]): BalancerSpec {
  return {
    frontends: specs.flatMap(({ frontends = [] }) => frontends),
    pools: specs.flatMap(({ pools = [] }) => pools),
    monitors: specs.flatMap(({ monitors = [] }) => monitors),
  };
}
