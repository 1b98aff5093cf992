// `evenkeel cert self-signed`: a certificate and its key as two files, for development.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { isHostName } from '../core/address.js';
import { parseCidr } from '../core/cidr.js';
import { systemClock } from '../core/clock.js';
import { isRegistrySuffix } from '../core/hostname.js';
import { createSelfSigned } from '../tls/self-signed.js';
import { EXIT } from './exit-codes.js';
import { writeOut } from './write-out.js';

interface SelfSignedCommand {
  readonly domain: readonly string[];
  readonly out?: string;
  readonly days: number;
  readonly force?: true;
}

/** Adds the command to the program. */
export function addCertCommand(program: Command): void {
  const cert = program.command('cert').description('make certificates');
  cert
    .command('self-signed')
    .description('make a certificate that signs itself, for development')
    .requiredOption(
      '--domain <name>',
      'a host name or IP address; may be given several times',
      collect,
    )
    .option('--out <path>', 'write <path>.pem and <path>.key; default: the first domain')
    .option('--days <number>', 'how long it is valid', readDays, 365)
    .option('--force', 'write over files that are there')
    .action(async (options: SelfSignedCommand) => {
      process.exitCode = await writeSelfSigned(options);
    });
}

async function writeSelfSigned({ domain, out, days, force }: SelfSignedCommand): Promise<number> {
  const base = path.resolve(out ?? (domain[0] ?? '').replace('*', '_').replaceAll(':', '_'));
  const { cert, key } = createSelfSigned({ domains: domain, now: systemClock.wallTime(), days });
  const flag = force === true ? 'w' : 'wx';
  try {
    await writeOut(base, async () => {
      await mkdir(path.dirname(base), { recursive: true });
      // The key first: whoever finds the certificate finds its key too.
      await writeFile(`${base}.key`, key, { mode: 0o600, flag });
      await writeFile(`${base}.pem`, cert, { flag });
    });
  } catch (error) {
    process.stderr.write(`${complaintOf(error)}\n`);
    return EXIT.failed;
  }
  process.stdout.write(`${base}.pem\n${base}.key\n`);
  return EXIT.ok;
}

function complaintOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall, path: file } = (error.cause ?? error) as NodeJS.ErrnoException;
  return code === 'EEXIST' && syscall === 'open'
    ? `${file} is there already; --force writes over it`
    : error.message;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  const bare = value.startsWith('*.') ? value.slice(2) : value;
  const isAddress = !value.includes('/') && parseCidr(value) !== undefined;
  if (!isHostName(bare) && !isAddress) {
    throw new InvalidArgumentError('expected a host name or an IP address.');
  }
  if (value !== bare && isRegistrySuffix(bare)) {
    throw new InvalidArgumentError(`${bare} is a public suffix: nobody's own.`);
  }
  return [...before, value.toLowerCase()];
}

function readDays(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days >= 1 && days <= 3650) return days;
  throw new InvalidArgumentError('expected a whole number from 1 to 3650.');
}
