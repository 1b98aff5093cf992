// `evenkeel simulate <scenario>`: plays a scenario file in virtual time, and says what came of it.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { EvenkeelError } from '../core/errors.js';
import type { ScenarioSpec } from '../testkit/simulator/scenario-spec.js';
import type { SimulationRun } from '../testkit/simulator/simulation-run.js';
import { EXIT } from './exit-codes.js';
import { issuesOf, renderIssues } from './faults.js';
import { readSpecFile, STDIN } from './read-spec.js';
import { writeOut } from './write-out.js';

interface SimulateOptions {
  readonly seed?: string;
  readonly html?: string;
  readonly json?: true;
}

/** Adds the command to the program. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('play a scenario in virtual time: what fails, for how long, and who gets how much')
    .argument('<scenario>', 'YAML or JSON file, - for standard input')
    .option('--seed <number>', 'draw other numbers than the scenario says')
    .option('--html <file>', 'write a page with the timeline')
    .option('--json', 'print the report as JSON instead of a table')
    .action(async (file: string, options: SimulateOptions) => {
      process.exitCode = await play(file, options);
    });
}

async function play(file: string, options: SimulateOptions): Promise<number> {
  let run: SimulationRun;
  try {
    run = await simulateFile(file, options.seed);
  } catch (error) {
    process.stderr.write(`${renderIssues(file, issuesOf(asKnown(error)))}\n`);
    return EXIT.failed;
  }
  const { html } = options;
  if (html !== undefined) await writeOut(html, () => writeFile(html, run.toHtml()));
  const findings = run.check().filter(({ pass }) => !pass);
  process.stdout.write(`${options.json === true ? JSON.stringify(run, null, 2) : run.toText()}\n`);
  for (const { message } of findings) process.stderr.write(`\n${message}\n`);
  return findings.length === 0 ? EXIT.ok : EXIT.failed;
}

async function simulateFile(file: string, seed: string | undefined): Promise<SimulationRun> {
  const { simulate } = await import('../testkit/simulator/simulate.js');
  const baseDir = file === STDIN ? process.cwd() : path.dirname(path.resolve(file));
  // What a file holds is checked by `simulate`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const scenario = (await readSpecFile(file)) as ScenarioSpec;
  const played = await readReplays(scenario, baseDir);
  if (seed === undefined) return simulate(played, { baseDir });
  if (!/^\d{1,15}$/.test(seed))
    throw new EvenkeelError('EK_SPEC_INVALID', `--seed: expected a whole number, got "${seed}"`);
  return simulate(played, { baseDir, seed: Number(seed) });
}

/** Puts the entries of logs in the place of their file names. */
async function readReplays(scenario: ScenarioSpec, baseDir: string): Promise<ScenarioSpec> {
  const { readAccessLog } = await import('../testkit/simulator/read-access-log.js');
  const read = async (item: unknown): Promise<unknown> => {
    if (typeof item !== 'object' || item === null || !('replay' in item)) return item;
    const { replay } = item;
    if (typeof replay !== 'string') return item;
    return {
      ...item,
      replay: readAccessLog(await readFile(path.resolve(baseDir, replay), 'utf8')),
    };
  };
  const arrivals: unknown = scenario?.arrivals;
  if (typeof arrivals !== 'object' || arrivals === null) return scenario;
  const next = Array.isArray(arrivals)
    ? await Promise.all(arrivals.map(read))
    : await read(arrivals);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by `simulate`
  return { ...scenario, arrivals: next } as ScenarioSpec;
}

/** Errors of the file system are told as faults of files. */
function asKnown(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EvenkeelError || !('code' in error))
    return error;
  return new EvenkeelError('EK_FILE', error.message, { side: 'client', cause: error });
}
