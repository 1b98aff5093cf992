// The haproxy program of this machine: where it is, which version, and whether it takes a configuration.
import { execFile } from 'node:child_process';
import { EvenkeelError } from '../../core/errors.js';

/** A haproxy that was found and asked. */
export interface HaproxyProgram {
  /** As it is started: a name of the PATH or a path. */
  readonly path: string;
  /** `2.6.12-1+deb12u4`. */
  readonly version: string;
  /** `2.6`. */
  readonly series: string;
}

/** How a run ended, and what it printed on both streams. */
export interface ProgramRun {
  readonly code: number;
  readonly output: string;
}

/** For a program that only checks something, ms. */
const RUN_TIMEOUT_MS = 60_000;
/** Where packages put it, for users without `sbin` in their PATH. */
const PLACES: readonly string[] = ['haproxy', '/usr/sbin/haproxy', '/usr/local/sbin/haproxy'];

/**
 * Finds HAProxy and asks for its version.
 * @param path - the program to take; @defaultValue the first of the PATH, /usr/sbin and /usr/local/sbin
 * @throws EK_PROGRAM when there is none, or it does not run
 */
export async function findHaproxy(path?: string): Promise<HaproxyProgram> {
  for (const candidate of path === undefined ? PLACES : [path]) {
    const run = await runProgram(candidate, ['-v']);
    if (run === undefined) continue;
    const match = /HA-?Proxy version ((\d+\.\d+)\S*)/i.exec(run.output);
    if (match === null)
      throw new EvenkeelError(
        'EK_PROGRAM',
        `"${candidate} -v" does not name a version of HAProxy: ${run.output.trim().slice(0, 200)}`,
      );
    return { path: candidate, version: match[1] ?? '', series: match[2] ?? '' };
  }
  throw new EvenkeelError(
    'EK_PROGRAM',
    `haproxy is not there (looked for ${(path === undefined ? PLACES : [path]).join(', ')}): install it with "evenkeel haproxy install", or name the program`,
    { side: 'client' },
  );
}

/** Runs a program to its end. Undefined if there is none of this name. @throws EK_PROGRAM when it can't be run */
export function runProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramRun | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      timeout: RUN_TIMEOUT_MS,
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, ...env },
    };
    execFile(file, [...args], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, output });
      else if (error.code === 'ENOENT') resolve(undefined);
      else if (typeof error.code === 'number') resolve({ code: error.code, output });
      else
        reject(
          new EvenkeelError('EK_PROGRAM', `${file} can not be run: ${error.message}`, {
            cause: error,
          }),
        );
    });
  });
}
