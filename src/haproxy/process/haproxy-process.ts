// One HAProxy under our control: a master with its workers, started, reloaded, drained, ended, and watched.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Clock, sleep } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import { RuntimeSocket } from '../runtime/runtime-socket.js';
import { type LineOrigin, refusal } from './alerts.js';

/** What to run. */
export interface HaproxyProcessOptions {
  readonly program: string;
  /** Read anew at every reload. */
  readonly configFile: string;
  /** Where the master listens. */
  readonly masterSocket: string;
  readonly clock: Clock;
  /** Gets what HAProxy logs (`log stdout`). @defaultValue false: it is thrown away */
  readonly printsLog?: () => boolean;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** It ended without being asked to. */
  readonly onDeath: (death: Death) => void;
  /** Each line that it prints about itself. */
  readonly onLine?: (line: string) => void;
}

/** How it ended, and the last lines it printed. */
export interface Death {
  readonly reason: string;
  readonly printed: string;
}

/** Start and reload take milliseconds, but a large configuration on a busy machine may take its time. */
const LOAD_TIMEOUT_MS = 60_000;
/** A master needs a few ms until its socket answers; this bounds it to 10 s. */
const SETTLE_MS = 10;
const SETTLE_TRIES = 1000;
/** Lines kept for error messages. */
const KEPT_LINES = 200;

type Verdict = 'success' | 'failure';

/**
 * Runs `haproxy -W` in the foreground. Its own words tell how a load went: every version since 2.5 prints one of the two.
 *
 * ```
 *   idle --start--> loading --"Loading success."--> serving --reload (SIGUSR2)--> loading
 *                      |                               ^  |                          |
 *                      exit: refused                   |  exit: onDeath              "Loading failure!": the old worker goes on
 *                                                      '-----------------------------'
 * ```
 */
export class HaproxyProcess {
  readonly #options: HaproxyProcessOptions;
  readonly #master: RuntimeSocket;
  readonly #lines: string[] = [];
  #program: string;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #isEnding = false;
  /** Waits for the verdict of a load. */
  #judge: ((verdict: Verdict | 'gone') => void) | undefined;

  constructor(options: HaproxyProcessOptions) {
    this.#options = options;
    this.#program = options.program;
    this.#master = new RuntimeSocket({ path: options.masterSocket, clock: options.clock });
  }

  /** Process id of the master; undefined while none runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /**
   * Starts it and waits until its worker has taken the configuration.
   * @param from - another master: it hands its listeners over by its worker's `socket`, and ends when it has finished what it has
   * @throws EK_BIND, SpecError with EK_HAPROXY issues, EK_PROGRAM
   */
  async start(
    origin: LineOrigin,
    from?: { readonly pid: number; readonly socket: string },
  ): Promise<void> {
    if (this.#child !== undefined) throw new EvenkeelError('EK_STATE', 'HAProxy runs already');
    const { configFile, masterSocket, printsLog = () => false } = this.#options;
    this.#lines.length = 0;
    this.#isEnding = false;
    const verdict = this.#verdict();
    const handover = from === undefined ? [] : ['-x', from.socket, '-sf', String(from.pid)];
    const args = ['-W', '-S', `${masterSocket},mode,600`, '-f', configFile, ...handover];
    const child = spawn(this.#program, args, {
      // A session of its own: Ctrl-C in a terminal means the engine, which lets HAProxy drain.
      detached: true,
      // What has no log now may get one by a reload.
      stdio: ['ignore', printsLog() ? 'inherit' : 'pipe', 'pipe'],
      env: { ...process.env, ...this.#options.env },
    });
    child.stdout?.on('data', (lines: Buffer) => {
      if (printsLog()) process.stdout.write(lines);
    });
    this.#child = child;
    this.#gone = this.#watch(child);
    switch (await verdict) {
      case 'success':
        return this.#settle();
      case 'gone':
        break;
      default:
        await this.end();
    }
    throw refusal(this.#printed(), origin);
  }

  /**
   * Has the master read the configuration again; connections are not lost, the listeners pass from worker to worker.
   * On failure the old worker goes on.
   * @throws EK_BIND, SpecError with EK_HAPROXY issues; EK_PROGRAM when it is not running
   */
  async reload(origin: LineOrigin): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new EvenkeelError('EK_PROGRAM', 'HAProxy is not running');
    this.#lines.length = 0;
    const verdict = this.#verdict();
    child.kill('SIGUSR2');
    const isTaken = (await verdict) === 'success';
    // Gone or stuck meanwhile: the next signal or question finds out.
    await this.#settle().catch(() => undefined);
    if (!isTaken) throw refusal(this.#printed(), origin);
  }

  /** Sets the program for the next start. */
  use(program: string): void {
    this.#program = program;
  }

  /** The master's socket: `show proc`, and `@!PID command` for a worker that is on its way out. */
  get master(): RuntimeSocket {
    return this.#master;
  }

  /** Stops accepting and lets workers finish what they have; resolves at once. */
  drain(): void {
    this.#isEnding = true;
    this.#child?.kill('SIGUSR1');
  }

  /** Resolves when nothing of it runs any more. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Cuts everything and waits until it is gone; a master that does not listen any more is killed after `patienceMs`. */
  async end(patienceMs: number = 5000): Promise<void> {
    this.#isEnding = true;
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const killer = this.#options.clock.schedule(patienceMs, () => child.kill('SIGKILL'));
    await this.#gone;
    killer.cancel();
  }

  /** A master that has just loaded loses signals until it looks at its sockets: waits until it does. */
  async #settle(): Promise<void> {
    for (let tries = 0; ; tries++)
      try {
        await this.#master.ask('show proc');
        return;
      } catch (error) {
        if (this.#child === undefined || tries > SETTLE_TRIES) throw error;
        await sleep(this.#options.clock, SETTLE_MS);
      }
  }

  #verdict(): Promise<Verdict | 'gone'> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.schedule(LOAD_TIMEOUT_MS, () => judge('failure'));
      const judge = (verdict: Verdict | 'gone'): void => {
        timer.cancel();
        this.#judge = undefined;
        resolve(verdict);
      };
      this.#judge = judge;
    });
  }

  #watch(child: ChildProcess): Promise<void> {
    if (child.stderr !== null)
      createInterface(child.stderr).on('line', (line) => this.#onLine(line));
    return new Promise((resolve) => {
      let isOver = false;
      const finish = (reason: string): void => {
        if (isOver) return;
        isOver = true;
        this.#child = undefined;
        const wasLoading = this.#judge !== undefined;
        this.#judge?.('gone');
        resolve();
        if (!this.#isEnding && !wasLoading)
          this.#options.onDeath({ reason, printed: this.#printed() });
      };
      child.on('error', (error) => {
        this.#lines.push(error.message);
        if (child.pid === undefined) finish(error.message);
      });
      // 'close' comes after the last line was read.
      child.on('close', (code, signal) =>
        finish(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`),
      );
    });
  }

  #onLine(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#options.onLine?.(line);
    if (line.includes(' Loading success.')) this.#judge?.('success');
    else if (line.includes(' Loading failure!')) this.#judge?.('failure');
  }

  #printed(): string {
    return this.#lines.join('\n');
  }
}
