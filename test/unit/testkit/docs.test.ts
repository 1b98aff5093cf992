// docs/testkit.md: its program with a clock of its own runs and does what it says.
import { expect, test } from 'vitest';
import { blocksOf, runProgram } from '../../support/docs-program.js';

test('the program with a VirtualClock in docs/testkit.md works as it says', async () => {
  const [program = ''] = blocksOf('docs/testkit.md', 'ts').filter((block) =>
    block.includes('new VirtualClock'),
  );
  const { logged, promised } = await runProgram(program);
  expect(logged).toEqual(promised);
  expect(promised).toEqual(['web-1 ill']);
});
