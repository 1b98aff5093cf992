// Rate limits over a real redis-server: the scripts say what the algorithms say, and several balancers count as one.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Gcra } from '../../src/rate-limit/gcra.js';
import { RateLimiter } from '../../src/rate-limit/rate-limiter.js';
import { type RateLimitRule, ReusedVerdict } from '../../src/rate-limit/rule.js';
import { SlidingWindow } from '../../src/rate-limit/sliding-window.js';
import { RedisRateLimitStore } from '../../src/redis/index.js';
import { GIVE_BACK_SCRIPT, TAKE_SCRIPT } from '../../src/redis/rate-limit-script.js';
import type { RateLimitSpec } from '../../src/spec/rate-limit.js';
import { ask, get, ok, startHttpMember } from '../support/http-peers.js';
import { describeWith } from '../support/program.js';
import { startRedis } from '../support/servers/redis.js';
import type { RunningServer } from '../support/servers/server-process.js';
import { Stage } from '../support/tcp-peers.js';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('../support/take-from-redis.mjs', import.meta.url));
const stage = new Stage();
afterEach(() => stage.close());

describeWith(['redis-server'], 'rate limits over redis', () => {
  let server: RunningServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.port);
  });
  beforeEach(async () => {
    await admin.flushall();
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  /** What the script says at a moment of the test's choosing, as text. */
  async function asked(rule: RateLimitRule, key: string, nowMs: number): Promise<string> {
    const { algorithm, requests, windowMs, burst, countDenied, maxDelayMs } = rule;
    const words = [key, algorithm, requests, windowMs, burst, countDenied ? 1 : 0, maxDelayMs];
    // In one step: by the server's clock the key may have expired the moment after.
    const [took] =
      (await admin
        .multi()
        .eval(TAKE_SCRIPT, 1, ...words, nowMs)
        .persist(key)
        .exec()) ?? [];
    return String(took?.[1]);
  }

  const rules = fc.record({
    algorithm: fc.constantFrom('sliding' as const, 'gcra' as const),
    requests: fc.integer({ min: 1, max: 12 }),
    windowMs: fc.integer({ min: 1, max: 60_000 }),
    burst: fc.integer({ min: 1, max: 12 }),
    counts: fc.boolean(),
    maxDelayMs: fc.constantFrom(0, 0, 50, 5000),
  });

  test('the scripts answer as the algorithms in memory do, to the ms', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        rules,
        fc.array(fc.double({ min: 0, max: 2.5, noNaN: true }), { minLength: 5, maxLength: 40 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        async ({ counts, ...numbers }, gaps, returns) => {
          const isCounted = counts && numbers.algorithm === 'sliding' && numbers.maxDelayMs === 0;
          const rule: RateLimitRule = { ...numbers, countDenied: isCounted };
          const algorithm = rule.algorithm === 'gcra' ? new Gcra(rule) : new SlidingWindow(rule);
          const state = algorithm.createState() as never;
          const verdict = new ReusedVerdict();
          const key = `compare-${count++}`;
          let now = 27_000_000_000;
          for (const [index, gap] of gaps.entries()) {
            // Most come close together, some after a period or two.
            now += Math.floor(
              gap < 1.5 ? (gap * rule.windowMs) / rule.requests : gap * rule.windowMs,
            );
            algorithm.take(state, now, verdict);
            const expected = verdict.allowed
              ? `1,${verdict.delayMs},${verdict.remaining},0`
              : `0,0,0,${verdict.retryAfterMs}`;
            expect(await asked(rule, key, now)).toBe(expected);
            if (!verdict.allowed || returns[index] !== true || rule.maxDelayMs > 0) continue;
            algorithm.giveBack(state);
            await admin.eval(GIVE_BACK_SCRIPT, 1, key, rule.algorithm, rule.windowMs);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  describe('RedisRateLimitStore', () => {
    function limiter(
      store: RedisRateLimitStore,
      spec: Partial<RateLimitSpec>,
      name = 'front',
    ): RateLimiter {
      return new RateLimiter(
        { requests: 100, window: '1h', store: 'shared', onStoreError: 'deny', ...spec },
        { name, store },
      );
    }

    test.each<Partial<RateLimitSpec>>([{}, { countDenied: false }, { algorithm: 'gcra' }])(
      'two balancers let through together what one would: %o',
      async (spec) => {
        await using first = new RedisRateLimitStore({ port: server.port });
        await using second = new RedisRateLimitStore(`redis://127.0.0.1:${server.port}`);
        const limiters = [limiter(first, spec), limiter(second, spec)];
        const verdicts = await Promise.all(
          Array.from({ length: 300 }, async (_, i) => limiters[i % 2]!.take('a')),
        );
        expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(100);
        expect((await limiters[0]!.take('b')).remaining).toBe(99);
      },
    );

    test('two processes let through together what one would', async () => {
      const spec = JSON.stringify({ requests: 250, window: '1h' });
      const children = [1, 2].map(() =>
        run(process.execPath, [CHILD, String(server.port), '200', spec]),
      );
      const passed = (await Promise.all(children)).map(({ stdout }) => Number(stdout));
      expect(passed.reduce((sum, count) => sum + count, 0)).toBe(250);
    });

    test('keeps limits apart by name, prefix and definition, and gives back', async () => {
      await using store = new RedisRateLimitStore(admin);
      await using other = new RedisRateLimitStore(admin, { keyPrefix: 'other:' });
      const one = limiter(store, { requests: 1 });
      expect((await one.take('a')).allowed).toBe(true);
      expect((await one.take('a')).allowed).toBe(false);
      expect((await limiter(store, { requests: 1 }, 'api').take('a')).allowed).toBe(true);
      expect((await limiter(other, { requests: 1 }).take('a')).allowed).toBe(true);
      const returned = limiter(store, { requests: 1, algorithm: 'gcra' }, 'gcra');
      await returned.take('a');
      returned.giveBack('a');
      expect((await returned.take('a')).allowed).toBe(true);
      expect(await admin.ping()).toBe('PONG');
    });

    test('leaves nothing behind once there is nothing more to say', async () => {
      await using store = new RedisRateLimitStore({ port: server.port });
      await limiter(store, { window: '10s' }).take('a');
      await limiter(store, { window: '10s', algorithm: 'gcra', requests: 10 }, 'gcra').take('a');
      const lives = await Promise.all((await admin.keys('*')).map((key) => admin.pttl(key)));
      expect(lives.toSorted((a, b) => a - b)).toEqual([
        expect.closeTo(1000, -3),
        expect.closeTo(20_000, -3),
      ]);
    });

    test('is asked once per decision, also by a server that has forgotten the script', async () => {
      await using store = new RedisRateLimitStore({ port: server.port });
      const one = limiter(store, {});
      await one.take('a');
      await admin.script('FLUSH');
      expect((await one.take('a')).allowed).toBe(true);
      const commandsRun = async (): Promise<number> =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1]);
      const before = await commandsRun();
      for (let i = 0; i < 10; i++) await one.take('a');
      expect((await commandsRun()) - before).toBe(10);
    });

    test('that hangs or is gone costs no request: the limit goes by onStoreError', async () => {
      const member = stage.add(await startHttpMember(() => ok()));
      const gone = await startRedis();
      await using store = new RedisRateLimitStore({ port: gone.port });
      const rateLimit = [{ requests: 2, window: '1h', store: 'shared' }] as const;
      const { port, frontend } = await stage.open(
        [member],
        { protocol: 'http', rateLimit },
        {},
        { extensions: { shared: store } },
      );
      const told: string[] = [];
      frontend.events.on('limit:store-failed', ({ reason }) => told.push(reason));
      frontend.events.on('limit:store-restored', () => told.push('restored'));
      const statusOf = async (): Promise<number> => (await ask(port, get('/'))).status;
      await expect.poll(() => store.take(WARM_UP).then(() => true)).toBe(true);
      expect([await statusOf(), await statusOf(), await statusOf()]).toEqual([200, 200, 429]);
      const slow = new Redis(gone.port);
      void slow.call('CLIENT', 'PAUSE', '1000', 'ALL').catch(() => undefined);
      await expect.poll(statusOf).toBe(200);
      expect(told).toEqual(['no answer within 250ms']);
      // It answers again: the limit holds as before.
      await expect.poll(statusOf, { timeout: 10_000 }).toBe(429);
      expect(told).toEqual(['no answer within 250ms', 'restored']);
      slow.disconnect();
      await gone.stop('SIGKILL');
      await expect.poll(statusOf).toBe(200);
      expect(await statusOf()).toBe(200);
      expect(told).toHaveLength(3);
    });
  });
});

const WARM_UP = {
  scope: 'warm-up',
  key: '',
  rule: {
    algorithm: 'gcra',
    requests: 1,
    windowMs: 1,
    burst: 1,
    countDenied: false,
    maxDelayMs: 0,
  },
} as const;
