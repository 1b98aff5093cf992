// The programs in docs/nginx-keepalived.md run as they stand there.
import { expect, test } from 'vitest';
import { blocksOf, runProgram } from '../../support/docs-program.js';

test('the programs in docs/nginx-keepalived.md do what their comments say', async () => {
  for (const program of blocksOf('docs/nginx-keepalived.md', 'ts')) {
    const { logged, promised } = await runProgram(program);
    expect(logged).toEqual(promised);
    expect(logged.length).toBeGreaterThan(0);
  }
});
