import { describe, expect, test } from 'vitest';
import { StatusSet } from '../../../src/health/status-set.js';

describe('StatusSet', () => {
  test.each([
    ['2xx', [200, 204, 299], [199, 300, 404]],
    ['200,204', [200, 204], [201, 203, 205]],
    ['200-299', [200, 250, 299], [199, 300]],
    ['2xx, 301,400-404', [299, 301, 400, 404], [300, 302, 405]],
    ['404', [404], [403, 405]],
  ])('"%s" has some and lacks others', (text, inside, outside) => {
    const set = StatusSet.parse(text);
    expect(inside.filter((status) => set?.has(status) !== true)).toEqual([]);
    expect(outside.filter((status) => set?.has(status) !== false)).toEqual([]);
  });

  test.each(['', '200,', '20', '2x', '6xx', '299-200', '200-', '200..299', 'ok', '600'])(
    '"%s" is none',
    (text) => {
      expect(StatusSet.parse(text)).toBeUndefined();
    },
  );
});
