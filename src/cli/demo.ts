// `evenkeel demo`: a balancer, four members, load, a kill, a failover and a live change, in about 15 s.
import { type Command, Option } from 'commander';
import { EXIT } from './exit-codes.js';

interface DemoOptions {
  readonly member?: string;
  readonly memberPort: string;
}

/** Adds the command to the program. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('show balancing, failover and hot reload on this machine, in about 15 seconds')
    // The demo's members are this same program, started with these.
    .addOption(new Option('--member <name>').hideHelp())
    .addOption(new Option('--member-port <port>').default('0').hideHelp())
    .action(async ({ member, memberPort }: DemoOptions) => {
      if (member !== undefined) {
        const { serveDemoMember } = await import('./demo/member.js');
        serveDemoMember(member, Number(memberPort));
        return;
      }
      const { playDemo } = await import('./demo/story.js');
      const isWell = await playDemo(process.stdout);
      process.exitCode = isWell ? EXIT.ok : EXIT.failed;
    });
}
