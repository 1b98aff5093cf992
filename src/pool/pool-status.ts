// What a pool looks like at one moment.
import { renderHostPort } from '../core/address.js';
import type { MemberStatus, PoolStatus } from '../model/status.js';
import type { Lender } from './lender.js';
import type { PooledMember } from './pooled-member.js';

/** @internal A frozen copy of a pool's state. */
export function describePool(
  name: string,
  lender: Lender,
  members: readonly PooledMember[],
  nowMs: number,
): PoolStatus {
  const { chooser } = lender;
  return Object.freeze({
    name,
    strategy: chooser.strategy.name,
    queued: lender.waiting,
    panic: chooser.serving.mode === 'panic',
    members: Object.freeze(members.map((member) => describeMember(member, nowMs))),
  });
}

function describeMember(member: PooledMember, nowMs: number): MemberStatus {
  const { state } = member;
  return Object.freeze({
    name: member.name,
    address: renderHostPort(member),
    health: state.health,
    state: state.admin,
    weight: state.weight,
    backup: member.backup,
    eligible: member.isServing && !member.isFull,
    ejected: state.ejectedUntil > nowMs,
    active: state.active,
    lastCheck: state.lastCheck,
    reason: state.reason,
    totals: Object.freeze({ ...state.totals }),
  });
}
