// Reads what a spec names: files, PEM that stands in the spec itself, and passphrases from the environment.
import { readFileSync } from 'node:fs';
import { isInlinePem } from '../spec/inline-pem.js';
import type { Faults } from './faults.js';

/** What a person is told of a source: the path, never the content. */
export function titleOf(source: string): string {
  return isInlinePem(source) ? 'the PEM text' : source;
}

/** The text of a PEM file, or the PEM itself; undefined = it can not be read, which is noted. */
export function readPem(source: string, path: string, faults: Faults): string | undefined {
  if (isInlinePem(source)) return source;
  return readBytes(source, path, faults)?.toString('latin1');
}

/** The bytes of a file; undefined = it can not be read, which is noted. */
export function readBytes(file: string, path: string, faults: Faults): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    faults.add(path, `${file} can not be read (${reasonOf(error)})`);
    return undefined;
  }
}

/** The passphrase in that variable, '' without one; undefined = the variable is not set, which is noted. */
export function readPassphrase(
  variable: string | undefined,
  path: string,
  faults: Faults,
): string | undefined {
  if (variable === undefined) return '';
  const passphrase = process.env[variable];
  if (passphrase === undefined) faults.add(path, `the variable ${variable} is not set`);
  return passphrase;
}

/** `ENOENT: no such file or directory, open '/a'` -> `ENOENT: no such file or directory`. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, \w+( '.*')?$/, '');
}
