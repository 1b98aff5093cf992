// The slots of the stable source hash: shared by the strategy and by everything that writes the same rule for another engine.

/** What a slot table needs to know of a member. */
export interface SlotMember {
  /** Unique; decides the order of the slots. */
  readonly name: string;
  /** 0-256; 0 counts as 1, so that a member configured without weight keeps its place in the table. */
  readonly weight: number;
}

/** The slots of one member: `first` to `last`, both included. */
export interface SlotRange {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/**
 * Gives every member one slot per weight unit, contiguous, in order of member name.
 *
 * `[{name: 'b', weight: 2}, {name: 'a', weight: 1}]` -> a 0-0, b 1-2: three slots.
 * A client belongs to slot `crc32(address bytes) mod slots`.
 */
export function buildSlotRanges(members: readonly SlotMember[]): readonly SlotRange[] {
  let next = 0;
  return [...members].sort(byName).map(({ name, weight }) => {
    const first = next;
    next += Math.max(1, weight);
    return { name, first, last: next - 1 };
  });
}

/** Order of names by UTF-16 unit: the same on every machine, unlike a locale's. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
