// What changes between two specs.
import { describe, expect, test } from 'vitest';
import { diffConfig } from '../../../src/spec/diff.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { frontend, pool, spec } from './support.js';

const members = [
  '10.0.0.1:80',
  { name: 'b', address: '10.0.0.2:80' },
  { name: 'c', address: 'c:80' },
];
const before = parseSpec(
  spec({
    pools: [pool({ members, health: 'main' })],
    monitors: [{ name: 'main', type: 'tcp' }],
  }),
);

describe('diffConfig', () => {
  test('is empty between equal specs', () => {
    const same = JSON.parse(JSON.stringify(before));
    expect(diffConfig(before, same)).toEqual({
      isEmpty: true,
      changes: 0,
      fields: [],
      frontends: { added: [], removed: [], changed: [] },
      pools: { added: [], removed: [], changed: [] },
      monitors: { added: [], removed: [], changed: [] },
    });
  });

  test('names what is added, removed and changed', () => {
    const after = parseSpec(
      spec({
        description: 'new',
        frontends: [
          frontend({ maxConnections: 5, access: { deny: ['::1'] } }),
          frontend({ name: 'admin', bind: ':81' }),
        ],
        pools: [
          pool({
            health: 'tcp:1s',
            strategy: 'first',
            members: [
              '10.0.0.1:80',
              { name: 'b', address: '10.0.0.2:80', weight: 5, state: 'drain' },
              { name: 'd', address: 'd:80' },
            ],
          }),
          pool({ name: 'api' }),
        ],
      }),
    );
    const diff = diffConfig(before, after);
    expect(diff).toEqual({
      isEmpty: false,
      changes: 9,
      fields: ['description'],
      frontends: {
        added: ['admin'],
        removed: [],
        changed: [{ name: 'public', fields: ['access', 'maxConnections'], needsRebind: false }],
      },
      pools: {
        added: ['api'],
        removed: [],
        changed: [
          {
            name: 'web',
            fields: ['health', 'members', 'strategy'],
            members: {
              added: ['d'],
              removed: ['c'],
              changed: [{ name: 'b', fields: ['state', 'weight'] }],
              isReordered: false,
            },
          },
        ],
      },
      monitors: { added: [], removed: ['main'], changed: [] },
    });
    expect(JSON.parse(JSON.stringify(diff))).toEqual(diff);
  });

  test.each([
    ['bind', { bind: ':8080' }],
    ['protocol', { protocol: 'tcp' }],
  ])('a frontend needs a new listener when %s changes', (field, fields) => {
    const diff = diffConfig(before, parseSpec({ ...before, frontends: [frontend(fields)] }));
    expect(diff.frontends.changed[0]).toMatchObject({ needsRebind: true });
    expect(diff.frontends.changed[0]?.fields).toContain(field);
  });

  test('the order of members counts, that of pools does not', () => {
    const [first, ...rest] = members;
    const turned = parseSpec({
      ...before,
      pools: [pool({ members: [...rest, first], health: 'main' })],
    });
    const diff = diffConfig(before, turned);
    expect(diff.pools.changed[0]).toMatchObject({
      fields: ['members'],
      members: { added: [], removed: [], changed: [], isReordered: true },
    });
    expect(diff.changes).toBe(1);
    const two = parseSpec({ ...before, pools: [...before.pools, pool({ name: 'api' })] });
    expect(diffConfig(two, { ...two, pools: [...two.pools].reverse() }).isEmpty).toBe(true);
  });

  test('a changed monitor names its fields', () => {
    const after = parseSpec({ ...before, monitors: [{ name: 'main', type: 'tcp', fall: 5 }] });
    expect(diffConfig(before, after).monitors.changed).toEqual([
      { name: 'main', fields: ['fall'] },
    ]);
  });
});
