// Smooth weighted round robin: turns in proportion to weight, spread as evenly as they can be.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { CyclicPicker } from './cyclic.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/**
 * Weights 5, 1, 1 are served `a a b a c a a`. O(n) per pick; O(1) when all weights are equal.
 * Source: nginx `ngx_http_upstream_round_robin.c`: every eligible member's score grows by its weight,
 * the highest serves and pays the sum of the weights.
 */
export class RoundRobin implements Strategy {
  readonly name = 'round-robin';

  build(members: readonly Member[], previous?: Picker): Picker {
    const scores = carryScores(members, previous);
    if (!haveEqualWeights(members)) return new SmoothPicker(members, scores);
    let next = 0;
    for (let i = 1; i < scores.length; i++) if ((scores[i] ?? 0) > (scores[next] ?? 0)) next = i;
    return new CyclicPicker(members, next);
  }
}

class SmoothPicker implements Picker {
  readonly members: readonly Member[];
  readonly #scores: Float64Array;
  /** Weights at the time of the build, to see at the next one which were changed. */
  readonly weights: readonly number[];

  constructor(members: readonly Member[], scores: Float64Array) {
    this.members = members;
    this.#scores = scores;
    this.weights = members.map((member) => member.state.weight);
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    const scores = this.#scores;
    let total = 0;
    let best = -1;
    let bestScore = 0;
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[i];
      // An ineligible member keeps its score, so that its absence resets nobody's place.
      if (member === undefined || !isEligible(member)) continue;
      const weight = member.effectiveWeight(context.nowMs);
      const score = (scores[i] ?? 0) + weight;
      scores[i] = score;
      total += weight;
      if (best < 0 || score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
    if (best < 0) return undefined;
    scores[best] = bestScore - total;
    return this.members[best];
  }

  scoreOf(index: number): number {
    // A score earned under another weight means nothing: a member cut from 100 to 1 would wait 100 rounds.
    const isSameWeight = this.members[index]?.state.weight === this.weights[index];
    return isSameWeight ? (this.#scores[index] ?? 0) : 0;
  }
}

/** Scores by member name from the picker before; 0 for newcomers. */
function carryScores(members: readonly Member[], previous?: Picker): Float64Array {
  const scores = new Float64Array(members.length);
  if (!(previous instanceof SmoothPicker || previous instanceof CyclicPicker)) return scores;
  const places = new Map(previous.members.map((member, index) => [member.name, index]));
  for (const [i, member] of members.entries()) {
    const place = places.get(member.name);
    if (place !== undefined) scores[i] = previous.scoreOf(place);
  }
  return scores;
}

/** Whether all weights above 0 are the same; a member of weight 0 is never eligible. */
function haveEqualWeights(members: readonly Member[]): boolean {
  let weight = 0;
  for (const { state } of members) {
    if (state.weight === 0 || state.weight === weight) continue;
    if (weight !== 0) return false;
    weight = state.weight;
  }
  return true;
}
