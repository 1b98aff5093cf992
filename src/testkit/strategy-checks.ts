// The checks every balancing algorithm has to pass, one function each; a fault is told in a sentence.
import type { Random } from '../core/random.js';
import type { Member } from '../model/member.js';
import type { Strategy } from '../strategy/strategy.js';
import { assign, createMembers, everyone, runLoad, SyntheticClient } from './synthetic-traffic.js';

/** What a check is given. */
export interface CheckInput {
  readonly create: () => Strategy;
  readonly random: Random;
  /** Largest allowed difference of a share from what it should be, as a part of it. */
  readonly tolerance: number;
}

/** What a check found: a sentence, and whether it is a fault. */
export interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

const LOAD_PICKS = 100_000;
const CLIENTS = 2_000;

/** Shares of traffic follow weights 4, 2, 1, 1. */
export function checkWeights({ create, tolerance }: CheckInput): Finding {
  const members = createMembers([4, 2, 1, 1]);
  return judgeShares(members, runLoad(create(), members, { picks: LOAD_PICKS }), tolerance);
}

/** Ten equal members get equal shares. */
export function checkUniformity({ create, tolerance }: CheckInput): Finding {
  const members = createMembers([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  return judgeShares(members, runLoad(create(), members, { picks: LOAD_PICKS }), tolerance);
}

/** While eligibility changes at random, only eligible members are picked, and one always is when there is one. */
export function checkEligibility({ create, random }: CheckInput): Finding {
  const members = createMembers([3, 1, 2, 1, 1]);
  const picker = create().build(members);
  const client = new SyntheticClient();
  const eligible = new Set<Member>();
  for (let i = 0; i < 10_000; i++) {
    eligible.clear();
    for (const member of members) if (random.next() < 0.4) eligible.add(member);
    const member = picker.pick(client.become(i), (candidate) => eligible.has(candidate));
    if (member !== undefined && !eligible.has(member))
      return fault(`pick ${i} chose ${member.name}, which was not eligible`);
    if (member === undefined && eligible.size > 0)
      return fault(`pick ${i} found nobody although ${eligible.size} of 5 members were eligible`);
  }
  return fine('10,000 picks under changing eligibility chose eligible members only');
}

/** Without an eligible member, or any member at all, the answer is undefined. */
export function checkNobody({ create }: CheckInput): Finding {
  const client = new SyntheticClient();
  const picker = create().build(createMembers([1, 2]));
  if (picker.pick(client.become(1), () => false) !== undefined)
    return fault('a member was picked although none was eligible');
  if (create().build([]).pick(client.become(1), everyone) !== undefined)
    return fault('a member was picked from no members');
  return fine('undefined when no member is eligible and when there is none');
}

/** When a member goes down only its clients move, and all are back when it is. */
export function checkFlap({ create }: CheckInput): Finding {
  const members = createMembers([1, 2, 1, 3, 1]);
  const picker = create().build(members);
  const before = assign(picker, CLIENTS);
  for (const failed of members) {
    const during = assign(picker, CLIENTS, (member) => member !== failed);
    const innocent = during.filter((member, i) => before[i] !== failed && before[i] !== member);
    if (innocent.length > 0)
      return fault(`${innocent.length} of ${CLIENTS} clients of other members moved`);
    const away = assign(picker, CLIENTS).filter((member, i) => before[i] !== member);
    if (away.length > 0) return fault(`${away.length} clients did not return after recovery`);
  }
  return fine(
    `each of 5 members failed in turn: no innocent client of ${CLIENTS} moved, all returned`,
  );
}

/** When a member is removed only its clients move. */
export function checkRemoval({ create }: CheckInput): Finding {
  const strategy = create();
  const members = createMembers([1, 2, 1, 3, 1]);
  const picker = strategy.build(members);
  const before = assign(picker, CLIENTS);
  for (const removed of members) {
    const rest = members.filter((member) => member !== removed);
    const after = assign(strategy.build(rest, picker), CLIENTS);
    const innocent = after.filter((member, i) => before[i] !== removed && before[i] !== member);
    if (innocent.length > 0)
      return fault(`${innocent.length} clients of other members moved when ${removed.name} left`);
  }
  return fine(`each of 5 members was removed in turn: only its own clients of ${CLIENTS} moved`);
}

/** Building anew from the same members changes neither who a client belongs to nor the shares. */
export function checkPlace({ create, tolerance }: CheckInput): Finding {
  const strategy = create();
  const members = createMembers([3, 2, 1]);
  if (strategy.isSticky === true) {
    const picker = strategy.build(members);
    const before = assign(picker, CLIENTS);
    const after = assign(strategy.build(members, picker), CLIENTS);
    const moved = after.filter((member, i) => member !== before[i]).length;
    return moved === 0
      ? fine('building anew moved no client')
      : fault(`building anew moved ${moved} of ${CLIENTS} clients`);
  }
  // A strategy that forgets its place begins every time with the same member.
  const counts = runLoad(strategy, members, { picks: 20_000, rebuildEvery: 2 });
  return judgeShares(members, counts, tolerance * 1.6);
}

function judgeShares(
  members: readonly Member[],
  counts: readonly number[],
  tolerance: number,
): Finding {
  const picks = counts.reduce((sum, count) => sum + count, 0);
  const weights = members.reduce((sum, { state }) => sum + state.weight, 0);
  let worst = 0;
  for (const [i, { name, state }] of members.entries()) {
    const expected = (picks * state.weight) / weights;
    const error = Math.abs((counts[i] ?? 0) - expected) / expected;
    worst = Math.max(worst, error);
    if (error > tolerance || picks === 0)
      return fault(
        `${name} of weight ${state.weight} got ${counts[i]} of ${picks} picks, ${Math.round(expected)} expected`,
      );
  }
  return fine(`every share within ${(worst * 100).toFixed(1)} % of its weight`);
}

function fine(detail: string): Finding {
  return { ok: true, detail };
}

function fault(detail: string): Finding {
  return { ok: false, detail };
}
