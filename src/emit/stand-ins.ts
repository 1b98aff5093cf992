// Backups: which can serve, and which serve from the start, for programs that want an ordinary server in every pool.
import type { MemberConfig, PoolConfig } from '../spec/config.js';

/** The backups that can serve, by name as the pool takes them. */
export function usableBackups({ members }: PoolConfig): readonly MemberConfig[] {
  return members
    .filter((member) => member.backup && canServe(member))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The backups of a pool whose other members take nobody: the first that can serve, or all. Else none. */
export function standIns(pool: PoolConfig): readonly MemberConfig[] {
  const { members, backups } = pool;
  if (members.some((member) => !member.backup && canServe(member))) return [];
  const usable = usableBackups(pool);
  if (usable.length === 0) return members.filter(({ backup }) => backup);
  return backups === 'all' ? usable : usable.slice(0, 1);
}

function canServe({ state, weight }: MemberConfig): boolean {
  return state === 'ready' && weight > 0;
}
