// `evenkeel haproxy install`: HAProxy onto this machine, after a question; or the command to type.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type InstallHost, planInstall } from '../haproxy/process/install-plan.js';
import { findHaproxy } from '../haproxy/process/program.js';
import { EXIT } from './exit-codes.js';

/** What an installation does to the world. */
export interface InstallEffects {
  /** A line for a person. */
  readonly tell: (line: string) => void;
  /** A line about what went wrong. */
  readonly complain: (line: string) => void;
  /** Yes or no; undefined = there is nobody to ask. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
  /** Runs a program to its end; its exit code. */
  readonly run: (command: readonly string[]) => number;
  /** The version that is there; undefined = none. */
  readonly look: () => Promise<string | undefined>;
}

/** Adds the command to `evenkeel haproxy`. */
export function addInstallCommand(haproxy: Command): void {
  haproxy
    .command('install')
    .description('install HAProxy on Debian and Ubuntu, after a question; elsewhere tell how')
    .option('--yes', 'do not ask')
    .action(async ({ yes }: { readonly yes?: true }) => {
      const host: InstallHost = {
        osRelease: readOsRelease(),
        isRoot: process.getuid?.() === 0,
        installed: await installedVersion(),
      };
      process.exitCode = await install(host, yes === true, EFFECTS);
    });
}

/**
 * Installs, or says what to type.
 * @param assumesYes - nobody is asked
 * @returns the exit code: 0 also where people install by hand, and when the answer is no
 */
export async function install(
  host: InstallHost,
  assumesYes: boolean,
  { tell, complain, ask, run, look }: InstallEffects,
): Promise<number> {
  const plan = planInstall(host);
  if (plan.kind === 'present') {
    tell(`haproxy ${plan.version} is installed already`);
    return EXIT.ok;
  }
  if (plan.kind === 'tell') {
    const say = plan.isError ? complain : tell;
    say(`${plan.reason}:\n  ${plan.command}`);
    return plan.isError ? EXIT.failed : EXIT.ok;
  }
  tell('this will run:');
  for (const command of plan.commands) tell(`  ${command.join(' ')}`);
  const answer = assumesYes ? true : await ask('go on? [y/N] ');
  if (answer === undefined) {
    complain('there is nobody to ask: add --yes');
    return EXIT.failed;
  }
  if (!answer) {
    tell('nothing was done');
    return EXIT.ok;
  }
  for (const command of plan.commands) {
    const code = run(command);
    if (code !== 0) {
      complain(`"${command.join(' ')}" failed (${code})`);
      return EXIT.failed;
    }
  }
  const version = await look();
  if (version === undefined) {
    complain('the installation ended well, but there is no haproxy to be found');
    return EXIT.failed;
  }
  tell(`haproxy ${version} is installed`);
  return EXIT.ok;
}

const EFFECTS: InstallEffects = {
  tell: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  ask: askPerson,
  run: ([program = '', ...args]) =>
    spawnSync(program, args, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status ?? -1,
  look: installedVersion,
};

async function askPerson(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(?:es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}

async function installedVersion(): Promise<string | undefined> {
  try {
    return (await findHaproxy()).version;
  } catch {
    return undefined;
  }
}

function readOsRelease(): string | undefined {
  for (const file of ['/etc/os-release', '/usr/lib/os-release'])
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // The next place, as os-release(5) says.
    }
  return undefined;
}
