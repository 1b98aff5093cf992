// bcrypt in a thread of its own: one check takes 60 ms or more, in which this thread would serve nobody.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** A thread with nothing to do ends after this long, ms. */
const IDLE_MS = 30_000;

/** What the thread runs. It gets the place of bcryptjs as data, since a text has no place to look for packages from. */
const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const bcrypt = require(workerData.place);
let timer;
const rest = () => { timer = setTimeout(() => parentPort.close(), workerData.idleMs); };
parentPort.on('message', ({ id, password, hash }) => {
  clearTimeout(timer);
  parentPort.postMessage({ id, isRight: bcrypt.compareSync(password, hash) });
  rest();
});
rest();
`;

interface Job {
  readonly password: string;
  readonly hash: string;
  readonly resolve: (isRight: boolean) => void;
}

/** Checks passwords against bcrypt hashes; one thread for the whole process, started when it is first needed. */
export class BcryptWorker {
  readonly #jobs: Map<number, Job> = new Map();
  readonly #idleMs: number;
  #count = 0;
  #worker: Worker | undefined = undefined;
  /** No thread can be had: the program was bundled without its packages, or may start none. */
  #isHere = false;

  /** @param idleMs - with nothing to do for so long the thread ends */
  constructor(idleMs: number = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  /** Whether a thread is there. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Whether `password` (UTF-8, its first 72 bytes) makes the hash `$2b$...`. */
  check(password: string, hash: string): Promise<boolean> {
    return new Promise((resolve) => {
      const job = { password, hash, resolve };
      if (this.#isHere) checkHere(job);
      else this.#send(this.#count++, job);
    });
  }

  #send(id: number, job: Job): void {
    this.#jobs.set(id, job);
    try {
      this.#worker ??= this.#start();
      this.#worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage({ id, password: job.password, hash: job.hash });
    } catch {
      this.#comeHere();
    }
  }

  #start(): Worker {
    const workerData = { place: locateBcrypt(), idleMs: this.#idleMs };
    const worker = new Worker(SCRIPT, { eval: true, workerData, execArgv: [] });
    worker.on('message', ({ id, isRight }: { id: number; isRight: boolean }) => {
      const job = this.#jobs.get(id);
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) worker.unref();
      job?.resolve(isRight);
    });
    worker.on('error', () => this.#comeHere());
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      // What came in just as it went to rest.
      const left = [...this.#jobs];
      this.#jobs.clear();
      for (const [id, job] of left) this.#send(id, job);
    });
    return worker;
  }

  /** Better slow than not at all. */
  #comeHere(): void {
    this.#isHere = true;
    this.#worker = undefined;
    const left = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of left) checkHere(job);
  }
}

/** In this thread bcryptjs rests every 100 ms. */
function checkHere({ password, hash, resolve }: Job): void {
  import('bcryptjs')
    .then(({ default: bcrypt }) => bcrypt.compare(password, hash))
    .then(resolve, () => resolve(false));
}

/** The file of bcryptjs that `require` finds from here. */
function locateBcrypt(): string {
  // The CJS build has no import.meta, ESM no __filename.
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  return createRequire(here).resolve('bcryptjs');
}

/** The one of this process. */
export const bcryptWorker: BcryptWorker = new BcryptWorker();
