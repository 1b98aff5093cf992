// Counts as HAProxy reads them.

/** Most that its counts hold; a larger one would become another number silently, or an error. */
const HIGHEST = 2_147_483_647;

/** A count as a word; of those that nothing ever reaches the largest. */
export function renderCount(count: number): string {
  return `${Math.min(HIGHEST, count)}`;
}
