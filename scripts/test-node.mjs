// `npm run test:node -- 24`: unit and integration tests (no external programs) on another Node version.
import { spawnSync } from 'node:child_process';
import { nodeBinary } from './other-node.mjs';

const versions = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument));
if (versions.length === 0) {
  console.error('usage: npm run test:node -- 22 [24 26 ...]');
  process.exit(2);
}
for (const version of versions) {
  const binary = nodeBinary(version);
  const shown = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`\n== unit and integration tests on Node ${shown}`);
  const result = spawnSync(
    binary,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      'unit',
      '--project',
      'integration',
      '--reporter=default',
      '--reporter=./test/support/missing-programs-reporter.ts',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NO_COLOR: '1' } },
  );
  if (result.status !== 0) process.exit(result.status ?? 1);
}
