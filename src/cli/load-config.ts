// A spec file, read and written out: what `run` serves and `check` shows.
import path from 'node:path';
import type { BalancerConfig } from '../spec/config.js';
import { parseSpec } from '../spec/parse.js';
import { readSpecFile, STDIN } from './read-spec.js';

/**
 * Reads and expands a spec file.
 * @throws EK_SPEC_FILE when it can't be read; SpecError with every fault
 */
export async function loadConfig(file: string, allowExec: boolean): Promise<BalancerConfig> {
  return parseSpec(await readSpecFile(file), { allowExec, baseDir: baseDirOf(file) });
}

/** Where relative paths in a spec file start: its own folder; for standard input the working directory. */
function baseDirOf(file: string): string {
  return file === STDIN ? process.cwd() : path.dirname(path.resolve(file));
}
