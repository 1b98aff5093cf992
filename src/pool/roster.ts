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
  const changed: { member: PooledMember; config: MemberConfig; origin: MemberOrigin }[] = [];
  const want = (config: MemberConfig, origin: MemberOrigin): void => {
    if (members.has(config.name)) return;
    let member = known.get(config.name);
    if (member?.config.address !== config.address) {
      member = new PooledMember(config, origin);
      added.push(member);
    } else if (member.origin !== origin || !isSameConfig(member.config, config)) {
      changed.push({ member, config, origin });
    }
    members.set(config.name, member);
  };
  for (const config of listed) want(config, 'listed');
  for (const config of discovered) want(config, 'discovered');
  const removed = current.filter((member) => members.get(member.name) !== member);
  return { members: [...members.values()], added, removed, changed };
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
