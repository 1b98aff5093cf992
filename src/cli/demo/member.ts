// A demo member: a small HTTP server, run in a child process of its own so that it can really be killed.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { systemClock } from '../../core/clock.js';

/** How long a demo member works on a request, ms: long enough that a kill meets requests in flight. */
const WORK_MS = 4;

/** The header by which the demo tells who answered. */
export const MEMBER_HEADER = 'x-member';

/** What the child process runs: answers every request with its name, `/health` at once. Ends when its parent does. */
export function serveDemoMember(name: string, port: number): void {
  const server = createServer((request, response) => {
    const answer = (): void => {
      response.setHeader(MEMBER_HEADER, name);
      response.end(`hello from ${name}\n`);
    };
    if (request.url === '/health') answer();
    else systemClock.schedule(WORK_MS, answer);
  });
  server.listen(port, '127.0.0.1', () => {
    const bound = server.address();
    process.send?.({ port: typeof bound === 'object' ? bound?.port : port });
  });
  process.once('disconnect', () => process.exit(0));
}

/** The parent's side of one demo member. */
export class DemoMember {
  readonly name: string;
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(name: string) {
    this.name = name;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts the process; a second start uses the port of the first. */
  async start(): Promise<void> {
    const program = process.argv[1] ?? '';
    const options = ['demo', '--member', this.name, '--member-port', String(this.#port)];
    const child = fork(program, options, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    const failed = once(child, 'exit').then(() => {
      throw new Error(`demo member ${this.name} ended before it listened`);
    });
    const [message]: { port: number }[] = await Promise.race([once(child, 'message'), failed]);
    failed.catch(() => undefined);
    this.#port = message?.port ?? 0;
  }

  /** `kill -9`: no goodbye, no drain. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}
