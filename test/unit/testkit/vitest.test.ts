import { beforeAll, describe, expect, test } from 'vitest';
import { simulate } from '../../../src/testkit/simulator/simulate.js';
import type { SimulationRun } from '../../../src/testkit/simulator/simulation-run.js';
import '../../../src/testkit/vitest/index.js';
import { scenario } from './simulator/scenario.js';

describe('assertions on simulations', () => {
  let good: SimulationRun;
  let bad: SimulationRun;

  beforeAll(async () => {
    const faults = [{ at: '20s', do: 'kill', target: 'web-1', for: '20s' }] as const;
    good = await simulate(scenario({ faults }, { sticky: { mode: 'cookie' } }));
    bad = await simulate(scenario({ name: 'bad', faults }, { retries: { attempts: 0 } }));
  });

  test('hold where they should', () => {
    expect(good).toFailOverWithin('3.5s');
    expect(good).toLoseAtMost(0);
    expect(good).toKeepAffinity();
    expect(good).toKeepInvariants();
    expect(bad).toStayBalancedWithin(2);
    expect(bad).not.toLoseAtMost(0);
  });

  test('say seed and timeline around the fault where they do not hold', () => {
    expect(() => expect(bad).toFailOverWithin('1s')).toThrow(
      /^bad, seed 1: "kill web-1" cost requests for 2\.\d+ s \(\d+ failed\); at most 1 s is allowed\n\n(.*\n)*> +0:20 +fault +kill web-1\n> .*member:down +web\/web-1 connect refused/,
    );
    expect(() => expect(bad).toLoseAtMost(3)).toThrow(
      /\d+ of \d+ requests failed \(.*connect-failed.*\); at most 3 may/,
    );
    expect(() => expect(bad).toKeepAffinity()).toThrow(/clients changed their member \d+ times/);
    expect(() => expect(good).toStayBalancedWithin(0)).toThrow(/is off by .* by its weight/);
  });

  test('something else than a run is refused', () => {
    expect(() => expect({}).toLoseAtMost(3)).toThrow('expected what simulate() resolves with');
  });
});
