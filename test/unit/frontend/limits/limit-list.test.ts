// Several limits at once: all must allow, and none counts what another one denied.
import { describe, expect, test } from 'vitest';
import type { LimitSubject } from '../../../../src/frontend/limits/limit.js';
import { LimitList } from '../../../../src/frontend/limits/limit-list.js';
import type { RateLimitConfig } from '../../../../src/spec/config.js';
import { createContext, limits, type TestContext } from './context.js';

function subject(source: string, headers: Readonly<Record<string, string>> = {}): LimitSubject {
  return { source, attribute: (kind, name) => headers[`${kind} ${name}`] };
}

function list(configs: readonly RateLimitConfig[], context: TestContext): LimitList {
  return new LimitList(configs, { name: 'front' }, context);
}

/** Name of the limit that denies, `.` when none does. */
async function ask(limits: LimitList, who: LimitSubject): Promise<string> {
  return (await limits.judge(who))?.limit.name ?? '.';
}

async function askAll(limits: LimitList, whom: readonly LimitSubject[]): Promise<string> {
  const answers: string[] = [];
  for (const who of whom) answers.push(await ask(limits, who));
  return answers.join(' ');
}

describe('LimitList', () => {
  test('allows what every limit allows', async () => {
    const context = createContext();
    const both = list(limits({ requests: 3 }, { requests: 4, key: 'frontend' }), context);
    const [a, b] = [subject('10.0.0.1'), subject('10.0.0.2')];
    expect(await askAll(both, [a, a, b, a])).toBe('. . . .');
    expect(await askAll(both, [b])).toBe('front-2');
    expect(context.counters.limited).toBe(1);
  });

  test('tells the limit that keeps the client out longest', async () => {
    const context = createContext();
    const both = list(
      limits({ requests: 1, window: '1s' }, { requests: 1, window: '1m' }),
      context,
    );
    const denial = [both.judge(subject('a')), both.judge(subject('a'))][1];
    expect(denial).toMatchObject({ limit: { name: 'front-2' } });
    expect((await denial)?.retryAfterMs).toBeGreaterThan(60_000);
  });

  test('gives back what limits counted that do not count denied requests', async () => {
    const context = createContext();
    const configs = limits(
      { requests: 3, countDenied: false },
      { requests: 2, algorithm: 'gcra', key: 'frontend' },
      { requests: 1, key: { header: 'x-tenant' }, countDenied: false },
    );
    const all = list(configs, context);
    const tenant = subject('a', { 'header x-tenant': 'acme' });
    expect(await askAll(all, [tenant, tenant, tenant, tenant])).toBe('. front-3 front-3 front-3');
    // One place is left in the first two: the denied requests took none.
    expect(await askAll(all, [subject('a'), subject('a')])).toBe('. front-2');
  });

  test('counts denied requests in every limit that counts them', async () => {
    const context = createContext();
    const configs = limits(
      { requests: 1, key: { cookie: 'id' } },
      { requests: 3, key: 'frontend' },
    );
    const both = list(configs, context);
    const client = subject('a', { 'cookie id': '7' });
    expect(await askAll(both, [client, client, client])).toBe('. front front');
    expect(await askAll(both, [subject('b')])).toBe('front-2');
  });

  test('limits nobody who has not the header or cookie', async () => {
    const context = createContext();
    const configs = limits(
      { requests: 1, key: { header: 'X-Api-Key' } },
      { requests: 1, key: { cookie: 'Id' } },
    );
    const both = list(configs, context);
    expect(await askAll(both, [subject('a'), subject('a'), subject('a')])).toBe('. . .');
    const [key, other] = ['1', '2'].map((value) => subject('a', { 'header x-api-key': value }));
    expect(await askAll(both, [key!, key!, other!, key!])).toBe('. front . front');
    const cookie = subject('a', { 'cookie Id': '1' });
    expect(await askAll(both, [cookie, cookie])).toBe('. front-2');
  });

  test('tells long values apart beyond what a table keeps of them', async () => {
    const long = 'k'.repeat(5000);
    const context = createContext();
    const one = list(limits({ requests: 1, key: { header: 'x-key' } }), context);
    const [a, b] = [`${long}a`, `${long}b`].map((value) => subject('', { 'header x-key': value }));
    expect(await askAll(one, [a!, b!, a!, b!])).toBe('. . front front');
  });

  test('takes clients of one IPv6 network for one', async () => {
    const one = list(limits({ requests: 1, ipv6Prefix: 56 }), createContext());
    const whom = ['2001:db8:0:1::1', '2001:db8:0:ff::1', '2001:db8:0:100::1'].map((source) =>
      subject(source),
    );
    expect(await askAll(one, whom)).toBe('. front .');
  });

  test('holds a request until all limits let it go on', async () => {
    const context = createContext();
    const delay = { algorithm: 'gcra', action: 'delay', burst: 1 } as const;
    const configs = limits({ requests: 10, ...delay }, { requests: 4, ...delay, key: 'frontend' });
    const both = list(configs, context);
    expect(both.judge(subject('a'))).toBeUndefined();
    let isOver = false;
    const waiting = Promise.resolve(both.judge(subject('a'))).then((denial) => {
      isOver = true;
      return denial;
    });
    await context.clock.advanceAsync(249);
    expect(isOver).toBe(false);
    await context.clock.advanceAsync(1);
    expect(await waiting).toBeUndefined();
    expect(context.counters).toMatchObject({ delayed: 1, limited: 0 });
  });

  test('denies who would wait too long, or find no room to wait', async () => {
    const context = createContext();
    const delay = { algorithm: 'gcra', action: 'delay', burst: 1 } as const;
    const patient = list(limits({ requests: 1, ...delay, maxDelay: '2s', maxQueued: 1 }), context);
    const asked = [1, 2, 3, 4].map(() => patient.judge(subject('a')));
    expect(asked[0]).toBeUndefined();
    expect(asked[1]).toBeInstanceOf(Promise);
    // There is no room for the third, whose turn is given back; the same for the fourth.
    expect(asked[2]).toMatchObject({ retryAfterMs: 2000 });
    expect(asked[3]).toMatchObject({ retryAfterMs: 2000 });
    const strict = list(limits({ requests: 1, ...delay, maxDelay: '500ms' }), context);
    expect(strict.judge(subject('a'))).toBeUndefined();
    expect(strict.judge(subject('a'))).toMatchObject({ retryAfterMs: 1000 });
  });

  test('asks a store late, the limits behind it later, and denies all the same', async () => {
    let left = 2;
    const shared = {
      take: () =>
        Promise.resolve({ allowed: left-- > 0, delayMs: 0, remaining: 0, retryAfterMs: 7 }),
    };
    const context = createContext({ shared });
    const configs = limits(
      { requests: 3, key: 'frontend', countDenied: false },
      { requests: 9, store: 'shared', countDenied: false },
      { requests: 2, key: 'frontend', countDenied: false },
    );
    const all = list(configs, context);
    const a = subject('a');
    expect(await askAll(all, [a, a, a, a])).toBe('. . front-2 front-2');
    left = 9;
    expect(await askAll(all, [a])).toBe('front-3');
  });
});

describe('limit:denied', () => {
  test('is told once per client and window', async () => {
    const context = createContext();
    const one = list(limits({ requests: 1 }), context);
    const whom = ['a', 'a', 'a', 'b', 'b', 'b'].map((source) => subject(source));
    await askAll(one, whom);
    expect(context.told).toEqual([
      {
        frontend: 'front',
        limit: 'front',
        key: 'a',
        retryAfterMs: 1501,
        at: context.clock.wallTime(),
        reason: 'more than 1 in 1s',
      },
      expect.objectContaining({ key: 'b' }),
    ]);
    context.clock.advance(999);
    await ask(one, subject('a'));
    expect(context.told).toHaveLength(2);
    context.clock.advance(1);
    await ask(one, subject('a'));
    expect(context.told).toHaveLength(3);
  });

  test('does not give secrets away', async () => {
    const context = createContext();
    const configs = limits(
      { requests: 1, key: { header: 'authorization' } },
      { requests: 1, key: { cookie: 'session' } },
      { requests: 1, key: 'frontend' },
    );
    for (const config of configs) {
      const who = subject('', { 'header authorization': 'secret', 'cookie session': 'secret' });
      await askAll(list([config], context), [who, who]);
    }
    expect(context.told.map((event) => Reflect.get(event, 'key'))).toEqual([
      'header authorization 2bb80d53',
      'cookie session 2bb80d53',
      'frontend',
    ]);
  });

  test('costs nothing while nobody listens', async () => {
    const context = createContext({}, false);
    const one = list(limits({ requests: 1 }), context);
    await askAll(one, [subject('a'), subject('a')]);
    expect(context.counters.limited).toBe(1);
    expect(context.told).toEqual([]);
  });
});
