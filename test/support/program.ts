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
  describeUnless(
    programs
      .filter((program) => findProgram(program) === undefined)
      .map((program) => ({ what: program, from: PACKAGES[program] })),
    name,
    body,
  );
}

/** The same for tests that make network namespaces, which not even root may do in every container. */
export function describeWithNamespaces(
  programs: readonly Program[],
  name: string,
  body: () => void,
): void {
  const mayMake = spawnSync('unshare', ['--net', '--mount', 'true']).status === 0;
  if (mayMake) describeWith(programs, name, body);
  else describeUnless([{ what: 'unshare as root', from: 'util-linux' }], name, body);
}

function describeUnless(
  missing: readonly { readonly what: string; readonly from: string }[],
  name: string,
  body: () => void,
): void {
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  for (const { what, from } of missing) appendFileSync(MISSING_FILE, `${what}\t${from}\t${name}\n`);
  if (process.env['EVENKEEL_STRICT'] === '1') {
    describe(name, () => {
      const names = missing.map(({ what }) => what).join(', ');
      throw new Error(`missing ${names}: run \`npm run setup\``);
    });
    return;
  }
  describe.skip(name, body);
}
