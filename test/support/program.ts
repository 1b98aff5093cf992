// Real programs in tests: find them, and say loudly when one is missing.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import packages from './programs.json' with { type: 'json' };

/** Debian package of each program that tests use; `npm run setup` installs the same list. */
const PACKAGES: Readonly<Record<Program, string>> = packages;

/** A program that tests can ask for. */
export type Program = keyof typeof packages;

/** File in which skipped programs are noted for the reporter. */
export const MISSING_FILE: string = path.join(
  tmpdir(),
  `evenkeel-missing-${process.env['EVENKEEL_RUN'] ?? process.ppid}.txt`,
);

const SEARCH = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Full path of a program, or undefined. PostgreSQL's own are looked for where Debian keeps them. */
export function findProgram(program: Program): string | undefined {
  for (const folder of SEARCH) {
    const file = path.join(folder, program);
    if (folder !== '' && existsSync(file)) return file;
  }
  if (program === 'postgres' || program === 'pgbench') {
    const found = spawnSync(
      'sh',
      ['-c', `ls -d /usr/lib/postgresql/*/bin/${program} | tail -n 1`],
      { encoding: 'utf8' },
    );
    const file = found.stdout.trim();
    if (file !== '') return file;
  }
  return undefined;
}

/** Full path of a program that `describeWith` has already found. */
export function programPath(program: Program): string {
  const file = findProgram(program);
  if (file === undefined) throw new Error(`${program} is missing: run \`npm run setup\``);
  return file;
}

/**
 * A `describe` that needs programs. Where one is missing its tests are skipped and listed at the end of the run;
 * with EVENKEEL_STRICT=1 that fails the run.
 */
export function describeWith(programs: readonly Program[], name: string, body: () => void): void {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  for (const program of missing)
    appendFileSync(MISSING_FILE, `${program}\t${PACKAGES[program]}\t${name}\n`);
  if (process.env['EVENKEEL_STRICT'] === '1') {
    describe(name, () => {
      throw new Error(`missing ${missing.join(', ')}: run \`npm run setup\``);
    });
    return;
  }
  describe.skip(name, body);
}
