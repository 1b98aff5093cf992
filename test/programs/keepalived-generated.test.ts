// Specs of pairs and of udp frontends made by chance: each is refused with place and reason, or the real keepalived loads what is emitted.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emitKeepalived } from '../../src/keepalived/emit-keepalived.js';
import { generatedUdpSpec } from '../corpus/generated-udp.js';
import { outcomeBy, outcomeOfRest } from '../support/emit-outcome.js';
import { keepalivedComplaints } from '../support/keepalived-check.js';
import { describeWithNamespaces } from '../support/program.js';

/** The seed makes a failure come again; a longer search takes others. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);
const RUNS = Number(process.env['EVENKEEL_RUNS'] ?? 60);

const WAYS = [{}, { lvs: 'dr' }, { lvs: 'nat' }, { lvs: 'tun' }] as const;

describeWithNamespaces(['keepalived', 'ip'], 'a spec made by chance', () => {
  test.each(WAYS)('is refused, or loaded by keepalived: %j', async (options) => {
    const loaded = { pair: 0, servers: 0 };
    await fc.assert(
      fc.asyncProperty(generatedUdpSpec, async (spec) => {
        const emit = (given: typeof spec) => outcomeBy(() => emitKeepalived(given, options));
        const outcome = outcomeOfRest(spec, emit);
        if (outcome.kind === 'refused' || outcome.files.length === 0) return;
        expect(await keepalivedComplaints(outcome.files)).toEqual([]);
        const text = outcome.files.map(({ content }) => content).join('\n');
        if (text.includes('vrrp_instance')) loaded.pair++;
        if (text.includes('virtual_server')) loaded.servers++;
      }),
      { seed: SEED + WAYS.indexOf(options), numRuns: RUNS },
    );
    expect(loaded.pair).toBeGreaterThan(RUNS / 10);
    if ('lvs' in options) expect(loaded.servers).toBeGreaterThan(RUNS / 10);
  });
});
