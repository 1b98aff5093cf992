// Asks the installed HAProxy whether it would load what was emitted.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmittedFile } from '../../src/emit/emitted-file.js';
import { programPath } from './program.js';
import { runProgram } from './run-program.js';

/** Writes files into a folder. */
export async function writeFiles(folder: string, files: readonly EmittedFile[]): Promise<void> {
  for (const { path: name, content, mode } of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  }
}

/** Whether a complaint is about the machine, or tells what loads all the same. */
export function isHarmless(line: string): boolean {
  return /could not resolve address '[^']*\.invalid'|server state file|contains no embedded dot/.test(
    line,
  );
}

/** Complaints of `haproxy -c` about a configuration; none = it loads, and says nothing. */
export async function haproxyComplaints(
  files: readonly EmittedFile[],
  isPassedOver: (line: string) => boolean = isHarmless,
): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-haproxy-'));
  try {
    await writeFiles(folder, files);
    const args = ['-c', '-f', path.join(folder, 'haproxy.cfg')];
    const { code, stdout, stderr } = await runProgram(programPath('haproxy'), args, {
      env: { EVENKEEL_FILES: folder },
    });
    const lines = `${stderr}${stdout}`.split('\n');
    const told = lines.filter((line) => /ALERT|WARNING/.test(line) && !isPassedOver(line));
    return code === 0 ? told : [`exit ${code}`, ...lines.filter((line) => line !== '')];
  } finally {
    await rm(folder, { recursive: true });
  }
}
