// Which members take new clients at this moment: recomputed when something flips, never per pick.
import type { PooledMember } from './pooled-member.js';

/**
 * Who serves new clients:
 * - `ordinary`: the fit members that are not backups
 * - `backup`: no ordinary member is fit, backups are
 * - `unchecked`: nobody is fit but members that were added live and still await their first check
 * - `panic`: too few ordinary members are fit: all ready ones are used, down or not
 * - `none`: nobody
 */
type ServingMode = 'ordinary' | 'backup' | 'unchecked' | 'panic' | 'none';

/** What {@link markServing} found. */
export interface Serving {
  readonly mode: ServingMode;
  /** Whether the serving members are backups. */
  readonly areBackups: boolean;
}

/** Why a member may not serve, besides health: the operator, its own check, a weight of 0. */
function isOffered(member: PooledMember): boolean {
  const { state } = member;
  return state.admin === 'ready' && !state.isDrainingByCheck && state.weight > 0;
}

function isHealthy(member: PooledMember, nowMs: number): boolean {
  return member.state.health !== 'down' && member.state.ejectedUntil <= nowMs;
}

/**
 * Sets `isFit` and `isServing` of every member.
 * @param panicThreshold - percent of the offered ordinary members; fewer fit ones mean panic; 0 = never
 */
export function markServing(
  members: readonly PooledMember[],
  panicThreshold: number,
  nowMs: number,
): Serving {
  for (const member of members) {
    member.isServing = false;
    member.isFit = isOffered(member) && isHealthy(member, nowMs) && !member.awaitsFirstCheck;
  }
  const ordinary = members.filter((member) => !member.backup);
  // Members that await their first check say nothing about how well the pool is.
  const known = ordinary.filter((member) => isOffered(member) && !member.awaitsFirstCheck);
  const fit = ordinary.filter((member) => member.isFit);
  const isPanic = known.length > 0 && (fit.length * 100) / known.length < panicThreshold;
  if (fit.length > 0) {
    return isPanic ? serve('panic', false, known) : serve('ordinary', false, fit);
  }
  const backups = members.filter((member) => member.backup && member.isFit);
  if (backups.length > 0) return serve('backup', true, backups);
  const unchecked = members.filter(
    (member) => member.awaitsFirstCheck && isOffered(member) && isHealthy(member, nowMs),
  );
  if (unchecked.length > 0) return serveUnchecked(unchecked);
  return isPanic ? serve('panic', false, known) : serve('none', false, []);
}

/** Ordinary members before backups, here too. */
function serveUnchecked(unchecked: readonly PooledMember[]): Serving {
  const ordinary = unchecked.filter((member) => !member.backup);
  if (ordinary.length > 0) return serve('unchecked', false, ordinary);
  return serve('unchecked', true, unchecked);
}

function serve(mode: ServingMode, areBackups: boolean, members: readonly PooledMember[]): Serving {
  for (const member of members) member.isServing = true;
  return { mode, areBackups };
}
