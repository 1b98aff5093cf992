// Clients, members and load for judging a strategy without a pool.
import { Member } from '../model/member.js';
import type { AttributeKind, PickContext } from '../model/pick-context.js';
import { observeLatency } from '../strategy/peak-ewma.js';
import type { Eligible, Picker, Strategy } from '../strategy/strategy.js';

/** Requests in flight per weight unit while load runs: enough that load-aware strategies see their weights. */
const IN_FLIGHT_PER_WEIGHT = 20;
const LATENCY_MS = 10;

/** Nobody is down, full or tried. */
export const everyone: Eligible = () => true;

/** Members `m-0`, `m-1`, ... of these weights. */
export function createMembers(weights: readonly number[]): Member[] {
  return weights.map(
    (weight, i) => new Member({ name: `m-${i}`, host: `192.0.2.${i}`, port: 80, weight }),
  );
}

/** One reusable context that speaks for client number `client`: its own address, and its own value of any attribute asked for. */
export class SyntheticClient implements PickContext {
  source = '';
  nowMs = 0;
  readonly tried: Member[] = [];
  #key = '';

  become(client: number): this {
    this.source = `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`;
    this.#key = `/item/${client}`;
    this.nowMs++;
    return this;
  }

  attribute(_kind: AttributeKind, _name: string): string {
    return this.#key;
  }
}

/** Which member each of the first `clients` clients gets from an idle pool. */
export function assign(
  picker: Picker,
  clients: number,
  isEligible: Eligible = everyone,
): (Member | undefined)[] {
  const client = new SyntheticClient();
  return Array.from({ length: clients }, (_, i) => picker.pick(client.become(i), isEligible));
}

/** How load is put on a strategy. */
export interface LoadOptions {
  readonly picks: number;
  /** Builds the picker anew after this many picks. @defaultValue never */
  readonly rebuildEvery?: number;
}

/**
 * Puts steady load on a strategy, a different client each time, all requests equally long, and counts picks per member.
 * @returns picks by index of `members`
 */
export function runLoad(
  strategy: Strategy,
  members: readonly Member[],
  { picks, rebuildEvery = Number.POSITIVE_INFINITY }: LoadOptions,
): number[] {
  const weights = members.reduce((sum, { state }) => sum + state.weight, 0);
  const inFlight: (Member | undefined)[] = Array.from({ length: weights * IN_FLIGHT_PER_WEIGHT });
  const counts = new Map(members.map((member) => [member, 0]));
  const client = new SyntheticClient();
  let picker = strategy.build(members);
  for (let i = 0; i < picks; i++) {
    if (i % rebuildEvery === rebuildEvery - 1) picker = strategy.build(members, picker);
    const done = inFlight[i % inFlight.length];
    if (done !== undefined) {
      done.state.active--;
      observeLatency(done.state, LATENCY_MS, client.nowMs);
    }
    const member = picker.pick(client.become(i), everyone);
    inFlight[i % inFlight.length] = member;
    if (member === undefined) continue;
    member.state.active++;
    counts.set(member, (counts.get(member) ?? 0) + 1);
  }
  return [...counts.values()];
}
