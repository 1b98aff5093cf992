// The configurations of one engine on disk: numbered, the last ones kept, one of them current.
import { mkdir, readdir, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EvenkeelError } from '../../core/errors.js';

/** One file of a configuration. */
export interface ConfigFile {
  /** Relative to the folder of the configuration: `haproxy.cfg`, `certs/web.pem`. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permissions. @defaultValue 0o640 */
  readonly mode?: number;
}

/**
 * ```
 *   DIRECTORY/
 *     configs/000001/haproxy.cfg ...
 *     configs/000002/haproxy.cfg ...
 *     current -> configs/000002        HAProxy reads current/haproxy.cfg, so a reload needs no other name
 *     run/                             sockets and server states
 * ```
 * Invariant: `current` always points at a whole configuration; it is moved by one rename.
 */
export class ConfigStore {
  readonly directory: string;
  readonly #keep: number;
  #last = 0;

  /** @param keep - configurations kept besides the current one, at least 1 */
  constructor(directory: string, keep: number) {
    this.directory = path.resolve(directory);
    this.#keep = Math.max(1, keep);
  }

  /** Folder of sockets and server states. */
  get runFolder(): string {
    return path.join(this.directory, 'run');
  }

  /** The folder that HAProxy reads from, whichever configuration is current. */
  get currentFolder(): string {
    return path.join(this.directory, 'current');
  }

  /** Makes the folders. @throws EK_FILE when they can't be made or written to */
  async open(): Promise<void> {
    await this.#guarded(async () => {
      await mkdir(this.runFolder, { recursive: true, mode: 0o750 });
      await mkdir(path.join(this.directory, 'configs'), { recursive: true, mode: 0o750 });
      // What can't be written to is found out now, not at the first change.
      const probe = path.join(this.directory, 'configs', '.probe');
      await writeFile(probe, '');
      await rm(probe);
      this.#last = Number((await this.#numbers()).at(-1) ?? 0);
    });
  }

  /** @throws EK_FILE when the directory was moved away or removed since `open` */
  async verify(): Promise<void> {
    if (await isFolder(this.runFolder)) return;
    throw this.#fault(
      `${this.runFolder} is gone, and HAProxy needs it for its sockets; put it back, or make it again`,
    );
  }

  /**
   * Writes a configuration beside the current one; it takes effect with `use`.
   * @returns its folder
   * @throws EK_FILE
   */
  async write(files: readonly ConfigFile[]): Promise<string> {
    this.#last++;
    const folder = path.join(this.directory, 'configs', String(this.#last).padStart(6, '0'));
    await this.#guarded(() => put(folder, files));
    return folder;
  }

  /** Makes what was removed since `open` again, for a configuration that was current. @throws EK_FILE */
  async restore(folder: string, files: readonly ConfigFile[]): Promise<void> {
    await this.#guarded(async () => {
      await mkdir(this.runFolder, { recursive: true, mode: 0o750 });
      if (!(await isFolder(folder))) await put(folder, files);
    });
    if ((await this.current()) !== folder) await this.use(folder);
  }

  /** Makes a written configuration the current one. @returns the folder that was current, if any */
  async use(folder: string): Promise<string | undefined> {
    const before = await this.current();
    await this.#guarded(async () => {
      const next = `${this.currentFolder}.next`;
      await rm(next, { force: true });
      await symlink(path.relative(this.directory, folder), next);
      await rename(next, this.currentFolder);
    });
    return before;
  }

  /** The folder of the current configuration. */
  async current(): Promise<string | undefined> {
    try {
      return path.resolve(this.directory, await readlink(this.currentFolder));
    } catch {
      return undefined;
    }
  }

  /** Writes a file of the run folder, whole or not at all. @throws EK_FILE */
  async writeRun(name: string, content: string): Promise<void> {
    const file = path.join(this.runFolder, name);
    await this.#guarded(async () => {
      await writeFile(`${file}.next`, content, { mode: 0o640 });
      await rename(`${file}.next`, file);
    });
  }

  /** Forgets a configuration that came to nothing. */
  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  /** Removes what is older than the last ones. Faults are passed over: a folder too many does no harm. */
  async prune(): Promise<void> {
    const current = await this.current();
    const old = (await this.#numbers()).slice(0, -(this.#keep + 1));
    for (const name of old) {
      const folder = path.join(this.directory, 'configs', name);
      if (folder !== current) await rm(folder, { recursive: true, force: true });
    }
  }

  async #numbers(): Promise<readonly string[]> {
    const names = await readdir(path.join(this.directory, 'configs'));
    return names.filter((name) => /^\d{6,}$/.test(name)).sort();
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw this.#fault(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #fault(reason: string, cause?: unknown): EvenkeelError {
    const message = `the directory ${this.directory} can't be used: ${reason}`;
    return new EvenkeelError('EK_FILE', message, { cause });
  }
}

async function put(folder: string, files: readonly ConfigFile[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const { path: name, content, mode = 0o640 } of files) {
    const file = path.join(folder, name);
    if (!file.startsWith(`${folder}${path.sep}`))
      throw new Error(`"${name}" lies outside of the configuration`);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
    await writeFile(file, content, { mode });
  }
}

function isFolder(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
