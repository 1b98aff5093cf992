// `evenkeel emit haproxy|nginx|keepalived <spec>`: the same spec as another program's configuration, and what became of its fields.
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { EmittedFile } from '../emit/emitted-file.js';
import { type FidelityReport, inexactOf, refusalsOf } from '../emit/fidelity.js';
import { renderReport } from '../emit/render-report.js';
import { writeFiles } from '../emit/write-files.js';
import { CONFIG_FILE, emitHaproxy } from '../haproxy/emit-haproxy.js';
import { DEFAULT_TARGET, HAPROXY_TARGETS, type HaproxyTarget } from '../haproxy/target.js';
import type { LvsMethod } from '../keepalived/emission.js';
import { emitKeepalived, KEEPALIVED_FILE } from '../keepalived/emit-keepalived.js';
import { emitNginx, NGINX_FILE } from '../nginx/emit-nginx.js';
import type { BalancerConfig } from '../spec/config.js';
import { EXIT } from './exit-codes.js';
import { issuesOf, renderIssues } from './faults.js';
import { installedTarget } from './installed-haproxy.js';
import { loadConfig } from './load-config.js';
import { inputName } from './read-spec.js';
import { writeOut } from './write-out.js';

interface EmitOptions {
  readonly target?: HaproxyTarget;
  readonly prometheus?: string;
  readonly lvs?: LvsMethod;
  readonly output?: string;
  readonly strict?: true;
  readonly all?: true;
  readonly json?: true;
  readonly allowExec?: true;
}

interface Emitted {
  readonly files: readonly EmittedFile[];
  readonly report: FidelityReport;
}

/** A program that is written for, and its main file. */
interface Program {
  readonly name: string;
  readonly mainFile: string;
  readonly emit: (config: BalancerConfig, options: EmitOptions) => Emitted;
}

const HAPROXY: Program = {
  name: 'haproxy',
  mainFile: CONFIG_FILE,
  emit: (config, { target = installedTarget() ?? DEFAULT_TARGET, prometheus, allowExec, output }) =>
    emitHaproxy(config, {
      target,
      ...(prometheus === undefined ? {} : { prometheus }),
      allowExec: allowExec === true,
      ...(output === undefined ? {} : { directory: path.resolve(output) }),
    }),
};

const NGINX: Program = {
  name: 'nginx',
  mainFile: NGINX_FILE,
  emit: (config, { allowExec }) => emitNginx(config, { allowExec: allowExec === true }),
};

const KEEPALIVED: Program = {
  name: 'keepalived',
  mainFile: KEEPALIVED_FILE,
  emit: (config, { lvs, allowExec, output }) =>
    emitKeepalived(config, {
      allowExec: allowExec === true,
      ...(lvs === undefined ? {} : { lvs }),
      ...(output === undefined ? {} : { directory: path.resolve(output) }),
    }),
};

/** Adds the command to the program. */
export function addEmitCommand(program: Command): void {
  const emit = program
    .command('emit')
    .description("write a spec as another program's configuration, and say what became of it");
  addProgram(emit, HAPROXY)
    .description('tcp, http and https frontends')
    .addOption(
      new Option(
        '--target <version>',
        `the oldest HAProxy that has to understand it; default: the installed one, else ${DEFAULT_TARGET}`,
      ).choices(HAPROXY_TARGETS),
    )
    .option('--prometheus <address>', "HAProxy's exporter too, at /metrics of this address");
  addProgram(emit, NGINX).description('udp frontends');
  addProgram(emit, KEEPALIVED)
    .description('the pair, and udp frontends if asked')
    .addOption(
      new Option('--lvs <method>', 'udp frontends too, as virtual servers of the kernel').choices([
        'dr',
        'nat',
        'tun',
      ]),
    );
}

function addProgram(emit: Command, program: Program): Command {
  return emit
    .command(program.name)
    .argument('<spec>', 'YAML or JSON file, - for standard input')
    .option(
      '-o, --output <dir>',
      `write ${program.mainFile} and what belongs to it into a directory; default: ${program.mainFile} on standard output`,
    )
    .option('--strict', 'fail on anything that somebody wrote and that is not carried out exactly')
    .option('--all', 'tell exact fields too')
    .option('--json', 'tell what became of each field in JSON, on standard output')
    .option('--allow-exec', 'take health checks of type exec for good')
    .action(async (file: string, options: EmitOptions) => {
      process.exitCode = await emitFile(program, file, options);
    });
}

async function emitFile(program: Program, file: string, options: EmitOptions): Promise<number> {
  let emitted: Emitted;
  try {
    const config = await loadConfig(file, options.allowExec === true);
    emitted = program.emit(config, options);
  } catch (error) {
    process.stderr.write(`${renderIssues(file, issuesOf(error))}\n`);
    return EXIT.failed;
  }
  const { files, report } = emitted;
  const isGood =
    refusalsOf(report).length === 0 && (options.strict !== true || inexactOf(report).length === 0);
  if (isGood) await put(program, files, options);
  tell(report, options);
  if (isGood && files.length === 0)
    process.stderr.write(
      `nothing of ${inputName(file)} is for ${program.name}: no file is written\n`,
    );
  return isGood ? EXIT.ok : EXIT.failed;
}

async function put(
  { mainFile }: Program,
  files: readonly EmittedFile[],
  { output, json }: EmitOptions,
): Promise<void> {
  if (output !== undefined) {
    await writeOut(output, () => writeFiles(output, files));
    return;
  }
  if (json === true) return;
  const main = files.find(({ path }) => path === mainFile);
  process.stdout.write(main?.content ?? '');
  if (files.length > 1)
    process.stderr.write(`${files.length - 1} files more belong to it: write them with -o DIR\n`);
}

function tell(report: FidelityReport, { all, json }: EmitOptions): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  const width = process.stderr.columns;
  const text = renderReport(report, {
    all: all === true,
    ...(width === undefined ? {} : { width }),
  });
  process.stderr.write(`${text}\n`);
}
