// How evenly members are used: what each got, and what its weight would have given it while it took clients.
import type { Member } from '../../model/member.js';
import { PooledMember } from '../../pool/pooled-member.js';
import type { SimPool } from './sim-pool.js';

/** @internal One pool of one node between two flips. */
interface Epoch {
  picks: number;
  /** Share of each member of the pool; its model's index. */
  shares: readonly { readonly index: number; readonly share: number }[];
}

/** @internal Counts picks per modelled member, and what was to be expected. Slow start counts as full weight. */
export class Balance {
  readonly expected: Float64Array;
  readonly #epochs: Map<SimPool, Epoch> = new Map();

  constructor(members: number) {
    this.expected = new Float64Array(members);
  }

  onPick(pool: SimPool): void {
    const epoch = this.#epochs.get(pool);
    if (epoch === undefined) this.#epochs.set(pool, { picks: 1, shares: sharesOf(pool) });
    else epoch.picks++;
  }

  /** Who takes clients may be others from now on. */
  onFlip(): void {
    for (const { picks, shares } of this.#epochs.values())
      for (const { index, share } of shares) this.expected[index]! += picks * share;
    this.#epochs.clear();
  }
}

function sharesOf(pool: SimPool): Epoch['shares'] {
  const serving = pool.pool.members.filter(isServing);
  const sum = serving.reduce((total, { state }) => total + state.weight, 0);
  return serving.map((member) => ({
    index: pool.modelOf(member).index,
    share: sum === 0 ? 0 : member.state.weight / sum,
  }));
}

/** Whether it takes new clients now. */
export function isServing(member: Member): boolean {
  return member instanceof PooledMember && member.isServing;
}
