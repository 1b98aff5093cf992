// Members from a function of the host.
import { EvenkeelError } from '../../core/errors.js';
import type { MemberSpec } from '../../spec/member.js';
import { parseMembers } from './parse-members.js';
import type { Lookup } from './polling.js';

/**
 * What an extension for `discovery: { type: custom, use: NAME }` looks like: all members as they are now.
 * Throw when they can't be found out: the last good answer stays. An empty list empties the pool.
 */
export type DiscoverMembers = (
  signal: AbortSignal,
) => readonly (MemberSpec | string)[] | Promise<readonly (MemberSpec | string)[]>;

/**
 * Asks the extension of that name.
 *
 * @throws EvenkeelError `EK_DISCOVERY` if there is none, or it is no function
 */
export function createCustomLookup(
  name: string,
  extensions: Readonly<Record<string, unknown>>,
  defaultPort: number | undefined,
): Lookup {
  const extension = extensions[name];
  if (!isDiscoverMembers(extension)) {
    const fault = extension === undefined ? 'is missing' : 'is no function';
    throw new EvenkeelError('EK_DISCOVERY', `discovery: extension "${name}" ${fault}`);
  }
  return async (signal) => parseMembers(await extension(signal), defaultPort);
}

/** What it returns is looked at when it has returned. */
function isDiscoverMembers(value: unknown): value is DiscoverMembers {
  return typeof value === 'function';
}
