// `evenkeel check <spec>`: every fault of a spec file at once, or what it expands to.
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { Balancer } from '../balancer/balancer.js';
import type { BalancerConfig } from '../spec/config.js';
import { EXIT } from './exit-codes.js';
import { issuesOf, renderIssues } from './faults.js';
import { loadConfig } from './load-config.js';
import { inputName } from './read-spec.js';

interface CheckOptions {
  readonly print?: true;
  readonly json?: true;
  readonly allowExec?: true;
}

/** Adds the command to the program. */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('say every fault of a spec, its path first; exit code 1 if there is one')
    .argument('<spec>', 'YAML or JSON file, - for standard input')
    .option(
      '--print',
      'print what the spec expands to: short forms written out, defaults filled in',
    )
    .option('--json', 'answer in JSON instead of sentences and YAML')
    .option('--allow-exec', 'take health checks of type exec for good')
    .action(async (file: string, options: CheckOptions) => {
      process.exitCode = await checkFile(file, options);
    });
}

async function checkFile(file: string, options: CheckOptions): Promise<number> {
  const isJson = options.json === true;
  try {
    const allowExec = options.allowExec === true;
    const config = await loadConfig(file, allowExec);
    // Building it opens nothing, but reads the certificates and other files that it names.
    void new Balancer(config, { allowExec });
    process.stdout.write(`${renderGood(file, config, options)}\n`);
    return EXIT.ok;
  } catch (error) {
    const issues = issuesOf(error);
    if (isJson) process.stdout.write(`${JSON.stringify({ valid: false, issues }, null, 2)}\n`);
    else process.stderr.write(`${renderIssues(file, issues)}\n`);
    return EXIT.failed;
  }
}

function renderGood(file: string, config: BalancerConfig, options: CheckOptions): string {
  if (options.print === true)
    return options.json === true ? JSON.stringify(config, null, 2) : stringify(config).trimEnd();
  if (options.json === true) return JSON.stringify({ valid: true, issues: [] }, null, 2);
  const members = config.pools.reduce((sum, pool) => sum + pool.members.length, 0);
  const counts = [
    renderCount(config.frontends.length, 'frontend'),
    renderCount(config.pools.length, 'pool'),
    renderCount(members, 'member'),
  ];
  return `${inputName(file)}: good (${counts.join(', ')})`;
}

function renderCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
