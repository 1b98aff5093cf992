#!/usr/bin/env node
// The command line: `evenkeel run | check | cert | emit | haproxy | schema | systemd | fault | simulate | demo`.

import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addCertCommand } from './cert.js';
import { addCheckCommand } from './check.js';
import { addDemoCommand } from './demo.js';
import { addEmitCommand } from './emit.js';
import { EXIT } from './exit-codes.js';
import { addFaultCommand } from './fault.js';
import { addHaproxyCommand } from './haproxy.js';
import { addRunCommand } from './run.js';
import { addSchemaCommand } from './schema.js';
import { addSimulateCommand } from './simulate.js';
import { addSystemdCommand } from './systemd.js';

// A reader that goes away (`evenkeel run ... | head`) must not take the balancer with it.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const program = new Command('evenkeel')
  .description('An embeddable load balancer: TCP, UDP and HTTP with failover and hot reload.')
  .version(packageJson.version)
  .exitOverride();

addRunCommand(program);
addCheckCommand(program);
addCertCommand(program);
addEmitCommand(program);
addHaproxyCommand(program);
addSchemaCommand(program);
addFaultCommand(program);
addSystemdCommand(program);
addSimulateCommand(program);
addDemoCommand(program);
pointToHelp(program, 'evenkeel');

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has already written help or its complaint.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}

/** A complaint ends with where to look further: the help of the command that was meant. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help tells what there is)`);
  for (const inner of command.commands) pointToHelp(inner, `${name} ${inner.name()}`);
}
