// `evenkeel systemd <spec>`: a service for a production host.
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { ENGINE_KINDS, type EngineChoice } from './build-engine.js';
import { EXIT } from './exit-codes.js';
import { issuesOf, renderIssues } from './faults.js';
import { loadConfig } from './load-config.js';
import { STDIN } from './read-spec.js';
import { renderUnit } from './systemd-unit.js';

interface SystemdOptions {
  readonly engine: EngineChoice['kind'];
  readonly name?: string;
  readonly user?: string;
  readonly prometheus?: string;
  readonly allowExec?: true;
}

/** Adds the command to the program. */
export function addSystemdCommand(program: Command): void {
  program
    .command('systemd')
    .description('print a hardened systemd service that runs a spec on this machine')
    .argument('<spec>', 'YAML or JSON file')
    .addOption(
      new Option('--engine <engine>', 'what serves').choices(ENGINE_KINDS).default(ENGINE_KINDS[0]),
    )
    .option('--name <name>', 'name of the service behind "evenkeel-"; default: that of the file')
    .option('--user <user>', 'an existing user; default: one that systemd makes')
    .option('--prometheus <address>', 'haproxy: its exporter, at /metrics of this address')
    .option('--allow-exec', 'let health checks of type exec start programs')
    .action(async (file: string, options: SystemdOptions, command: Command) => {
      if (file === STDIN) command.error('error: a service needs a file, not standard input');
      if (options.prometheus !== undefined && options.engine !== 'haproxy')
        command.error('error: --prometheus belongs to --engine haproxy');
      process.exitCode = await print(file, options);
    });
}

async function print(file: string, options: SystemdOptions): Promise<number> {
  const { engine, user, prometheus, allowExec = false } = options;
  const { name = path.basename(file, path.extname(file)) } = options;
  for (const [what, value] of [
    ['name', name],
    ['user', user ?? 'evenkeel'],
  ] as const)
    if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,30}$/.test(value)) {
      process.stderr.write(
        `--${what} must be at most 31 letters, digits, "_" and "-", got ${JSON.stringify(value)}\n`,
      );
      return EXIT.failed;
    }
  try {
    const config = await loadConfig(file, allowExec);
    const drains = config.frontends.map(({ drain }) => drain.timeout);
    const address = config.ha?.address;
    process.stdout.write(
      renderUnit({
        spec: path.resolve(file),
        evenkeel: [process.execPath, realpathSync(process.argv[1] ?? '')],
        name,
        engine,
        ...(user === undefined ? {} : { user }),
        ...(prometheus === undefined ? {} : { prometheus }),
        allowExec,
        drainMs: Math.max(0, ...drains),
        movesAddress: address !== undefined && 'interface' in address,
      }),
    );
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(`${renderIssues(file, issuesOf(error))}\n`);
    return EXIT.failed;
  }
}
