// The page of errors and the union of codes say the same.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const union = /export type ErrorCode =([^;]+);/.exec(read('src/core/errors.ts'))?.[1] ?? '';
const codes = [...union.matchAll(/'(EK_[A-Z_]+)'/g)].map((match) => match[1]);
const rows = [...read('docs/errors.md').matchAll(/^\| `(EK_[A-Z_]+)` \| (.*) \| (.*) \|$/gm)];

describe('docs/errors.md', () => {
  test('has a row per code, in the order of the union', () => {
    expect(codes.length).toBeGreaterThan(10);
    expect(rows.map((row) => row[1])).toEqual(codes);
  });

  test.each(rows.map((row) => [row[1], row[2], row[3]]))(
    '%s says what it means and what to do',
    (...row) => {
      for (const cell of row.slice(1)) expect(cell?.length).toBeGreaterThan(20);
    },
  );
});
