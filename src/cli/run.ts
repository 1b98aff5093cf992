// `evenkeel run <spec>`: serves a spec file until it is told to stop; SIGHUP applies the changed file.
import type { Command } from 'commander';
import { RunSession } from './run-session.js';

interface RunOptions {
  readonly json?: true;
  readonly allowExec?: true;
}

/** Adds the command to the program. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('serve a spec; SIGHUP applies the changed file, SIGTERM and SIGINT drain')
    .argument('<spec>', 'YAML or JSON file, - for standard input')
    .option('--json', 'one JSON object per line instead of sentences')
    .option('--allow-exec', 'let health checks of type exec start programs')
    .action(async (file: string, options: RunOptions) => {
      const session = new RunSession(file, {
        isJson: options.json ?? false,
        allowExec: options.allowExec ?? false,
      });
      process.exitCode = await session.run();
    });
}
