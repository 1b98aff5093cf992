import { describe, expect, test } from 'vitest';
import { buildSlotRanges } from '../../../src/model/slot-table.js';

describe('buildSlotRanges', () => {
  test('gives contiguous slots, one per weight unit, in order of name', () => {
    const members = [
      { name: 's2', weight: 1 },
      { name: 's10', weight: 2 },
      { name: 's1', weight: 3 },
    ];
    expect(buildSlotRanges(members)).toEqual([
      { name: 's1', first: 0, last: 2 },
      { name: 's10', first: 3, last: 4 },
      { name: 's2', first: 5, last: 5 },
    ]);
  });

  test('gives weight 0 one slot', () => {
    expect(buildSlotRanges([{ name: 'a', weight: 0 }])).toEqual([{ name: 'a', first: 0, last: 0 }]);
  });

  test('is empty without members', () => {
    expect(buildSlotRanges([])).toEqual([]);
  });
});
