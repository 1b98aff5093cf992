// `evenkeel haproxy import <haproxy.cfg>`: an existing configuration as a spec, and what of it the spec does not say; `install`.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type ImportedHaproxy, importHaproxy } from '../haproxy/import/import-haproxy.js';
import type { ImportNote } from '../haproxy/import/notes.js';
import { checkSpec } from '../spec/parse.js';
import { EXIT } from './exit-codes.js';
import { renderIssues } from './faults.js';
import { addInstallCommand } from './haproxy-install.js';
import { readText, STDIN } from './read-spec.js';
import { writeOut } from './write-out.js';

interface ImportCommand {
  readonly output?: string;
  readonly name?: string;
  readonly strict?: true;
  readonly json?: true;
}

/** Adds the command to the program. */
export function addHaproxyCommand(program: Command): void {
  const haproxy = program.command('haproxy').description('work with HAProxy');
  haproxy
    .command('import')
    .description("read HAProxy's configuration as a spec, and tell line by line what is not in it")
    .argument('<cfg>', 'haproxy.cfg, - for standard input')
    .option(
      '-o, --output <file>',
      'write the spec there (YAML, or JSON by its name); default: standard output',
    )
    .option('--name <name>', 'name of the balancer', 'imported')
    .option('--strict', 'fail if a line about traffic is left out')
    .option('--json', 'print spec and notes as JSON')
    .action(async (file: string, options: ImportCommand) => {
      process.exitCode = await importFile(file, options);
    });
  addInstallCommand(haproxy);
}

async function importFile(file: string, options: ImportCommand): Promise<number> {
  let source: string;
  try {
    source = await readText(file);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
  const { name = 'imported' } = options;
  const imported = importHaproxy(source, { name });
  try {
    await put(imported, options);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
  if (options.json !== true) process.stderr.write(`${renderNotes(imported)}\n`);
  const { issues } = checkSpec(imported.spec, { baseDir: baseDirOf(file) });
  if (issues.length > 0) process.stderr.write(`${renderIssues('the spec', issues)}\n`);
  const isWhole = imported.notes.every(({ kind }) => kind !== 'left');
  return issues.length > 0 || (options.strict === true && !isWhole) ? EXIT.failed : EXIT.ok;
}

function baseDirOf(file: string): string {
  return file === STDIN ? process.cwd() : path.dirname(path.resolve(file));
}

async function put({ spec, notes }: ImportedHaproxy, options: ImportCommand): Promise<void> {
  const { output, json } = options;
  if (json === true) process.stdout.write(`${JSON.stringify({ spec, notes }, null, 2)}\n`);
  const isJson = output?.endsWith('.json') === true;
  const written = isJson ? `${JSON.stringify(spec, null, 2)}\n` : stringify(spec, { lineWidth: 0 });
  if (output !== undefined) await writeOut(output, () => writeFile(output, written));
  else if (json !== true) process.stdout.write(written);
}

/** `12: option foo`, and why below it; then how many lines there are of each kind. */
function renderNotes({ notes, lines }: ImportedHaproxy): string {
  const left = notes.filter(({ kind }) => kind === 'left');
  const near = notes.filter(({ kind }) => kind === 'approximated');
  const sum = `${lines} lines: ${lines - notes.length} in the spec, ${near.length} nearly, ${left.length} left out`;
  return [...block('left out', left), ...block('nearly the same', near), sum].join('\n');
}

function block(title: string, notes: readonly ImportNote[]): readonly string[] {
  if (notes.length === 0) return [];
  const rows = notes.map(({ line, text: words, reason }) => `  ${line}: ${words}\n      ${reason}`);
  return [`${title}:`, ...rows, ''];
}
