// The tries of one request: what is counted, paid and told.
import { describe, expect, test } from 'vitest';
import { Emitter } from '../../../../src/core/emitter.js';
import { seededRandom } from '../../../../src/core/random.js';
import type { FrontendContext } from '../../../../src/frontend/handler.js';
import type { RequestState } from '../../../../src/frontend/http/request-state.js';
import { Tries } from '../../../../src/frontend/http/tries.js';
import type { BalancerEvents } from '../../../../src/model/events.js';
import { Member } from '../../../../src/model/member.js';
import { RetryPolicy } from '../../../../src/pool/retry-policy.js';
import { expandRetries } from '../../../../src/spec/retries.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

const members = [1, 2, 3].map(
  (n) => new Member({ name: `web-${n}`, host: '192.0.2.1', port: n, weight: 1 }),
);

function create(retries: Parameters<typeof expandRetries>[0] = {}): {
  readonly tries: Tries;
  readonly tried: Member[];
  readonly told: unknown[];
} {
  const clock = new VirtualClock();
  const events = new Emitter<BalancerEvents>();
  const told: unknown[] = [];
  events.on('request:retried', (event) => told.push(event));
  const tried: Member[] = [];
  const context = {
    name: 'front',
    events,
    environment: { clock, random: seededRandom(1) },
    wheel: { nowMs: 0 },
  } as unknown as FrontendContext;
  const tries = new Tries(context, { tried } as unknown as RequestState);
  tries.begin(new RetryPolicy(expandRetries(retries)));
  return { tries, tried, told };
}

describe('Tries', () => {
  test('names what went wrong last, and every member that was asked', () => {
    const { tries } = create();
    tries.count++;
    tries.fail(members[0]!, 'reset', 502);
    expect(tries.describe()).toBe('reset after 1 try: web-1');
    for (const member of members.slice(1)) tries.fail(member, 'connect-failed', 503);
    expect(tries.describe()).toBe('connect-failed after 3 tries: web-1, web-2, web-3');
    expect(tries.failure).toBe(503);
  });

  test('tells of a further try with the member that failed', () => {
    const { tries, told } = create();
    const before = members[0]!.state.totals.retriedAway;
    tries.announce('web');
    expect(told).toEqual([]);
    tries.count++;
    tries.fail(members[0]!, 'status 503', 503);
    tries.announce('web');
    expect(told).toEqual([
      expect.objectContaining({
        frontend: 'front',
        pool: 'web',
        from: 'web-1',
        attempt: 1,
        reason: 'status 503',
      }),
    ]);
    expect(members[0]!.state.totals.retriedAway).toBe(before + 1);
  });

  test('minds statuses only where it is told to', () => {
    expect(create().tries.mindsStatuses).toBe(false);
    const { tries } = create({ on: ['503', 'connect-failure'] });
    tries.count++;
    expect(tries.mindsStatuses).toBe(true);
    expect([tries.allow('503'), tries.allow('502'), tries.allow('reset-before-response')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('pays nothing for a try that is not made', () => {
    const { tries } = create({ budgetPercent: 0 });
    tries.count++;
    const allowed = (): boolean => tries.allow('connect-failure');
    for (let i = 0; i < 500; i++) {
      expect(allowed()).toBe(true);
      tries.refund();
    }
    let paid = 0;
    while (allowed()) paid++;
    expect(paid).toBe(100);
  });

  test('begins anew with each request', () => {
    const { tries, tried } = create();
    tries.count = 2;
    expect([tries.mayRepeat(false), tries.mayRepeat(false)]).toEqual([true, false]);
    tries.fail(members[0]!, 'reset', 502);
    tries.undoFail();
    expect(tried).toEqual([]);
    tries.fail(members[1]!, 'reset', 502);
    tries.begin(new RetryPolicy(expandRetries()));
    expect([tries.count, tries.failure, tried.length]).toEqual([0, 503, 0]);
    expect(tries.mayRepeat(false)).toBe(true);
  });

  test('repeats what a member refused several times, but not for ever', () => {
    const { tries } = create();
    let repeats = 0;
    while (tries.mayRepeat(true)) repeats++;
    expect(repeats).toBe(16);
  });
});
