// The file of users of a frontend: read when its settings are made ready, and again when it has changed.
import { stat } from 'node:fs/promises';
import { Authenticator, type LoginMemory } from '../../auth/authenticator.js';
import { parseHtpasswd } from '../../auth/htpasswd.js';
import type { FrontendContext } from '../handler.js';
import { fileFault, readSmallFile, stampOf } from './small-file.js';

const PLACE = 'basicAuth.usersFile';
/** Most bytes of a file of users: some 10,000 of them. */
const MAX_BYTES = 1_048_576;
/** A change is looked for so often at most, ms. */
const RECHECK_MS = 1000;
/** Nobody is judged by a file that was not looked at for so long, ms. */
const STALE_MS = 5000;

/** Keeps an {@link Authenticator} that goes by what the file says. A file that can't be used changes nothing. */
export class UsersFile {
  readonly #path: string;
  readonly #memory: LoginMemory;
  readonly #context: FrontendContext;
  #authenticator: Authenticator;
  #stamp: string;
  #lookedMs: number;
  #looking: Promise<void> | undefined = undefined;
  /** What was told last; '' = the file is good. */
  #fault = '';

  /** @throws SpecError `EK_FILE` with every bad line */
  constructor(path: string, memory: LoginMemory, context: FrontendContext) {
    this.#path = path;
    this.#memory = memory;
    this.#context = context;
    this.#lookedMs = context.wheel.nowMs;
    const { authenticator, stamp } = this.#read();
    this.#authenticator = authenticator;
    this.#stamp = stamp;
  }

  get authenticator(): Authenticator {
    return this.#authenticator;
  }

  /**
   * Looks now and then, when there are requests, whether the file has changed.
   * A promise is to be waited for: the file was not looked at for so long that what is known may be old.
   */
  freshen(nowMs: number): Promise<void> | undefined {
    const ageMs = nowMs - this.#lookedMs;
    if (ageMs < RECHECK_MS) return undefined;
    this.#looking ??= this.#look(nowMs);
    return ageMs < STALE_MS ? undefined : this.#looking;
  }

  async #look(nowMs: number): Promise<void> {
    try {
      const stamp = stampOf(await stat(this.#path));
      if (stamp !== this.#stamp) {
        // Told once: the same bad file is not read again.
        this.#stamp = stamp;
        this.#authenticator = this.#read().authenticator;
      }
      this.#fault = '';
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
    } finally {
      this.#looking = undefined;
      this.#lookedMs = nowMs;
    }
  }

  #read(): { readonly authenticator: Authenticator; readonly stamp: string } {
    const { bytes, stamp } = readSmallFile(this.#path, PLACE, MAX_BYTES);
    const { users, faults } = parseHtpasswd(bytes.toString('utf8'));
    if (faults.length > 0) {
      throw fileFault(PLACE, ...faults.map((fault) => `"${this.#path}": ${fault}`));
    }
    const { clock } = this.#context.environment;
    return { authenticator: new Authenticator(users, this.#memory, clock), stamp };
  }

  #tell(fault: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    const { events, environment, name } = this.#context;
    const at = environment.clock.wallTime();
    events.emit('frontend:fault', { frontend: name, at, reason: `${fault}; the users stay` });
  }
}
