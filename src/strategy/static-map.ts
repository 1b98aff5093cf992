// HAProxy's static map: the order in which weighted members take the slots of one round.

/**
 * Fills `slots` with member indexes, as many as the weights add up to, and returns how many that were.
 *
 * For each slot every weight is added to its member's score; the first member with the highest `floor((score + W) / W)`
 * takes the slot and pays W, the sum of the weights. Weights 3, 1, 2 give `0 0 2 0 1 2`.
 * Cost: members x slots. Source: HAProxy `lb_map.c`, `recalc_server_map`.
 * @param weights - already divided by their greatest common divisor; 0 = takes no slot
 */
export function fillStaticMap(weights: ArrayLike<number>, slots: Int32Array): number {
  const scores = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] ?? 0;
  for (let slot = 0; slot < total; slot++) {
    let best = -1;
    let bestRank = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] ?? 0;
      if (weight === 0) continue;
      const score = (scores[i] ?? 0) + weight;
      scores[i] = score;
      const rank = Math.floor((score + total) / total);
      if (best < 0 || rank > bestRank) {
        best = i;
        bestRank = rank;
      }
    }
    slots[slot] = best;
    scores[best] = (scores[best] ?? 0) - total;
  }
  return total;
}

/** Weights divided by their greatest common divisor; zeros stay. */
export function reduceWeights(weights: readonly number[]): Int32Array {
  let divisor = 0;
  for (const weight of weights) divisor = greatestCommonDivisor(weight, divisor);
  return Int32Array.from(weights, (weight) => (divisor === 0 ? 0 : weight / divisor));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
