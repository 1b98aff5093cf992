// The built command line as a child process; `npm test` builds it first.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function runCli(args: readonly string[], input?: string): Promise<Ended> {
  const child = spawnCli(args);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** One line of `evenkeel run --json`. */
export type JsonLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** `evenkeel run --json` while it runs. */
export class RunningCli implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: Interface;
  readonly #seen: JsonLine[] = [];
  #position = 0;
  #stderr = '';
  readonly #exit: Promise<unknown[]>;

  /** @param within - a command that starts it elsewhere: `['ip', 'netns', 'exec', 'n1']` */
  constructor(
    file: string,
    options: readonly string[] = [],
    input?: string,
    within: readonly string[] = [],
  ) {
    this.#child = spawnCli(['run', file, '--json', ...options], within);
    this.#exit = once(this.#child, 'close');
    this.#lines = createInterface(this.#child.stdout);
    this.#lines.on('line', (line) => this.#seen.push(JSON.parse(line) as JsonLine));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString('utf8')));
    if (input !== undefined) this.#child.stdin.end(input);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The next line of this event that nobody has asked for yet; lines of others on the way are passed over. */
  async line(event: string): Promise<JsonLine> {
    for (;;) {
      while (this.#position < this.#seen.length) {
        const line = this.#seen[this.#position++];
        if (line?.event === event) return line;
      }
      const isOver = await Promise.race([
        once(this.#lines, 'line').then(() => false),
        this.#exit.then(() => true),
      ]);
      if (isOver && this.#position >= this.#seen.length)
        throw new Error(`evenkeel ended without "${event}":\n${this.#stderr}`);
    }
  }

  /** The first line of all, as it stands. */
  first(): JsonLine | undefined {
    return this.#seen[0];
  }

  /** How many lines of this event there are so far. */
  count(event: string): number {
    return this.#seen.filter((line) => line.event === event).length;
  }

  /** The port of the first address of a frontend, once it listens. */
  async port(frontend: string): Promise<number> {
    const { frontends } = (await this.line('listening')) as unknown as {
      frontends: Record<string, { port: number }[]>;
    };
    return frontends[frontend]?.[0]?.port ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, once it has ended. */
  async ended(): Promise<number | null> {
    const [code] = (await this.#exit) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

function spawnCli(
  args: readonly string[],
  within: readonly string[] = [],
): ChildProcessByStdio<Writable, Readable, Readable> {
  if (!existsSync(PROGRAM)) throw new Error('dist/ is missing: run `npm run build` first');
  const [program = process.execPath, ...words] = [...within, process.execPath, PROGRAM, ...args];
  return spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
}
