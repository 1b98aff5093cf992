// Password files as htpasswd writes them: a name and a hash per line.
import { type PasswordHash, parsePasswordHash } from './password-hash.js';

/** Users by name. */
export type Users = ReadonlyMap<string, PasswordHash>;

/** The users, or everything that is wrong with the file. */
export interface ParsedUsers {
  readonly users: Users;
  /** `line 3: ...`; never a hash. */
  readonly faults: readonly string[];
}

/** What some editors begin a text with. */
const BYTE_ORDER_MARK = /^\ufeff/;

/** `ann:$2y$05$...` per line; empty lines and those that begin with `#` are skipped, what follows a second colon too. */
export function parseHtpasswd(text: string): ParsedUsers {
  const users = new Map<string, PasswordHash>();
  const lines = new Map<string, number>();
  const faults: string[] = [];
  for (const [index, raw] of text.replace(BYTE_ORDER_MARK, '').split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    if (line.trim() === '' || line.startsWith('#')) continue;
    const at = `line ${index + 1}`;
    const [name = '', hashText] = line.split(':');
    const before = lines.get(name);
    const hash = parsePasswordHash((hashText ?? '').trim());
    if (hashText === undefined || name === '') faults.push(`${at}: expected "user:hash"`);
    else if (before !== undefined)
      faults.push(`${at}: user "${name}" is on line ${before} already`);
    else if (typeof hash === 'string') faults.push(`${at}: user "${name}": ${hash}`);
    else users.set(name, hash);
    lines.set(name, before ?? index + 1);
  }
  if (users.size === 0 && faults.length === 0) faults.push('there are no users in it');
  return { users, faults };
}
