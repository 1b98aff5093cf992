// A real server as a child process: started in a folder of its own, ready when it answers, stopped by pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** `nobody` on every Linux: some servers refuse to run as root. */
const NOBODY = 65_534;

/** A server that answers. */
export interface RunningServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Its own temporary folder, removed by `stop`. */
  readonly folder: string;
  /** What it has printed. */
  output(): string;
  /** Ends it and waits until it is gone. @defaultValue SIGTERM, and SIGKILL after 5 s */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** What to run. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly port: number;
  /** @defaultValue '127.0.0.1' */
  readonly host?: string;
  readonly folder: string;
  /** Run as `nobody` when the tests run as root. @defaultValue false */
  readonly unprivileged?: boolean;
  /** Says whether it serves yet; asked again until it does. @defaultValue the port accepts a connection */
  readonly isReady?: () => Promise<boolean>;
}

/** How long a server may take to answer, ms. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 25;
const KILL_AFTER_MS = 5000;

/** On Linux the kernel ends a server whose test process was killed; the pid stays the server's own. */
const DIE_WITH_PARENT: string[] = existsSync('/usr/bin/setpriv')
  ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--']
  : [];

/** Still running: killed if the test process ends without stopping them. */
const running: Set<ChildProcess> = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** A new temporary folder, owned by `nobody` if asked and possible. */
export function createFolder(name: string, unprivileged: boolean = false): string {
  const folder = mkdtempSync(path.join(tmpdir(), `evenkeel-${name}-`));
  if (unprivileged && process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

/** `uid` and `gid` for spawn. */
function identity(unprivileged: boolean): { uid?: number; gid?: number } {
  return unprivileged && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/** Starts a server and waits until it answers; on failure the error has what it printed. */
export async function startServer(command: ServerCommand): Promise<RunningServer> {
  const { file, args, folder, port, host = '127.0.0.1' } = command;
  const [program = file, ...words] = [...DIE_WITH_PARENT, file, ...args];
  const child = spawn(program, words, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity(command.unprivileged ?? false),
  });
  running.add(child);
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString('utf8')).slice(-64 * 1024);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new Promise<void>((resolve) => {
    const finish = (): void => {
      running.delete(child);
      resolve();
    };
    child.on('error', (error) => {
      printed += error.message;
      finish();
    });
    child.on('exit', finish);
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    await end(child, gone, signal);
    rmSync(folder, { recursive: true, force: true });
  };
  const server: RunningServer = {
    host,
    port,
    pid: child.pid ?? 0,
    folder,
    output: () => printed,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  const isReady = command.isReady ?? (() => accepts(host, port));
  if (await becomesReady(child, isReady)) return server;
  await stop('SIGKILL');
  throw new Error(`${file} did not start:\n${printed}`);
}

/** Runs a program to its end as `nobody`, for data directories; throws with its output if it fails. */
export async function runOnce(
  file: string,
  args: readonly string[],
  folder: string,
): Promise<void> {
  const child = spawn(file, args, { cwd: folder, stdio: 'pipe', ...identity(true) });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${file} ended with ${code}:\n${printed}`);
}

/** Whether a TCP connection is accepted. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function becomesReady(
  child: ChildProcess,
  isReady: () => Promise<boolean>,
): Promise<boolean> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      return false;
    if (await isReady()) return true;
    await sleep(POLL_MS);
  }
  return false;
}

async function end(
  child: ChildProcess,
  gone: Promise<void>,
  signal: NodeJS.Signals,
): Promise<void> {
  if (!running.has(child)) return;
  child.kill(signal);
  const patience = new AbortController();
  const killer = sleep(KILL_AFTER_MS, undefined, { signal: patience.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await gone;
  patience.abort();
  await killer;
}
