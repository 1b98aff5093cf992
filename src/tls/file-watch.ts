// Watches a few files: tells when one of them has another content, once they have come to rest.
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, ClockTimer } from '../core/clock.js';

/** A change is told this long after the last one: a certificate and its key are written one after the other. */
const SETTLE_MS = 300;
/** Looked at least this often: some file systems tell nothing, and a folder may be replaced. */
const RECHECK_MS = 10_000;

/** Watches the folders of `files`, so that renames over a file and swapped links are seen. */
export class FileWatch {
  readonly #files: readonly string[];
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #watchers: Map<string, FSWatcher> = new Map();
  #timer: ClockTimer | undefined = undefined;
  #known: string | undefined = undefined;
  #isClosed = false;

  /** Starts at once. @param onChange - a file has changed since the last call, or since the start */
  constructor(files: readonly string[], clock: Clock, onChange: () => void) {
    this.#files = files;
    this.#clock = clock;
    this.#onChange = onChange;
    if (files.length > 0) void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #look(): Promise<void> {
    this.#watchFolders();
    const found = (await Promise.all(this.#files.map(describeFile))).join('\n');
    if (this.#isClosed) return;
    const hasChanged = this.#known !== undefined && found !== this.#known;
    this.#known = found;
    this.#lookIn(RECHECK_MS);
    if (hasChanged) this.#onChange();
  }

  #lookIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(delayMs, () => void this.#look());
  }

  #watchFolders(): void {
    for (const folder of new Set(this.#files.map((file) => path.dirname(path.resolve(file))))) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, () => this.#lookIn(SETTLE_MS));
        watcher.on('error', () => {
          watcher.close();
          this.#watchers.delete(folder);
        });
        this.#watchers.set(folder, watcher);
      } catch {
        // No such folder, or no watches left: the slow look goes on, and tries to watch again.
      }
    }
  }
}

/** What tells one content of a file from another; a missing file is a content too. */
async function describeFile(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return 'missing';
  }
}
