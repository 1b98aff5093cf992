// Asks the policy about the requests of one connection, and keeps the verdict until the request is carried out.
import type { Pool } from '../../pool/pool.js';
import type { Policy, Verdict } from './policy/policy.js';
import type { RequestState } from './request-state.js';

/** One per client connection: nothing is asked twice about a request that had to wait for its verdict. */
export class RequestJudge {
  #verdict: Verdict = undefined;
  /** The policy has spoken about the request that is read next. */
  hasSpoken = false;

  /**
   * Asks about a request that goes to `pool` if no pass says otherwise.
   * @param onLate - called when the verdict takes its time
   * @returns whether the verdict is there
   */
  ask(policy: Policy, request: RequestState, pool: Pool | undefined, onLate: () => void): boolean {
    const decision = request.decide();
    decision.begin(pool);
    if (request.trace !== undefined) request.trace.phase = 'policy';
    const verdict = policy.judge(request, decision);
    if (!(verdict instanceof Promise)) {
      this.#verdict = verdict;
      return true;
    }
    void verdict.then((late) => {
      this.#verdict = late;
      this.hasSpoken = true;
      onLate();
    });
    return false;
  }

  /** The verdict, for the request that is carried out now. */
  take(): Verdict {
    const verdict = this.#verdict;
    this.#verdict = undefined;
    this.hasSpoken = false;
    return verdict;
  }
}
