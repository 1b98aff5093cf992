// Watches a few files: tells when one of them has another content, once they have come to rest.
import { type FSWatcher, type Stats, statSync, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, ClockTimer } from '../core/clock.js';

/** A change is told when two looks that far apart find the same: a certificate and its key are written one after the other. */
const SETTLE_MS = 300;
/** Looked at least this often: some file systems tell nothing, and a folder may be replaced. */
const RECHECK_MS = 9700;

/**
 * Watches the folders of `files`, so that renames over a file and swapped links are seen.
 * It is the files that must come to rest: others in their folders may change all the time.
 */
export class FileWatch {
  readonly #files: readonly string[];
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #watchers: Map<string, FSWatcher> = new Map();
  #timer: ClockTimer | undefined = undefined;
  /** What was told last. */
  #known: string;
  /** What the last look found. */
  #found: string;
  /** Something in the folders has changed: the next look is due in `SETTLE_MS` at most. */
  #isLookDue = false;
  #isClosed = false;

  /**
   * Starts at once.
   * @param known - what the files were when they were read ({@link describeFiles})
   */
  constructor(files: readonly string[], known: string, { clock, onChange }: FileWatchOwner) {
    this.#files = files;
    this.#known = known;
    this.#found = known;
    this.#clock = clock;
    this.#onChange = onChange;
    if (files.length > 0) void this.#look();
  }

  /** Whether it is these files that it watches. */
  isFor(files: readonly string[]): boolean {
    return files.length === this.#files.length && files.every((file) => this.#files.includes(file));
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #look(): Promise<void> {
    this.#isLookDue = false;
    this.#watchFolders();
    const found = (await Promise.all(this.#files.map(describeFile))).join('\n');
    if (this.#isClosed) return;
    const isAtRest = found === this.#found;
    this.#found = found;
    const hasChanged = found !== this.#known;
    if (hasChanged && !isAtRest) this.#isLookDue = true;
    this.#lookIn(this.#isLookDue ? SETTLE_MS : RECHECK_MS);
    if (!hasChanged || !isAtRest) return;
    this.#known = found;
    this.#onChange();
  }

  #lookIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(delayMs, () => void this.#look());
  }

  #lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    this.#lookIn(SETTLE_MS);
  }

  #watchFolders(): void {
    for (const folder of new Set(this.#files.map((file) => path.dirname(path.resolve(file))))) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, () => this.#lookSoon());
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

/** Whose files they are. */
export interface FileWatchOwner {
  readonly clock: Clock;
  /** A file has changed since the last call, or since it was described. */
  readonly onChange: () => void;
}

/** What tells the contents of files from others: to be taken before they are read. */
export function describeFiles(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        return describe(statSync(file));
      } catch {
        return MISSING;
      }
    })
    .join('\n');
}

/** A missing file is a content too. */
const MISSING = 'missing';

async function describeFile(file: string): Promise<string> {
  try {
    return describe(await stat(file));
  } catch {
    return MISSING;
  }
}

function describe({ mtimeMs, ctimeMs, size, ino }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
