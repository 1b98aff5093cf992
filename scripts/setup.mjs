// `npm run setup`: installs the Debian packages of the real programs that tests and benchmarks use. Needs root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PACKAGES = [
  'apache2-utils',
  'bind9',
  'bind9-dnsutils',
  'curl',
  'dnsperf',
  'haproxy',
  'iperf3',
  'iproute2',
  'ldap-utils',
  'libnginx-mod-stream',
  'mariadb-server',
  'nginx-light',
  'postgresql',
  'postgresql-contrib',
  'redis-server',
  'redis-tools',
  'slapd',
  'slowhttptest',
  'wrk',
];

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
