import { describe, expect, test } from 'vitest';
import { describeDiff } from '../../../src/model/describe-diff.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { diffConfig } from '../../../src/spec/diff.js';
import { parseSpec } from '../../../src/spec/parse.js';

const BEFORE: BalancerSpec = {
  frontends: [{ name: 'public', protocol: 'tcp', bind: ':8080', pool: 'web' }],
  pools: [
    {
      name: 'web',
      members: [
        { name: 'a', address: '10.0.0.1:80' },
        { name: 'b', address: '10.0.0.2:80' },
      ],
    },
  ],
};
const [FRONTEND] = BEFORE.frontends ?? [];
const [POOL] = BEFORE.pools ?? [];

describe('describeDiff', () => {
  test.each([
    ['nothing', BEFORE, 'nothing changed'],
    ['a field of the whole', { ...BEFORE, description: 'x' }, 'description'],
    [
      'members',
      {
        ...BEFORE,
        pools: [
          {
            ...POOL,
            members: [
              { name: 'a', address: '10.0.0.1:80', weight: 3 },
              { name: 'c', address: '10.0.0.3:80' },
            ],
          },
        ],
      },
      'pool web: +c, -b, a (weight)',
    ],
    [
      'settings of a pool',
      { ...BEFORE, pools: [{ ...POOL, strategy: 'first' }] },
      'pool web (strategy)',
    ],
    [
      'both',
      { ...BEFORE, pools: [{ ...POOL, strategy: 'first', members: ['10.0.0.9:80'] }] },
      expect.stringMatching(/^pool web \(strategy\): \+m-[0-9a-f]{8}, -a, -b$/),
    ],
    [
      'frontends, pools and monitors',
      {
        frontends: [{ ...FRONTEND, bind: ':8081', pool: 'other' }],
        pools: [{ name: 'other', members: [], health: 'm' }],
        monitors: [{ name: 'm', type: 'tcp' }],
      },
      'frontend public (bind, pool); pool +other; pool -web; monitor +m',
    ],
  ])('puts %s into one line', (_what, after, line) => {
    expect(describeDiff(diffConfig(parseSpec(BEFORE), parseSpec(after)))).toEqual(line);
  });
});
