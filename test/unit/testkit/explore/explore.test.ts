import { describe, expect, test } from 'vitest';
import type { Member } from '../../../../src/model/member.js';
import type { Picker, Strategy } from '../../../../src/strategy/strategy.js';
import { type ExploreOptions, explore } from '../../../../src/testkit/explore/index.js';
import { scenario } from '../simulator/scenario.js';

const {
  faults: _,
  seed: __,
  ...base
} = scenario({
  duration: '20s',
  arrivals: { rate: 50, clients: 20, timeout: '2s' },
});
const search: ExploreOptions = { ...base, seeds: 25 };

/** Takes turns, and never asks who is eligible. */
class Careless implements Strategy {
  readonly name = 'careless';

  build(members: readonly Member[]): Picker {
    let turn = 0;
    return { pick: () => members[turn++ % members.length] };
  }
}

describe('explore', () => {
  test('finds nothing where every rule holds, members and nodes failing in any order', async () => {
    const found = await explore({
      ...search,
      pair: { nodes: [{ name: 'a', priority: 200 }, { name: 'b' }], advertInterval: '500ms' },
    });
    expect(found.counterexample).toBeUndefined();
    expect(found.tried).toBeGreaterThan(25);
  });

  test('finds a strategy that picks members known to be down, and the one fault that shows it', async () => {
    const found = await explore({ ...search, strategies: { web: () => new Careless() } });
    expect(found.counterexample?.invariant).toBe('known-down');
    expect(found.counterexample?.detail).toMatch(/web\/web-\d was picked while down/);
    expect(found.counterexample?.faults).toHaveLength(1);
    expect(found.counterexample?.shrunk).toBeGreaterThan(0);
    expect(found.counterexample?.run.report.violations.length).toBeGreaterThan(0);
  });

  test('finds what breaks a rule of your own, and the same again with the same seed', async () => {
    const twice = async (): Promise<unknown> => {
      const { counterexample } = await explore({
        ...search,
        faults: { do: ['kill', 'slow'], most: 5 },
        invariants: {
          'nobody is down': ({ events }) =>
            events.find(({ name }) => name === 'member:down')?.member,
        },
      });
      return { faults: counterexample?.faults, detail: counterexample?.detail };
    };
    const found = await twice();
    expect(found).toEqual(await twice());
    expect(found).toMatchObject({ faults: [{ do: 'kill' }] });
  });

  test('a faulty scenario is told of before the search begins', async () => {
    await expect(explore({ ...search, arrivals: {} })).rejects.toThrow(
      'arrivals: expected exactly one of rate, think and replay',
    );
  });

  test.each<[string, object, string]>([
    ['an action', { faults: { do: ['kil'] } }, 'faults.do[0]: expected one of "kill", '],
    [
      'a target',
      { faults: { targets: ['web-1', 'web-7'] } },
      'faults.targets[1]: no member or node is named "web-7"; did you mean "web-1"?',
    ],
    ['a label', { faults: { targets: ['zone=c'] } }, 'faults.targets[0]: '],
    ['a key', { faults: { longst: '1s' } }, 'faults.longst: unknown key; did you mean "longest"?'],
    ['a count', { seeds: 0 }, 'seeds: expected a whole number of at least 1, got 0'],
    [
      'what can happen to nobody',
      { faults: { do: ['resign'] } },
      'faults.do: can happen to none of the targets',
    ],
  ])('%s that does not exist is told of before the search begins', async (_, change, message) => {
    await expect(explore({ ...search, ...change })).rejects.toThrow(message);
  });

  test('hits all members by a star, or by a label', async () => {
    const down = ({ events }: { events: readonly { name: string; member?: string }[] }) =>
      events.find(({ name }) => name === 'member:down')?.member;
    const faults = { do: ['kill'], targets: ['*'] } as const;
    const { counterexample } = await explore({ ...search, faults, invariants: { down } });
    expect(counterexample?.faults).toMatchObject([{ do: 'kill', target: '*' }]);
  });
});
