// `npm run setup`: installs the Debian packages of the real programs that tests and benchmarks use. Needs root.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const programs = JSON.parse(
  readFileSync(new URL('../test/support/programs.json', import.meta.url), 'utf8'),
);
// The two have no program of their own that tests look for.
const PACKAGES = [...new Set([...Object.values(programs), 'ldap-utils', 'libnginx-mod-stream'])];

function run(program, args) {
  console.log(`> ${program} ${args.join(' ')}`);
  const result = spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status ?? 1;
}

if (!existsSync('/usr/bin/apt-get')) {
  console.error('This machine has no apt-get. Install the equivalents of these Debian packages:');
  console.error(`  ${PACKAGES.join(' ')}`);
  process.exitCode = 1;
} else if (process.getuid?.() !== 0) {
  console.error('Installing packages needs root. Run:');
  console.error(
    `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${PACKAGES.join(' ')}`,
  );
  process.exitCode = 1;
} else {
  // A list that can't be refreshed may still be good enough to install from.
  if (run('apt-get', ['update']) !== 0)
    console.error('apt-get update failed; trying with the present lists');
  process.exitCode = run('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES]);
  if (process.exitCode === 0) console.log('All programs that the tests use are installed.');
}
