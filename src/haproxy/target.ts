// The versions of HAProxy that are written for.

/** A series of HAProxy. */
export type HaproxyTarget = '2.6' | '2.8' | '3.0' | '3.2';

/** Oldest first. */
export const HAPROXY_TARGETS: readonly HaproxyTarget[] = ['2.6', '2.8', '3.0', '3.2'];

/** Written for when nobody says otherwise: Debian 12's. */
export const DEFAULT_TARGET: HaproxyTarget = '2.6';

/** Whether what came with `since` is known to `target`. */
export function isKnownTo(target: HaproxyTarget, since: string): boolean {
  return compareVersions(target, since) >= 0;
}

/**
 * The newest series written for that a program of this version understands.
 * @param version - `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - ...`, or `2.6.12`
 * @returns undefined for a version that is older than all of them, or none
 */
export function targetOf(version: string): HaproxyTarget | undefined {
  const match = /(\d+\.\d+)/.exec(version);
  return match === null
    ? undefined
    : HAPROXY_TARGETS.findLast((target) => compareVersions(match[1] ?? '', target) >= 0);
}

function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
