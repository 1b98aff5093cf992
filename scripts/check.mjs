// `npm run check`: format, lint, borders, types, unused code and unit tests, all of them even when one fails.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const TYPES_SEEN = 'node_modules/.cache/types.tsbuildinfo';

/** Folders of unit tests that go one way, and those that go the other: about equally long, few modules in common. */
const EMITTING = ['emit', 'haproxy', 'keepalived', 'nginx', 'spec'];
const others = readdirSync('test/unit').filter((folder) => !EMITTING.includes(folder));

// The longest ones first: the others run beside them.
const steps = [
  ['unit tests', 'vitest', unitTests(others)],
  ['unit tests, specs and emitters', 'vitest', unitTests(EMITTING)],
  // What did not change since the last run is not read again.
  [
    'types',
    '../typescript-7/bin/tsc',
    ['-p', '.', '--incremental', '--tsBuildInfoFile', TYPES_SEEN],
  ],
  [
    'lint',
    'oxlint',
    ['--type-aware', '--deny-warnings', 'src', 'test', 'examples', 'bench', 'scripts'],
  ],
  ['borders', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src']],
  ['unused', 'knip', []],
  ['format', 'biome', ['check', '.']],
];

/** Arguments that run the unit tests of these folders, or files. */
function unitTests(names) {
  const paths = names.map((name) => `test/unit/${name}${name.endsWith('.ts') ? '' : '/'}`);
  return ['run', '--project', 'unit', '--reporter=dot', ...paths];
}

/** Runs one step and gives its exit code, output and seconds. */
function run([name, program, args]) {
  const started = performance.now();
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(`node_modules/.bin/${program}`, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      resolve({ name, code, output, seconds: (performance.now() - started) / 1000 });
    });
  });
}

const queue = [...steps];
let failed = 0;
async function worker() {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const result = await run(step);
    const verdict = result.code === 0 ? 'ok' : 'FAILED';
    console.log(`${verdict.padEnd(7)}${result.name} (${result.seconds.toFixed(1)} s)`);
    if (result.code !== 0) {
      failed += 1;
      console.log(result.output);
    }
  }
}
await Promise.all([worker(), worker()]);
process.exitCode = failed === 0 ? 0 : 1;
