// One run of `evenkeel run`: start, events as lines, signals, reload, drain.
import { systemClock } from '../core/clock.js';
import { EvenkeelError, SpecError } from '../core/errors.js';
import type { Engine } from '../model/engine.js';
import { EVENT_NAMES } from '../model/events.js';
import { type BuiltEngine, buildEngine, type EngineChoice } from './build-engine.js';
import { renderEvent, renderListening } from './event-lines.js';
import { EXIT } from './exit-codes.js';
import { issuesOf, renderIssues } from './faults.js';
import { LineOutput } from './line-output.js';
import { loadConfig } from './load-config.js';
import { STDIN } from './read-spec.js';

/** What the command line asked for. */
export interface RunSessionOptions {
  /** Lines for machines. */
  readonly isJson: boolean;
  readonly engine: EngineChoice;
}

/** What the first line already says, and what a reload says in more detail. */
const SILENT = new Set(['balancer:started', 'spec:rejected']);

/**
 * Standard output gets the addresses first, then one line per event. Standard error gets what kept it from starting.
 *
 * ```
 *   starting --ok--> serving --SIGTERM--> draining --done--> ended
 *      |                ^ |                   |
 *      fault            '-' SIGHUP            SIGTERM again: closes at once
 * ```
 */
export class RunSession {
  readonly #file: string;
  readonly #options: RunSessionOptions;
  readonly #output: LineOutput = new LineOutput(process.stdout);
  readonly #starting = new AbortController();
  /** Lines of events that came before the addresses were known. */
  #early: string[] | undefined = [];
  #engine: Engine | undefined;
  #reloading: Promise<void> | undefined;
  #isReloadDue = false;
  #isStopping = false;
  #ended: () => void = () => undefined;
  readonly #end: Promise<void> = new Promise((resolve) => {
    this.#ended = resolve;
  });

  constructor(file: string, options: RunSessionOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Resolves with the exit code when the engine is closed. */
  async run(): Promise<number> {
    const handlers = {
      SIGHUP: () => this.#onReload(),
      SIGTERM: () => this.#onStop('SIGTERM'),
      SIGINT: () => this.#onStop('SIGINT'),
    };
    for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
    try {
      const exitCode = await this.#serve();
      // Lines that nobody takes would keep the program from ending.
      if (!(await this.#output.flush(systemClock))) process.exit(exitCode);
      return exitCode;
    } finally {
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    }
  }

  async #serve(): Promise<number> {
    let built: BuiltEngine;
    try {
      const { engine } = this.#options;
      built = await buildEngine(await loadConfig(this.#file, engine.allowExec), engine);
    } catch (error) {
      return this.#complain('invalid', error, EXIT.failed);
    }
    try {
      return await this.#serveWith(built.engine);
    } finally {
      await built.release();
    }
  }

  async #serveWith(engine: Engine): Promise<number> {
    this.#engine = engine;
    for (const name of EVENT_NAMES)
      if (!SILENT.has(name))
        engine.events.on(name, (payload) => this.#print(renderEvent(name, payload, this.#isJson)));
    try {
      const addresses = await engine.start({ signal: this.#starting.signal });
      this.#opened(renderListening(addresses, this.#isJson));
    } catch (error) {
      if (this.#isStopping) return EXIT.ok;
      // A field that this engine can't do, or that its program refuses.
      if (error instanceof SpecError) return this.#complain('invalid', error, EXIT.failed);
      return this.#complain('not-started', error, EXIT.notStarted);
    }
    // A spec without frontends holds nothing open, but the next reload may bring one.
    const keep = systemClock.schedule(Number.MAX_SAFE_INTEGER, () => undefined);
    await this.#end;
    keep.cancel();
    return EXIT.ok;
  }

  get #isJson(): boolean {
    return this.#options.isJson;
  }

  /** The addresses come first, whatever was said meanwhile second. */
  #opened(first: string): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const line of [first, ...early]) this.#print(line);
    if (this.#isReloadDue) this.#onReload();
  }

  #print(line: string): void {
    if (this.#early === undefined) this.#output.write(line);
    else this.#early.push(line);
  }

  /** Reloads one at a time; signals that come during one make one more. */
  #onReload(): void {
    this.#isReloadDue = true;
    if (this.#reloading !== undefined || this.#early !== undefined) return;
    this.#reloading = this.#reloadWhileDue().finally(() => {
      this.#reloading = undefined;
    });
  }

  async #reloadWhileDue(): Promise<void> {
    while (this.#isReloadDue && !this.#isStopping) {
      this.#isReloadDue = false;
      try {
        if (this.#file === STDIN)
          throw new EvenkeelError(
            'EK_SPEC_FILE',
            'a spec from standard input can not be read again',
          );
        const { allowExec } = this.#options.engine;
        await this.#engine?.apply(await loadConfig(this.#file, allowExec));
      } catch (error) {
        this.#complain('spec:rejected', asFault(error), EXIT.ok);
      }
    }
  }

  #onStop(signal: string): void {
    if (this.#isStopping) {
      void this.#engine?.close();
      return;
    }
    this.#isStopping = true;
    this.#starting.abort(new Error(signal));
    const engine = this.#engine;
    if (engine === undefined || this.#early !== undefined) return;
    void engine
      .drain()
      .then(() => engine.close())
      .finally(this.#ended);
  }

  /** Says every fault: as a line of its own for machines, in sentences on standard error for people. */
  #complain(event: string, error: unknown, exitCode: number): number {
    const issues = issuesOf(error);
    if (this.#isJson) this.#output.write(JSON.stringify({ event, issues }));
    else process.stderr.write(`${event}: ${renderIssues(this.#file, issues)}\n`);
    return exitCode;
  }
}

/** A reload that hits a bug is reported like one that hits a fault: the running spec serves on. */
function asFault(error: unknown): EvenkeelError {
  if (error instanceof EvenkeelError) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new EvenkeelError('EK_STATE', message, { cause: error });
}
