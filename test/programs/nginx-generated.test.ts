// Specs of udp frontends made by chance: each is refused with place and reason, or the real nginx loads what is emitted.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import { generatedUdpSpec } from '../corpus/generated-udp.js';
import { outcomeBy, outcomeOfRest } from '../support/emit-outcome.js';
import { nginxComplaints } from '../support/nginx-check.js';
import { describeWithNamespaces } from '../support/program.js';

/** The seed makes a failure come again; a longer search takes others. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);
const RUNS = Number(process.env['EVENKEEL_RUNS'] ?? 100);

describeWithNamespaces(['nginx', 'ip'], 'a spec made by chance', () => {
  test('is refused, or loaded by nginx', async () => {
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(generatedUdpSpec, async (spec) => {
        const outcome = outcomeOfRest(spec, (given) => outcomeBy(() => emitNginx(given)));
        if (outcome.kind === 'refused' || outcome.files.length === 0) return;
        expect(await nginxComplaints(outcome.files)).toEqual([]);
        loaded++;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(loaded).toBeGreaterThan(RUNS / 5);
  });
});
