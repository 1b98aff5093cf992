// What changes between two expanded specs, by name and by field: what `apply` does, and what it shows before.
import { isDeepStrictEqual } from 'node:util';
import type { BalancerConfig, FrontendConfig, MemberConfig, PoolConfig } from './config.js';

/** Something with a name whose fields changed. */
export interface Change {
  readonly name: string;
  /** Changed fields, in alphabetical order. */
  readonly fields: readonly string[];
}

/** A frontend that changed. */
export interface FrontendChange extends Change {
  /** Whether its listener can't be carried over: `bind` or `protocol` changed. */
  readonly needsRebind: boolean;
}

/** A pool that changed; `fields` has `members` if any of them did. */
export interface PoolChange extends Change {
  readonly members: MembersDiff;
}

/** What changes among things with names. */
export interface NamedDiff<C extends Change = Change> {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly C[];
}

/** What changes among the members of one pool. */
export interface MembersDiff extends NamedDiff {
  /** Whether those that stay stand in another order, which the strategy `first` goes by. */
  readonly isReordered: boolean;
}

/** What changes between two expanded specs. JSON-serialisable. */
export interface SpecDiff {
  /** Whether nothing changes. */
  readonly isEmpty: boolean;
  /** How many things are added, removed or changed; each member, pool, frontend and monitor counts once. */
  readonly changes: number;
  /** Changed fields of the balancer itself: `name`, `description`, `labels`. */
  readonly fields: readonly string[];
  readonly frontends: NamedDiff<FrontendChange>;
  readonly pools: NamedDiff<PoolChange>;
  readonly monitors: NamedDiff;
}

/** Compares two expanded specs. Things are the same if their names are; the order of frontends, pools and monitors means nothing. */
export function diffConfig(before: BalancerConfig, after: BalancerConfig): SpecDiff {
  const fields = changedFields(before, after).filter(
    (key) => key !== 'frontends' && key !== 'pools' && key !== 'monitors',
  );
  const frontends = diffNamed(before.frontends, after.frontends, diffFrontend);
  const pools = diffNamed(before.pools, after.pools, diffPool);
  const monitors = diffNamed(before.monitors, after.monitors, diffFields);
  const changes = fields.length + count(frontends) + countPools(pools) + count(monitors);
  return { isEmpty: changes === 0, changes, fields, frontends, pools, monitors };
}

function count(diff: NamedDiff): number {
  return diff.added.length + diff.removed.length + diff.changed.length;
}

function countPools(diff: NamedDiff<PoolChange>): number {
  let total = diff.added.length + diff.removed.length;
  for (const pool of diff.changed) {
    const isMoreThanMembers = pool.fields.some((field) => field !== 'members');
    const members = count(pool.members);
    total += members + (isMoreThanMembers || members === 0 ? 1 : 0);
  }
  return total;
}

interface Named {
  readonly name: string;
}

function diffNamed<T extends Named, C extends Change>(
  before: readonly T[],
  after: readonly T[],
  compare: (before: T, after: T) => C,
): NamedDiff<C> {
  const old = new Map(before.map((item) => [item.name, item]));
  const added: string[] = [];
  const changed: C[] = [];
  for (const item of after) {
    const counterpart = old.get(item.name);
    old.delete(item.name);
    if (counterpart === undefined) {
      added.push(item.name);
      continue;
    }
    const change = compare(counterpart, item);
    if (change.fields.length > 0) changed.push(change);
  }
  return { added, removed: [...old.keys()], changed };
}

function diffFields<T extends Named>(before: T, after: T): Change {
  return { name: after.name, fields: changedFields(before, after) };
}

function diffFrontend(before: FrontendConfig, after: FrontendConfig): FrontendChange {
  const change = diffFields(before, after);
  const needsRebind = change.fields.includes('bind') || change.fields.includes('protocol');
  return { ...change, needsRebind };
}

function diffPool(before: PoolConfig, after: PoolConfig): PoolChange {
  const members = diffNamed<MemberConfig, Change>(before.members, after.members, diffFields);
  const isReordered = !isDeepStrictEqual(
    staying(before.members, members.removed),
    staying(after.members, members.added),
  );
  return { ...diffFields(before, after), members: { ...members, isReordered } };
}

function staying(members: readonly MemberConfig[], others: readonly string[]): readonly string[] {
  const left = new Set(others);
  return members.map((member) => member.name).filter((name) => !left.has(name));
}

function changedFields<T extends object>(before: T, after: T): readonly string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => !isDeepStrictEqual(old.get(key), now.get(key)))
    .sort();
}
