// A file that an emitter made.

/** A file, to be written into a directory of the user's choice. */
export interface EmittedFile {
  /** Relative, with `/`: `haproxy.cfg`, `errors/public-503.http`. Made of `[a-z0-9._/-]` only. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permissions: 0o644, 0o600 for what holds a secret, 0o755 for a program. */
  readonly mode: number;
}

/** Collects files; the same path twice must be the same content. */
export class FileSet {
  readonly #files: Map<string, EmittedFile> = new Map();

  /**
   * Adds a file. @returns its path
   * @throws RangeError for a path that something else has already: a fault of a translator
   */
  add(path: string, content: string | Uint8Array, mode: number = 0o644): string {
    const before = this.#files.get(path);
    if (before !== undefined && !Buffer.from(before.content).equals(Buffer.from(content)))
      throw new RangeError(`two files are called ${path}`);
    this.#files.set(path, { path, content, mode });
    return path;
  }

  /** In order of path. */
  list(): readonly EmittedFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
