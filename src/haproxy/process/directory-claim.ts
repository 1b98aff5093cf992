// Who holds the directory of an engine: a socket that only its holder listens on, so that a claim dies with its process.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { EvenkeelError } from '../../core/errors.js';

/** One directory, one engine. */
export class DirectoryClaim {
  readonly #path: string;
  #server: Server | undefined;

  /** @param path - of the socket */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws EK_IN_USE while another engine holds it, in this process or another; EK_FILE when no socket can be made there */
  async take(): Promise<void> {
    let error = await this.#listen();
    if (error?.code === 'EADDRINUSE') {
      if (await this.#isHeld())
        throw new EvenkeelError(
          'EK_IN_USE',
          `another evenkeel runs in the directory of ${this.#path}: end it, or choose another directory`,
        );
      // Left behind by a process that was killed.
      await rm(this.#path, { force: true });
      error = await this.#listen();
    }
    if (error !== undefined)
      throw new EvenkeelError('EK_FILE', `${this.#path} can't be made: ${error.message}`, {
        cause: error,
      });
  }

  /** Takes it again where its socket was removed: nobody who came would have seen it. @throws as `take` does */
  async renew(): Promise<void> {
    if (this.#server === undefined || existsSync(this.#path)) return;
    await this.release();
    await this.take();
  }

  /** Lets the next one in. */
  async release(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }

  #listen(): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      // Whoever comes has seen enough.
      const server = createServer((socket) => socket.destroy());
      server.once('error', resolve);
      server.listen(this.#path, () => {
        server.unref();
        this.#server = server;
        resolve(undefined);
      });
    });
  }

  #isHeld(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#path);
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }
}
