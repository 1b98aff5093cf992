// `evenkeel run <spec>`: serves a spec file until it is told to stop; SIGHUP applies the changed file.
import { type Command, Option } from 'commander';
import { ENGINE_KINDS, type EngineChoice } from './build-engine.js';
import { RunSession } from './run-session.js';

interface RunOptions {
  readonly json?: true;
  readonly allowExec?: true;
  readonly engine: EngineChoice['kind'];
  readonly directory?: string;
  readonly haproxy?: string;
  readonly prometheus?: string;
}

/** Adds the command to the program. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('serve a spec; SIGHUP applies the changed file, SIGTERM and SIGINT drain')
    .argument('<spec>', 'YAML or JSON file, - for standard input')
    .option('--json', 'one JSON object per line instead of sentences')
    .option('--allow-exec', 'let health checks of type exec start programs')
    .addOption(
      new Option('--engine <engine>', 'what serves').choices(ENGINE_KINDS).default(ENGINE_KINDS[0]),
    )
    .option(
      '--directory <dir>',
      'haproxy: folder of its configurations and sockets; default: a temporary one',
    )
    .option('--haproxy <program>', 'haproxy: path of the program; default: the installed one')
    .option(
      '--prometheus <address>',
      'haproxy: its exporter, at /metrics of this address; default: none',
    )
    .action(async (file: string, options: RunOptions, command: Command) => {
      const { engine: kind, directory, haproxy, prometheus, json, allowExec = false } = options;
      if (kind !== 'haproxy' && (directory ?? haproxy ?? prometheus) !== undefined)
        command.error('error: --directory, --haproxy and --prometheus belong to --engine haproxy');
      const session = new RunSession(file, {
        isJson: json ?? false,
        engine: {
          kind,
          allowExec,
          ...(directory === undefined ? {} : { directory }),
          ...(haproxy === undefined ? {} : { program: haproxy }),
          ...(prometheus === undefined ? {} : { prometheus }),
        },
      });
      process.exitCode = await session.run();
    });
}
