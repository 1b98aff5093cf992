import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Member } from '../../../src/model/member.js';
import type { Lease, PendingLease } from '../../../src/pool/lease.js';
import { from, type Stage, stage } from './fixture.js';

/** What a pool must always satisfy, tracked from outside. */
class World {
  readonly stage: Stage;
  readonly open: Lease[] = [];
  readonly waiting: Set<PendingLease> = new Set();
  /** Everybody who ever was a member. */
  readonly seen: Set<Member> = new Set();

  constructor(strategy: 'round-robin' | 'least-connections' | 'source-hash') {
    this.stage = stage('', {
      strategy,
      queue: { max: 5, timeout: 1000 },
      outlier: { consecutiveFailures: 2, ejectFor: 500, maxEjectedPercent: 50 },
      members: ['a', 'b'].map((name, i) => ({
        name,
        address: `10.0.0.${i + 1}:80`,
        maxConnections: i + 1,
      })),
    });
  }

  acquire(source: string): void {
    const answer = this.stage.pool.acquire(from(source, { nowMs: this.stage.clock.now() }));
    if (answer.kind === 'lease') this.open.push(answer);
    if (answer.kind !== 'pending') return;
    this.waiting.add(answer);
    void this.#wait(answer);
  }

  async #wait(place: PendingLease): Promise<void> {
    const answer = await place;
    this.waiting.delete(place);
    if (answer.kind === 'lease') this.open.push(answer);
  }

  release(index: number, isGood: boolean): void {
    const lease = this.open.splice(index % Math.max(1, this.open.length), 1)[0];
    lease?.release(isGood ? 'ok' : 'reset');
    lease?.release('reset');
  }

  cancel(): void {
    for (const place of this.waiting) {
      place.cancel();
      return;
    }
  }

  check(): void {
    const { pool } = this.stage;
    for (const member of pool.members) this.seen.add(member);
    const counts = new Map<Member, number>();
    for (const lease of this.open) counts.set(lease.member, (counts.get(lease.member) ?? 0) + 1);
    for (const member of this.seen) {
      expect(member.state.active, `leases of ${member.name}`).toBe(counts.get(member) ?? 0);
      expect(member.state.active, `limit of ${member.name}`).toBeLessThanOrEqual(
        member.maxConnections,
      );
    }
    expect(pool.status().queued).toBe(this.waiting.size);
    expect(pool.status().queued).toBeLessThanOrEqual(5);
    const hasRoom = pool.status().members.some((member) => member.eligible);
    // Nobody waits while somebody could serve; with a hash a client may wait for its own member.
    if (pool.config.strategy.type !== 'source-hash' && hasRoom) expect(this.waiting.size).toBe(0);
  }
}

type Step = (world: World) => void;

/** An edit of a member that may be gone. */
function edit(name: string, change: (world: World) => unknown): Step {
  return (world) => {
    if (world.stage.pool.member(name) !== undefined) void change(world);
  };
}

const memberName = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.nat(8).map(
      (n): Step =>
        (world) =>
          world.acquire(`192.0.2.${n}`),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(fc.nat(20), fc.boolean()).map(
      ([index, isGood]): Step =>
        (world) =>
          world.release(index, isGood),
    ),
  },
  fc.constant<Step>((world) => world.cancel()),
  fc.nat(1200).map(
    (ms): Step =>
      (world) =>
        world.stage.clock.advance(ms),
  ),
  memberName.map(
    (name): Step =>
      (world) => {
        if (world.stage.pool.member(name) === undefined)
          world.stage.pool.add({
            name,
            address: `10.0.1.${name.charCodeAt(0)}:80`,
            maxConnections: 2,
          });
      },
  ),
  memberName.map((name) => edit(name, ({ stage: { pool } }) => pool.remove(name))),
  memberName.map((name) =>
    edit(name, ({ stage: { pool } }) => pool.drain(name, { deadlineMs: 100 })),
  ),
  fc
    .tuple(memberName, fc.nat(3))
    .map(([name, weight]) => edit(name, ({ stage: { pool } }) => pool.setWeight(name, weight))),
  fc
    .tuple(memberName, fc.constantFrom('ready', 'drain', 'maintenance'))
    .map(([name, state]) => edit(name, ({ stage: { pool } }) => pool.setState(name, state))),
  fc
    .tuple(memberName, fc.constantFrom('up', 'down'))
    .map(([name, health]) => edit(name, ({ stage: { checker } }) => checker.tell(name, health))),
  fc.integer({ min: 0, max: 100 }).map(
    (panicThreshold): Step =>
      ({ stage: { pool } }) =>
        pool.update({ ...pool.config, panicThreshold }),
  ),
);

describe('Pool under any sequence of uses and edits', () => {
  test.each(['round-robin', 'least-connections', 'source-hash'] as const)(
    'with %s, active counts are the open leases, and limits hold',
    async (strategy) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async (steps) => {
          const world = new World(strategy);
          for (const take of steps) {
            take(world);
            await settle();
            world.check();
          }
          for (const lease of world.open.splice(0)) lease.release('ok');
          await world.stage.pool.close();
          await settle();
          // What the queue granted between the releases and the close.
          for (const lease of world.open.splice(0)) lease.release('ok');
          world.check();
          expect(world.stage.clock.pending).toBe(0);
        }),
        { numRuns: 150 },
      );
    },
  );
});

/** Lets promises settle that hang on other promises. */
async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await Promise.resolve();
}
