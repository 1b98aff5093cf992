// One suite over every strategy a spec can name; an exception carries its reason. In a process of its own: it measures the heap.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import type { StrategyConfig } from '../../src/spec/config.js';
import { createStrategy, STRATEGY_NAMES } from '../../src/strategy/registry.js';
import { type CheckStrategyOptions, checkStrategy } from '../../src/testkit/index.js';

type Case = readonly [name: string, config: StrategyConfig, options: CheckStrategyOptions];

const CASES: readonly Case[] = [
  ['round-robin', { type: 'round-robin' }, {}],
  ['static-weighted', { type: 'static-weighted' }, {}],
  ['least-connections', { type: 'least-connections' }, {}],
  ['two-choices', { type: 'two-choices' }, {}],
  ['random', { type: 'random' }, {}],
  ['peak-ewma', { type: 'peak-ewma' }, {}],
  [
    'first',
    { type: 'first' },
    {
      except: {
        weights: 'fills in order, whatever the weight',
        uniformity: 'fills in order',
        place: 'begins with the first by design',
      },
    },
  ],
  [
    'source-hash stable',
    { type: 'source-hash', mapping: 'stable' },
    { except: { removal: 'recalculates its slots when membership changes' } },
  ],
  ['source-hash consistent', { type: 'source-hash', mapping: 'consistent' }, {}],
  [
    'source-hash modulo',
    { type: 'source-hash', mapping: 'modulo' },
    { except: { flap: "HAProxy's map follows usable members", removal: 'the same' } },
  ],
  ['hash rendezvous', { type: 'hash', key: 'uri', mapping: 'rendezvous' }, {}],
  [
    'hash maglev',
    { type: 'hash', key: { header: 'x-user' }, mapping: 'maglev' },
    { except: { removal: 'refilling the slots moves a few other keys' } },
  ],
  [
    'hash ketama',
    { type: 'hash', key: { cookie: 'id' }, mapping: 'ketama' },
    // shares differ by some 8 % (one sigma) at 160 points per weight unit
    { tolerance: 0.2 },
  ],
  [
    'hash modulo',
    { type: 'hash', key: { query: 'q' }, mapping: 'modulo' },
    { except: { flap: "HAProxy's map follows usable members", removal: 'the same' } },
  ],
  [
    'hash rendezvous with bounded load',
    { type: 'hash', key: 'path', mapping: 'rendezvous', boundedLoad: 1.25 },
    {},
  ],
];

beforeAll(() => {
  // checkStrategy measures allocation only where it finds the collector.
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc');
});

describe('every strategy', () => {
  test('is in this suite', () => {
    const covered = new Set(CASES.map(([, { type }]) => type));
    expect([...covered].sort()).toEqual([...STRATEGY_NAMES].sort());
  });

  test.each(CASES)('%s passes checkStrategy', async (_, config, options) => {
    const report = await checkStrategy(() => createStrategy(config, seededRandom(7)), options);
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report.checks.map(({ name }) => name)).toContain('heap');
    expect(report.strategy).toBe(config.type);
  });
});
