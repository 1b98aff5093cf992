// What a run needs on this machine, and how to get it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const PROGRAMS = ['taskset', 'wrk', 'h2load', 'haproxy', 'nginx', 'openssl'];

/** Puts the measured packages into bench/node_modules, once. */
export function installPackages(bench) {
  if (existsSync(path.join(bench, 'node_modules/undici/package.json'))) return;
  console.log('installing the packages to compare with into bench/node_modules ...');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: bench,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('npm ci failed in bench/');
}

/** Throws with the install command when a program is missing. */
export function requirePrograms() {
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const missing = PROGRAMS.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0)
    throw new Error(`missing ${missing.join(', ')}: run \`npm run setup\` or install them`);
}

/** `"0,1"` -> the core of the candidate and the core of load and members. */
export function parseCores(text) {
  const [candidate, load] = text.split(',').map(Number);
  if (!Number.isInteger(candidate) || !Number.isInteger(load) || candidate === load)
    throw new Error(`--cores must name two different cores, got "${text}"`);
  if (availableParallelism() < 2) console.warn('!! one core only: the figures mean little');
  return { candidate, load };
}
