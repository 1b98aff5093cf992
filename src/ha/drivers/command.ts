// Short programs of the system: found, run without a shell, judged by their exit code.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodePath from 'node:path';
import process from 'node:process';

/** Where system programs are, should PATH not say so. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Full path of a program; undefined = it is not installed. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...FOLDERS];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => nodePath.join(folder, name))
    .find((file) => existsSync(file));
}

/**
 * Runs a program to its end.
 * @returns what it wrote; rejects with what it wrote to stderr when its exit code is not 0, or after `timeoutMs`
 */
export function runCommand(
  file: string,
  args: readonly string[],
  timeoutMs = 5000,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = stderr.trim() === '' ? error.message : stderr.trim();
      reject(new Error(`${nodePath.basename(file)} ${args.join(' ')}: ${said}`, { cause: error }));
    });
  });
}
