// What stands for a member in a cookie: its name, or an id that tells nothing of it.
import { createHmac } from 'node:crypto';

/** Ids of the members of one pool. */
export interface MemberIds {
  /** The id of a member. */
  idOf(member: string): string;
  /** The member with this id; undefined = none of those that {@link use} named. */
  memberOf(id: string): string | undefined;
  /** Knows these members from now on. */
  use(members: readonly string[]): void;
}

/** A member's name is its id, as in HAProxy's `server web-1 ... cookie web-1`. */
export class PlainIds implements MemberIds {
  #members: ReadonlySet<string> = new Set();

  idOf(member: string): string {
    return member;
  }

  memberOf(id: string): string | undefined {
    return this.#members.has(id) ? id : undefined;
  }

  use(members: readonly string[]): void {
    this.#members = new Set(members);
  }
}

/**
 * The id is the first 128 bits of HMAC-SHA-256 over the member's name, in base64url: 22 characters. With the same secret it is
 * the same after a restart and on every balancer; without it nobody can tell which member it is, or make one.
 */
export class OpaqueIds implements MemberIds {
  readonly #secret: string;
  #ids: ReadonlyMap<string, string> = new Map();

  constructor(secret: string) {
    this.#secret = secret;
  }

  idOf(member: string): string {
    return this.#ids.get(member) ?? this.#make(member);
  }

  /** O(members), and as long for a wrong id as for a right one. */
  memberOf(id: string): string | undefined {
    let found: string | undefined;
    for (const [member, known] of this.#ids) if (isSame(known, id)) found = member;
    return found;
  }

  use(members: readonly string[]): void {
    this.#ids = new Map(members.map((member) => [member, this.idOf(member)]));
  }

  #make(member: string): string {
    const digest = createHmac('sha256', this.#secret).update(`evenkeel sticky ${member}`).digest();
    return digest.subarray(0, 16).toString('base64url');
  }
}

/** Looks at every character, wherever the first difference is. */
function isSame(known: string, given: string): boolean {
  if (known.length !== given.length) return false;
  let difference = 0;
  for (let i = 0; i < known.length; i++) difference |= known.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}
