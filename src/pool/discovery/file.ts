// Members from a file that is watched: JSON, or one address per line.
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pRetry from 'p-retry';
import type { ClockTimer } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import { EvenkeelError } from '../../core/errors.js';
import type { MemberConfig } from '../../spec/config.js';
import type { Discovery, DiscoveryListener } from './discovery.js';
import { parseMembers } from './parse-members.js';
import { describeFault } from './polling.js';

/** A change is read this long after it was noticed: editors and copies write in several steps. */
const SETTLE_MS = 50;
/** Read at least this often: some file systems tell nothing, and a folder may be replaced. */
const RECHECK_MS = 10_000;
/** A read that fails, or finds half a file, is tried again so often, first after so many ms, before it is reported. */
const READ_RETRIES = 3;
const READ_RETRY_MS = 40;

/** What a file is read with. */
export interface FileDiscoveryOptions {
  readonly path: string;
  /** For members written without a port. */
  readonly defaultPort: number | undefined;
  readonly environment: Environment;
}

/**
 * Discovery by a file. The whole folder is watched, so that renames over the file and swapped links are seen.
 * A file that cannot be read or understood changes nothing.
 */
export class FileDiscovery implements Discovery {
  readonly title: string;
  readonly #options: FileDiscoveryOptions;
  readonly #closing: AbortController = new AbortController();
  #listener: DiscoveryListener | undefined;
  #watcher: FSWatcher | undefined;
  #timer: ClockTimer | undefined;
  /** When `#timer` is due. */
  #due = Number.POSITIVE_INFINITY;
  #text: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: FileDiscoveryOptions) {
    this.#options = options;
    this.title = `file ${options.path}`;
  }

  start(listener: DiscoveryListener): Promise<void> {
    if (this.#listener === undefined && !this.#closing.signal.aborted) {
      this.#listener = listener;
      this.#watch();
      this.#reading = this.#read();
    }
    return this.#reading;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('discovery was closed'));
    this.#timer?.cancel();
    this.#watcher?.close();
    this.#watcher = undefined;
    await this.#reading;
  }

  #watch(): void {
    try {
      const watcher = watch(path.dirname(path.resolve(this.#options.path)), () =>
        this.#readIn(SETTLE_MS),
      );
      watcher.on('error', () => {
        watcher.close();
        if (this.#watcher === watcher) this.#watcher = undefined;
      });
      this.#watcher = watcher;
    } catch {
      // No such folder, or no watches left: the slow re-read goes on, and tries to watch again.
      this.#watcher = undefined;
    }
  }

  /** An earlier appointment stands: a busy folder can't put the reading off for ever. */
  #readIn(delayMs: number): void {
    const { clock } = this.#options.environment;
    const due = clock.now() + delayMs;
    if (this.#closing.signal.aborted || due >= this.#due) return;
    this.#timer?.cancel();
    this.#due = due;
    this.#timer = clock.schedule(delayMs, () => {
      this.#due = Number.POSITIVE_INFINITY;
      if (this.#watcher === undefined) this.#watch();
      // One after the other: a slow read must not overtake a newer one.
      this.#reading = this.#reading.then(() => this.#read());
    });
  }

  async #read(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const members = await pRetry(() => this.#load(), {
        retries: READ_RETRIES,
        minTimeout: READ_RETRY_MS,
        factor: 1,
        signal,
      });
      if (!signal.aborted && members !== undefined) this.#listener?.onMembers(members);
    } catch (error) {
      // Told again when it is good again, even if it is the old text.
      this.#text = undefined;
      if (!signal.aborted) this.#listener?.onFailure(`${this.title}: ${describeFault(error)}`);
    }
    this.#readIn(RECHECK_MS);
  }

  /** The members in the file; undefined if it is the text that was understood last. */
  async #load(): Promise<readonly MemberConfig[] | undefined> {
    const text = await readFile(this.#options.path, {
      encoding: 'utf8',
      signal: this.#closing.signal,
    });
    if (text === this.#text) return undefined;
    if (text.trim() === '') throw new EvenkeelError('EK_DISCOVERY', 'the file is empty');
    const members = parseMembers(readList(text), this.#options.defaultPort);
    this.#text = text;
    return members;
  }
}

/** `["10.0.0.1:80", {...}]`, `{"members": [...]}`, or an address per line; `#` begins a comment. */
function readList(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) {
    const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
    return lines.filter((line) => line !== '');
  }
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && 'members' in value) return value.members;
  return value;
}
