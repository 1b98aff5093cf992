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
    serving: chooser.serving.mode !== 'none',
    servingForMs: nowMs - lender.counters.servingAt,
    totals: lender.counters.snapshot(members, nowMs),
    members: Object.freeze(members.map((member) => describeMember(member, nowMs))),
  });
}

function describeMember(member: PooledMember, nowMs: number): MemberStatus {
  const { state } = member;
  const healthForMs = nowMs - state.healthAt;
  return Object.freeze({
    name: member.name,
    address: renderHostPort(member),
    health: state.health,
    state: state.admin,
    weight: state.weight,
    backup: member.backup,
    eligible: member.isServing && !member.isFull,
    ejected: state.ejectedUntil > nowMs,
    drainAsked: state.isDrainingByCheck,
    active: state.active,
    idle: state.idle,
    queued: member.waiting,
    maxConnections: Number.isFinite(member.maxConnections) ? member.maxConnections : undefined,
    slowStart: slowStartOf(member, nowMs),
    lastCheck: state.lastCheck,
    reason: state.reason,
    healthForMs,
    totals: state.totals.snapshot(state.health === 'down' ? healthForMs : 0),
  });
}

function slowStartOf(member: PooledMember, nowMs: number): number | undefined {
  const { slowStartAt, slowStartMs } = member.state;
  if (slowStartAt < 0 || nowMs - slowStartAt >= slowStartMs) return undefined;
  return Math.max(0.1, (nowMs - slowStartAt) / slowStartMs);
}
