// The member with the least work in flight per weight.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/**
 * Compares `active / weight`; members that tie take turns. O(n) per pick, less when one is idle.
 * `active` counts requests for http, connections for tcp, sessions for udp.
 * Source: HAProxy 2.x `balance leastconn` (cyclic ties).
 */
export class LeastConnections implements Strategy {
  readonly name = 'least-connections';

  build(members: readonly Member[], previous?: Picker): Picker {
    const last = previous instanceof LeastConnectionsPicker ? previous.last : undefined;
    return new LeastConnectionsPicker(members, last);
  }
}

class LeastConnectionsPicker implements Picker {
  last: Member | undefined;
  readonly #members: readonly Member[];
  #next: number;

  constructor(members: readonly Member[], last: Member | undefined) {
    this.last = last;
    this.#members = members;
    this.#next = members.findIndex((member) => member.name === last?.name) + 1;
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    const { length } = this.#members;
    let best: Member | undefined;
    let bestLoad = Number.POSITIVE_INFINITY;
    let bestIndex = 0;
    let index = this.#next;
    for (let step = 0; step < length && bestLoad > 0; step++, index++) {
      if (index >= length) index = 0;
      const member = this.#members[index];
      if (member === undefined) continue;
      const load = member.state.active / member.effectiveWeight(context.nowMs);
      if (load < bestLoad && isEligible(member)) {
        best = member;
        bestLoad = load;
        bestIndex = index;
      }
    }
    if (best === undefined) return undefined;
    this.#next = bestIndex + 1;
    this.last = best;
    return best;
  }
}
