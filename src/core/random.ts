// The only place that draws random numbers: every other file takes a Random.

/** A source of uniform random numbers. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** The runtime's own generator. */
export const systemRandom: Random = { next: () => Math.random() };

/**
 * A reproducible generator: the same seed gives the same numbers on every platform.
 * Source: mulberry32 (Tommy Ettinger), 32 bits of state.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}
