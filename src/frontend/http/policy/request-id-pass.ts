// An id for every request: told to the member, the client, templates and logs.
import type { CidrSet } from '../../../core/cidr.js';
import type { Random } from '../../../core/random.js';
import type { Decision } from './decision.js';
import type { Pass } from './policy.js';
import type { RequestView } from './request-view.js';

/** An id that a trusted peer may bring: no blanks, nothing that a log or a shell could take amiss, at most 128 characters. */
const KEPT_ID = /^[\w.:/+=@~-]{1,128}$/;

/** Gives each request an id, or keeps the one that a trusted peer gave it. */
export class RequestIdPass implements Pass {
  readonly name = 'request-id';
  readonly #header: string;
  readonly #lowerCase: string;
  readonly #trusted: CidrSet;
  readonly #ids: RequestIds;

  constructor(header: string, trusted: CidrSet, random: Random) {
    this.#header = header;
    this.#lowerCase = header.toLowerCase();
    this.#trusted = trusted;
    this.#ids = new RequestIds(random);
  }

  judge(request: RequestView, decision: Decision): undefined {
    const id = this.#keptId(request) ?? this.#ids.next();
    decision.requestId = id;
    decision.request.set(this.#header, id);
    decision.always.set(this.#header, id);
  }

  #keptId(request: RequestView): string | undefined {
    if (this.#trusted.isEmpty) return undefined;
    const id = request.attribute('header', this.#lowerCase);
    if (id === undefined || !KEPT_ID.test(id)) return undefined;
    return this.#trusted.has(request.source) ? id : undefined;
  }
}

/** `4f1c09ab77e2-1a`: 48 random bits, drawn once, and a count. Unique, not secret. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random) {
    const bits = Math.floor(random.next() * 2 ** 48);
    this.#prefix = `${bits.toString(16).padStart(12, '0')}-`;
  }

  /** An id that was not given before. */
  next(): string {
    return this.#prefix + (this.#count++).toString(36);
  }
}
