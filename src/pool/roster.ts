// Compares the members a pool has with those it should have; changes nothing.
import type { MemberConfig } from '../spec/config.js';
import { type MemberOrigin, PooledMember } from './pooled-member.js';

/** @internal What to do so that the members are those that are wanted. */
export interface RosterPlan {
  /** All members afterwards, in order: the listed ones, then the discovered. */
  readonly members: readonly PooledMember[];
  readonly added: readonly PooledMember[];
  readonly removed: readonly PooledMember[];
  /** Members that stay, with new settings. */
  readonly changed: readonly {
    readonly member: PooledMember;
    readonly config: MemberConfig;
    readonly origin: MemberOrigin;
    /** What its new settings are a change of: a weight or state set by hand stays where they say the same as before. */
    readonly before: Pick<MemberConfig, 'weight' | 'state'>;
  }[];
}

/**
 * Members are known by name; another address under the same name is another member. A listed member hides a discovered one.
 *
 * @throws EvenkeelError `EK_ADDRESS` if a new member's address is not `host:port`
 */
export function planRoster(
  current: readonly PooledMember[],
  listed: readonly MemberConfig[],
  discovered: readonly MemberConfig[],
): RosterPlan {
  const known = new Map(current.map((member) => [member.name, member]));
  const members = new Map<string, PooledMember>();
  const added: PooledMember[] = [];
  const changed: RosterPlan['changed'][number][] = [];
  const want = (config: MemberConfig, origin: MemberOrigin): void => {
    if (members.has(config.name)) return;
    let member = known.get(config.name);
    if (member?.config.address !== config.address) {
      member = new PooledMember(config, origin);
      added.push(member);
    } else if (member.origin !== origin || !isSameConfig(member.config, config)) {
      changed.push({ member, config, origin, before: settingsOf(member, origin) });
    }
    members.set(config.name, member);
  };
  for (const config of listed) want(config, 'listed');
  for (const config of discovered) want(config, 'discovered');
  const removed = current.filter((member) => members.get(member.name) !== member);
  return { members: [...members.values()], added, removed, changed };
}

/** Who comes to be listed, or no longer is, has what its new place says: an edit of a discovered member is in no settings. */
function settingsOf(
  member: PooledMember,
  origin: MemberOrigin,
): RosterPlan['changed'][number]['before'] {
  const { weight, admin } = member.state;
  return member.origin === origin ? member.config : { weight, state: admin };
}

function isSameConfig(a: MemberConfig, b: MemberConfig): boolean {
  return (
    a.weight === b.weight &&
    a.backup === b.backup &&
    a.maxConnections === b.maxConnections &&
    a.state === b.state &&
    isSameLabels(a.labels, b.labels)
  );
}

function isSameLabels(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
