// Reads a list of members that did not come with the spec.
import { EvenkeelError } from '../../core/errors.js';
import type { MemberConfig } from '../../spec/config.js';
import type { MemberSpec } from '../../spec/member.js';
import { parseMember } from '../../spec/parse.js';

/**
 * @throws EvenkeelError `EK_DISCOVERY` if it is no list or two members have the same name
 * @throws SpecError for a member with faults
 */
export function parseMembers(
  list: unknown,
  defaultPort: number | undefined,
): readonly MemberConfig[] {
  if (!Array.isArray(list)) throw new EvenkeelError('EK_DISCOVERY', 'expected a list of members');
  const members = list.map((item: MemberSpec | string) =>
    parseMember(item, defaultPort === undefined ? {} : { defaultPort }),
  );
  const names = new Set<string>();
  for (const { name } of members) {
    if (names.has(name)) throw new EvenkeelError('EK_DISCOVERY', `two members are named "${name}"`);
    names.add(name);
  }
  return members;
}
