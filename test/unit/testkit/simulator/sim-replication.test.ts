// What clients have of the copied state after a takeover in virtual time.
import { describe, expect, test } from 'vitest';
import { keepsAffinity } from '../../../../src/testkit/assertions.js';
import type { FaultEvent, ScenarioSpec } from '../../../../src/testkit/simulator/scenario-spec.js';
import { simulate } from '../../../../src/testkit/simulator/simulate.js';
import type { SimulationRun } from '../../../../src/testkit/simulator/simulation-run.js';
import { scenario } from './scenario.js';

const KILL: readonly FaultEvent[] = [{ at: '20s', do: 'kill', target: 'a' }];

function run(
  replicate: readonly ('sticky' | 'rate-limit' | 'health')[],
  faults: readonly FaultEvent[] = KILL,
  change: Partial<ScenarioSpec> = {},
): Promise<SimulationRun> {
  return simulate(
    scenario(
      {
        arrivals: { rate: 200, clients: 200, timeout: '3s' },
        pair: { nodes: [{ name: 'a', priority: 200 }, { name: 'b' }], replicate },
        faults,
        ...change,
      },
      { strategy: 'random', sticky: { mode: 'source-ip', ttl: '1h' } },
      { rateLimit: [{ requests: 3000, window: '1h', key: 'frontend' }] },
    ),
  );
}

function answered({ report }: SimulationRun): number {
  return report.totals.answered;
}

describe('after a simulated takeover', () => {
  test.each(['kill', 'cut', 'resign', 'pause'] as const)(
    'clients keep their members, where their table was copied (%s)',
    async (fault) => {
      const faults: FaultEvent[] = [{ at: '20s', do: fault, target: 'a', for: '15s' }];
      const copied = await run(['sticky'], faults);
      expect(copied.report.owners.map(({ node }) => node)).toEqual(['a', 'b', 'a']);
      expect(keepsAffinity(copied.report)).toMatchObject({ pass: true });
      expect(keepsAffinity((await run([], faults)).report)).toMatchObject({ pass: false });
    },
  );

  test('spent quota stays spent, where it was copied', async () => {
    expect(answered(await run([]))).toBeGreaterThan(4000);
    const copied = answered(await run(['rate-limit']));
    // What the killed one counted in its last 20 ms and on the way is not known to the other.
    expect(copied).toBeGreaterThan(2900);
    expect(copied).toBeLessThanOrEqual(3010);
  });

  test('what lines lose and delay comes later, and in its order', async () => {
    const network = { peers: { latency: '40ms', loss: 20 } };
    const copied = await run(['sticky', 'health'], KILL, { network });
    expect(keepsAffinity(copied.report)).toMatchObject({ pass: true });
  });

  test('what a partition held back comes when it heals, on a stream that is made again', async () => {
    const faults: FaultEvent[] = [
      { at: '6s', do: 'partition', target: 'a', from: 'b', for: '2s' },
      { at: '20s', do: 'kill', target: 'a' },
    ];
    expect(keepsAffinity((await run(['sticky'], faults)).report)).toMatchObject({ pass: true });
    // Cut off until the end, the other one knows only those who came before.
    faults[0] = { at: '5s', do: 'partition', target: 'a', from: 'b', for: '15s' };
    expect(keepsAffinity((await run(['sticky'], faults)).report)).toMatchObject({ pass: false });
  });

  test('the same seed gives the same bytes', async () => {
    const network = { peers: { latency: { uniform: ['1ms', '9ms'] as const }, loss: 5 } };
    const play = async () =>
      JSON.stringify(await run(['sticky', 'rate-limit', 'health'], KILL, { network }));
    expect(await play()).toBe(await play());
  });
});
