// checkStrategy measures the heap by collections, which say little in a process that has other tests in memory: so it is here.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Picker, Strategy } from '../../src/strategy/strategy.js';
import { checkStrategy } from '../../src/testkit/index.js';

test('checkStrategy fails a strategy that allocates on each pick, where it can be measured', async () => {
  const kept: unknown[] = [];
  const wasteful: Strategy = {
    name: 'mine',
    isSticky: false,
    build: (members): Picker => ({
      pick: (_, isEligible) => {
        kept[0] = members.map((member) => ({ member }));
        return members.find((member) => isEligible(member));
      },
    }),
  };
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc');
  const { checks } = await checkStrategy(() => wasteful);
  Reflect.deleteProperty(globalThis, 'gc');
  expect(checks).toContainEqual(expect.objectContaining({ name: 'heap', outcome: 'failed' }));
}, 120_000);
