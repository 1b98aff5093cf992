// `evenkeel fault`: a proxy on the command line that makes things go wrong; lines of standard input change what.
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { EXIT } from './exit-codes.js';
import { parseFaultWords } from './fault-words.js';
import { issuesOf, renderIssues } from './faults.js';

interface FaultOptions {
  readonly listen: string;
  readonly target: string;
  readonly udp?: true;
}

/** Adds the command to the program. */
export function addFaultCommand(program: Command): void {
  program
    .command('fault')
    .description(
      'stand between two points and make things go wrong; each line of standard input replaces the faults',
    )
    .argument(
      '[faults...]',
      'such as latency=50ms down.bandwidth=64KiB blackhole reset, tcp: slice=10/5ms closeAfter=1KiB, udp: loss=5',
    )
    .requiredOption('--target <host:port>', 'what it stands in front of')
    .option('--listen <host:port>', 'where it listens', '127.0.0.1:0')
    .option('--udp', 'carry datagrams instead of connections')
    .action(async (words: readonly string[], options: FaultOptions) => {
      process.exitCode = await carry(words, options);
    });
}

async function carry(words: readonly string[], options: FaultOptions): Promise<number> {
  const { FaultProxy } = await import('../testkit/fault/fault-proxy.js');
  const { listen, target, udp } = options;
  let proxy: InstanceType<typeof FaultProxy>;
  try {
    const faults = parseFaultWords(words);
    proxy = new FaultProxy({ protocol: udp === true ? 'udp' : 'tcp', listen, target, faults });
  } catch (error) {
    process.stderr.write(`${renderIssues('fault', issuesOf(error))}\n`);
    return EXIT.failed;
  }
  try {
    await proxy.start();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.notStarted;
  }
  process.stdout.write(`${proxy.address} -> ${target}${renderWords(words)}\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const next = line
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '' && word !== 'clear');
    if (line.trim() === 'cut') proxy.cut();
    else change(() => proxy.set(parseFaultWords(next)), next);
  });
  await stopped();
  lines.close();
  await proxy.close();
  return EXIT.ok;
}

/** A line with faults of its own changes nothing. */
function change(set: () => void, words: readonly string[]): void {
  try {
    set();
    process.stdout.write(`now${renderWords(words)}\n`);
  } catch (error) {
    process.stderr.write(`${renderIssues('fault', issuesOf(error))}\n`);
  }
}

function renderWords(words: readonly string[]): string {
  return words.length === 0 ? ': nothing goes wrong' : `: ${words.join(' ')}`;
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}
