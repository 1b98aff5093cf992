// `npm run test:package`: packs the package, installs it in an empty project, and loads every subpath by import and by
// require on Node 20, 22, 24 and 26 without a warning; then publint and attw.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodeBinary } from './other-node.mjs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const subpaths = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'));
const specifiers = subpaths.map((name) =>
  name === '.' ? manifest.name : `${manifest.name}${name.slice(1)}`,
);
/** Subpaths that stand on a package which can't be required. */
const isEsmOnly = (specifier) => specifier === `${manifest.name}/testkit/vitest`;
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26'];
const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-package-'));
let faults = 0;

/** Runs a program; a non-zero exit or (when asked) anything on stderr is a fault. */
function expectClean(title, program, args, { isSilent = false, cwd = folder } = {}) {
  const result = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const isClean = result.status === 0 && !(isSilent && result.stderr.trim() !== '');
  console.log(`${isClean ? 'ok     ' : 'FAILED '}${title}`);
  if (!isClean) {
    faults += 1;
    console.log(result.stdout, result.stderr);
  }
  return result.stdout;
}

try {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }),
  );
  const tarball = path.join(folder, Object.values(packed)[0].filename);
  writeFileSync(path.join(folder, 'package.json'), '{"name":"empty","private":true}\n');
  // Some subpaths need a package that the host chooses: the version that the tests run with.
  const peers = Object.keys(manifest.peerDependencies).map(
    (name) => `${name}@${manifest.devDependencies[name]}`,
  );
  const install = ['install', '--no-audit', '--no-fund'];
  expectClean('npm install of the tarball', 'npm', [...install, tarball, ...peers]);
  for (const version of versions) {
    const binary = nodeBinary(version);
    for (const specifier of specifiers) {
      const check = `if (Object.keys(m).length === 0) throw new Error('no exports')`;
      expectClean(
        `Node ${version}: import ${specifier}`,
        binary,
        ['--input-type=module', '-e', `const m = await import('${specifier}'); ${check}`],
        { isSilent: true },
      );
      if (isEsmOnly(specifier)) continue;
      expectClean(
        `Node ${version}: require ${specifier}`,
        binary,
        ['-e', `const m = require('${specifier}'); ${check}`],
        { isSilent: true },
      );
    }
    expectClean(
      `Node ${version}: JSON Schema`,
      binary,
      [
        '-e',
        `if (!require('${manifest.name}/BalancerSpec.json').$schema) throw new Error('no schema')`,
      ],
      { isSilent: true },
    );
    expectClean(
      `Node ${version}: evenkeel --version`,
      binary,
      ['node_modules/evenkeel/dist/cli/main.js', '--version'],
      { isSilent: true },
    );
  }
  expectClean('publint', 'npx', ['--no-install', 'publint', '--strict', tarball], {
    cwd: process.cwd(),
  });
  expectClean(
    'attw',
    'npx',
    [
      '--no-install',
      'attw',
      tarball,
      '--exclude-entrypoints',
      'BalancerSpec.json',
      'package.json',
      'testkit/vitest',
    ],
    { cwd: process.cwd() },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = faults === 0 ? 0 : 1;
