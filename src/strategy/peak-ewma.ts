// Latency-aware choice: of two members drawn, the one expected to answer sooner.
import type { Random } from '../core/random.js';
import type { Member, MemberState } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from './strategy.js';
import { WeightedDraw } from './weighted-draw.js';

/** How fast old latencies are forgotten, ms. */
const DECAY_MS = 10_000;
/** Cost of a member whose first answer is still awaited: it gets one request to begin with. */
const PENALTY_MS = 1e9;
/** Share of picks that compare nothing: no member falls under 1 / (10 n) of the traffic, however slow it once was. */
const BLIND_SHARE = 0.1;

/**
 * Records how long a member took; the pool calls it when a lease is released.
 * A rise counts at once, a fall is averaged in: `cost = latency (1 - w) + cost w` with `w = exp(-age / 10 s)`.
 * @param latencyMs - from acquire to the answer
 * @param nowMs - monotonic ms
 */
export function observeLatency(state: MemberState, latencyMs: number, nowMs: number): void {
  if (state.ewmaMs === 0 || latencyMs > state.ewmaMs) {
    // 0 means "never observed"
    state.ewmaMs = Math.max(latencyMs, 0.001);
  } else {
    const keep = Math.exp((state.ewmaAt - nowMs) / DECAY_MS);
    state.ewmaMs = Math.max(latencyMs * (1 - keep) + state.ewmaMs * keep, 0.001);
  }
  state.ewmaAt = nowMs;
}

/**
 * Load = decayed peak latency x (work in flight for its weight + 1), compared between two members drawn by weight.
 * Source: Finagle `PeakEwma.scala`; the blind share against starvation is ours (Traefik issue 12306 shows why).
 */
export class PeakEwma implements Strategy {
  readonly name = 'peak-ewma';
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  build(members: readonly Member[]): Picker {
    const total = members.reduce((sum, { state }) => sum + state.weight, 0);
    return new PeakEwmaPicker(
      new WeightedDraw(members, this.#random),
      this.#random,
      total / members.length,
    );
  }
}

class PeakEwmaPicker implements Picker {
  readonly #draw: WeightedDraw;
  readonly #random: Random;
  readonly #meanWeight: number;

  constructor(draw: WeightedDraw, random: Random, meanWeight: number) {
    this.#draw = draw;
    this.#random = random;
    this.#meanWeight = meanWeight;
  }

  pick({ nowMs }: PickContext, isEligible: Eligible): Member | undefined {
    const one = this.#draw.draw(nowMs, isEligible);
    if (one === undefined || this.#random.next() < BLIND_SHARE) return one;
    const two = this.#draw.draw(nowMs, isEligible, this.#draw.hasEqualWeights ? one : undefined);
    if (two === undefined) return one;
    return this.#load(two, nowMs) < this.#load(one, nowMs) ? two : one;
  }

  #load(member: Member, nowMs: number): number {
    const { ewmaMs, ewmaAt, active } = member.state;
    if (ewmaMs === 0) return active === 0 ? 0 : PENALTY_MS + active;
    const cost = ewmaMs * Math.exp((ewmaAt - nowMs) / DECAY_MS);
    return cost * ((active * this.#meanWeight) / member.effectiveWeight(nowMs) + 1);
  }
}
