// docs/observability.md: what its programs print is what their comments say.
import { expect, test } from 'vitest';
import { blocksOf, runProgram } from '../../support/docs-program.js';

test('the listener of picks in docs/observability.md hears what it says', async () => {
  const [program = ''] = blocksOf('docs/observability.md', 'ts');
  const { logged, promised } = await runProgram(program);
  expect(promised).toHaveLength(1);
  expect(logged).toEqual(promised);
});
