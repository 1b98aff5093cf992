// Reads a spec file (YAML or JSON, `-` = standard input) and says where it is malformed.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { LineCounter, parseDocument } from 'yaml';
import { EvenkeelError } from '../core/errors.js';

/** The name that stands for standard input. */
export const STDIN = '-';

/** What people read of where a spec came from. */
export function inputName(file: string): string {
  return file === STDIN ? 'standard input' : file;
}

/**
 * Reads and parses a spec file; what it holds is checked elsewhere.
 * JSON is read as YAML 1.2, of which it is a part: so both get line and column, and duplicate keys are found.
 * @throws EK_SPEC_FILE when it can't be read, or is no YAML or JSON
 */
export async function readSpecFile(file: string): Promise<unknown> {
  return parseSpecText(await readText(file), inputName(file));
}

/**
 * Text -> the value it describes.
 * @param name - how errors call the text: `web.yaml:3:7: ...`
 * @throws EK_SPEC_FILE with line and column of the first fault
 */
export function parseSpecText(source: string, name: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { lineCounter, merge: true, prettyErrors: false });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    throw fileError(`${name}:${line}:${col}: ${YAML_FAULTS[fault.code] ?? fault.message}`, fault);
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    // An alias without its anchor, or aliases nested so that they would grow without bound.
    throw fileError(`${name}: ${messageOf(cause)}`, cause);
  }
  if (value === null || value === undefined) throw fileError(`${name}: it is empty`);
  return value;
}

/**
 * The text of a file, or of standard input.
 * @throws EK_SPEC_FILE when it can't be read
 */
export async function readText(file: string): Promise<string> {
  if (file === STDIN) return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw fileError(`${file}: ${READ_FAULTS[errorCode(cause)] ?? messageOf(cause)}`, cause);
  }
}

/** Where the parser speaks to programmers. */
const YAML_FAULTS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here (---); a file holds one',
};

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read (permission denied)',
  EISDIR: 'it is a directory, not a file',
};

function fileError(message: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError('EK_SPEC_FILE', message, { side: 'client', cause });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
