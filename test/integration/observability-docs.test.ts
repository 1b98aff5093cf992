// docs/observability.md: what its programs print is what their comments say, and its families are there.
import diagnostics from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { FRONTEND_FAMILIES } from '../../src/metrics/frontend-families.js';
import { MEMBER_FAMILIES } from '../../src/metrics/member-families.js';
import { POOL_FAMILIES } from '../../src/metrics/pool-families.js';
import { blocksOf, runProgram } from '../support/docs-program.js';

const PAGE = 'docs/observability.md';
const programs = blocksOf(PAGE, 'ts').filter((program) => program.startsWith('import'));

test.each(programs)('program %#: prints what its comments say', async (program) => {
  const subscribe = vi.spyOn(diagnostics, 'subscribe');
  const { logged, promised } = await runProgram(program);
  // What it listens to is not for the next one.
  for (const [channel, listener] of subscribe.mock.calls)
    diagnostics.unsubscribe(channel, listener);
  subscribe.mockRestore();
  expect(promised).toHaveLength(1);
  expect(logged).toEqual(promised);
});

test('every family is on the page', () => {
  const text = readFileSync(PAGE, 'utf8');
  for (const { name } of [...FRONTEND_FAMILIES, ...POOL_FAMILIES, ...MEMBER_FAMILIES])
    expect(text).toContain(`\`${name}\``);
});
