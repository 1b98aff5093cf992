// What one node tells the others of a member's health.
import type { MemberState } from '../model/member.js';

/** @internal Times are what is left of them: clocks of two nodes have nothing in common. */
export interface HealthCopy {
  /** Why it is down; undefined = it is not. */
  readonly down: string | undefined;
  /** How long it is still ejected, ms; 0 = it is not. */
  readonly ejectedMs: number;
}

/** @internal */
export function copyHealth(state: MemberState, nowMs: number): HealthCopy {
  return {
    down: state.health === 'down' ? state.reason : undefined,
    ejectedMs: Math.max(0, Math.ceil(state.ejectedUntil - nowMs)),
  };
}
