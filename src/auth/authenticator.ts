// Who may come in by name and password; what was right once is remembered, so that each request costs one digest.
import { hash, randomBytes } from 'node:crypto';
import { BoundedMap } from '../core/bounded-map.js';
import type { Clock } from '../core/clock.js';
import { crc32 } from '../core/hash.js';
import { CheckQueue, type QueueRefusal } from './check-queue.js';
import { type Credentials, parseCredentials } from './credentials.js';
import type { Users } from './htpasswd.js';
import { checkPassword, checkSha1 } from './password-check.js';
import type { PasswordHash } from './password-hash.js';

/** Logins remembered at most, and for how long, ms. */
const MAX_REMEMBERED = 10_000;
const REMEMBERED_MS = 300_000;

/** `granted`, `denied`; or not found out, since too many are waiting. */
export type LoginVerdict = 'granted' | 'denied' | QueueRefusal;

interface Login {
  readonly user: string;
  /** The hash that the password made: when that has changed, the login is void. */
  readonly hash: string;
}

/** What outlives a change of users: logins that were right, and the line of those that are being checked. */
export class LoginMemory {
  readonly queue: CheckQueue = new CheckQueue();
  readonly #logins: BoundedMap<string, Login>;
  /** No password can be read out of memory, nor tried against a digest that was. */
  readonly #salt: string = randomBytes(16).toString('hex');

  constructor(clock: Clock) {
    this.#logins = new BoundedMap({ max: MAX_REMEMBERED, ttlMs: REMEMBERED_MS }, clock);
  }

  /** What stands for a header in here. */
  digest(header: string): string {
    return hash('sha256', this.#salt + header, 'base64');
  }

  recall(digest: string): Login | undefined {
    return this.#logins.get(digest);
  }

  remember(digest: string, login: Login): void {
    this.#logins.set(digest, login);
  }
}

/** Judges `Authorization` headers by one version of a file of users. */
export class Authenticator {
  readonly #users: Users;
  readonly #memory: LoginMemory;
  readonly #clock: Clock;
  /** Hashes that unknown users are checked against. */
  readonly #decoys: readonly PasswordHash[];
  /** The same login over several connections is checked once. */
  readonly #underWay: Map<string, Promise<LoginVerdict>> = new Map();

  /** @param users - at least one */
  constructor(users: Users, memory: LoginMemory, clock: Clock) {
    this.#users = users;
    this.#memory = memory;
    this.#clock = clock;
    this.#decoys = [...users.values()];
  }

  /** @param header - the value of Authorization; undefined = there is none */
  judge(header: string | undefined, source: string): LoginVerdict | Promise<LoginVerdict> {
    if (header === undefined) return 'denied';
    const digest = this.#memory.digest(header);
    const login = this.#memory.recall(digest);
    if (login !== undefined && this.#users.get(login.user)?.text === login.hash) return 'granted';
    const credentials = parseCredentials(header);
    if (credentials === undefined) return 'denied';
    return this.#underWay.get(digest) ?? this.#check(credentials, digest, source);
  }

  #check(
    { user, password }: Credentials,
    digest: string,
    source: string,
  ): LoginVerdict | Promise<LoginVerdict> {
    const own = this.#users.get(user);
    const known = own ?? this.#decoyFor(user);
    const decide = (isRight: boolean): LoginVerdict => {
      // An unknown user is denied only after as much work as a known one.
      if (!isRight || own === undefined) return 'denied';
      this.#memory.remember(digest, { user, hash: own.text });
      return 'granted';
    };
    if (known.kind === 'sha1') return decide(checkSha1(password, known.sum));
    const checked = this.#memory.queue.add(source, () =>
      checkPassword(password, known, this.#clock),
    );
    if (typeof checked === 'string') return checked;
    const verdict = checked.then(decide);
    this.#underWay.set(digest, verdict);
    return verdict.finally(() => this.#underWay.delete(digest));
  }

  /** The hash of some user, the same for the same name each time: how long it takes tells nothing. */
  #decoyFor(user: string): PasswordHash {
    return this.#decoys[crc32(Buffer.from(user)) % this.#decoys.length]!;
  }
}
