// A diff in one line for people: `pool web: +web-4, -web-2, web-1 (weight); frontend public (bind)`.
import type { Change, NamedDiff, SpecDiff } from '../spec/diff.js';

/** Names with `+` were added, with `-` removed, others changed in the fields in brackets. */
export function describeDiff(diff: SpecDiff): string {
  if (diff.isEmpty) return 'nothing changed';
  const pools = diff.pools.changed.map((pool) => {
    const fields = pool.fields.filter((field) => field !== 'members');
    const members = describeNamed(pool.members);
    if (members.length === 0) return `pool ${describeChange(pool)}`;
    return `pool ${describeChange({ ...pool, fields })}: ${members.join(', ')}`;
  });
  return [
    ...diff.fields,
    ...describeNamed(diff.frontends).map((frontend) => `frontend ${frontend}`),
    ...describeNamed({ ...diff.pools, changed: [] }).map((pool) => `pool ${pool}`),
    ...pools,
    ...describeNamed(diff.monitors).map((monitor) => `monitor ${monitor}`),
  ].join('; ');
}

function describeNamed(diff: NamedDiff): string[] {
  return [
    ...diff.added.map((name) => `+${name}`),
    ...diff.removed.map((name) => `-${name}`),
    ...diff.changed.map(describeChange),
  ];
}

function describeChange({ name, fields }: Change): string {
  return fields.length === 0 ? name : `${name} (${fields.join(', ')})`;
}
