import { describe, expect, test } from 'vitest';
import { readAccessLog } from '../../../../src/testkit/simulator/read-access-log.js';
import { simulate } from '../../../../src/testkit/simulator/simulate.js';
import { scenario } from './scenario.js';

describe('simulate', () => {
  test('the same seed gives the same bytes, another seed others', async () => {
    const plan = scenario({
      members: { '*': { service: { lognormal: { median: '10ms', p99: '80ms' } } } },
      faults: [{ at: '20s', do: 'kill', target: 'web-2', for: '10s' }],
    });
    const [first, second, other] = [
      await simulate(plan),
      await simulate(plan),
      await simulate(plan, { seed: 2 }),
    ];
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(second.toHtml()).toBe(first.toHtml());
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(first));
    expect(other.seed).toBe(2);
  });

  test('a quiet run answers everybody, evenly, in the time of the line and the member', async () => {
    const { report } = await simulate(scenario());
    expect(report.totals.failed).toBe(0);
    expect(report.totals.requests).toBeGreaterThan(5500);
    for (const { deviation } of report.members) expect(Math.abs(deviation)).toBeLessThan(0.2);
    // 10 ms of work, 0.2 ms each way on two lines.
    expect(report.latencyMs.p50).toBeGreaterThan(10.5);
    expect(report.latencyMs.p50).toBeLessThan(11.2);
    expect(report.violations).toEqual([]);
  });

  test('a killed member is found by its checks; retries save its requests', async () => {
    const { report } = await simulate(
      scenario({ faults: [{ at: '20s', do: 'kill', target: 'web-1', for: '20s' }] }),
    );
    expect(report.totals.failed).toBe(0);
    expect(report.totals.retried).toBeGreaterThan(10);
    const [failover] = report.failovers;
    expect(failover?.noticedMs).toBeLessThan(4500);
    const names = report.events.filter(({ member }) => member === 'web-1').map(({ name }) => name);
    expect(names).toEqual(['member:up', 'member:down', 'member:up']);
  });

  test('without retries its requests fail until it is known to be down', async () => {
    const { report } = await simulate(
      scenario(
        { faults: [{ at: '20s', do: 'kill', target: 'web-1' }] },
        { retries: { attempts: 0 } },
      ),
    );
    const { failed, outageMs, noticedMs } = report.failovers[0]!;
    expect(failed).toBeGreaterThan(20);
    expect(outageMs).toBeLessThanOrEqual(noticedMs!);
    expect(outageMs).toBeGreaterThan(noticedMs! - 200);
    expect(Object.keys(report.failures)).toEqual(expect.arrayContaining(['connect-failed']));
  });

  test('passive health takes a member out that answers errors', async () => {
    const { report } = await simulate(
      scenario(
        { faults: [{ at: '10s', do: 'errors', target: 'web-3', percent: 100, for: '20s' }] },
        { health: 'tcp:2s', outlier: { consecutiveFailures: 5, ejectFor: '10s' } },
      ),
    );
    const ejected = report.events.filter(({ name }) => name === 'member:ejected');
    expect(ejected[0]?.member).toBe('web-3');
    expect(report.failures['status 500']).toBeGreaterThanOrEqual(5);
    expect(report.failures['status 500']).toBeLessThan(60);
  });

  test('a stopped member answers what it has when it goes on; a tcp check sees nothing wrong', async () => {
    const { report } = await simulate(
      scenario(
        { faults: [{ at: '20s', do: 'pause', target: 'web-1', for: '2s' }] },
        { health: 'tcp:1s' },
      ),
    );
    expect(report.totals.failed).toBe(0);
    expect(report.events.some(({ name }) => name === 'member:down')).toBe(false);
    expect(report.latencyMs.max).toBeGreaterThan(1500);
  });

  test('a full pool keeps clients in its queue, and refuses those that wait too long', async () => {
    const { report } = await simulate(
      scenario(
        {
          arrivals: { rate: 300, clients: 50 },
          members: { '*': { service: '100ms' } },
          duration: '20s',
        },
        {
          members: ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'].map((address, i) => ({
            name: `web-${i + 1}`,
            address,
            maxConnections: 5,
          })),
          queue: { max: 40, timeout: '200ms' },
        },
      ),
    );
    expect(Math.max(...report.timeline.queued)).toBeGreaterThan(5);
    expect(Math.max(...report.timeline.queued)).toBeLessThanOrEqual(40);
    expect(report.failures['queue-timeout'] ?? 0).toBeGreaterThan(100);
    // 15 at once, 100 ms each: 150 a second.
    expect(report.totals.answered / 20).toBeGreaterThan(135);
    expect(report.totals.answered / 20).toBeLessThan(152);
    expect(report.violations).toEqual([]);
  });

  test('of several first requests of one client at once, the one whose cookie it keeps says where it belongs', async () => {
    const { report } = await simulate(
      scenario(
        { arrivals: { rate: 400, clients: 100 }, members: { '*': { service: '40ms' } } },
        { sticky: { mode: 'cookie' } },
      ),
      { seed: 3 },
    );
    expect(report.affinity).toEqual({ moves: 0, needless: 0 });
  });

  test('sticky cookies keep clients where they are, but for those whose member dies', async () => {
    const { report } = await simulate(
      scenario(
        { faults: [{ at: '20s', do: 'kill', target: 'web-1' }] },
        { sticky: { mode: 'cookie' } },
      ),
    );
    expect(report.affinity.needless).toBe(0);
    expect(report.affinity.moves).toBeGreaterThan(5);
    expect(report.totals.failed).toBe(0);
  });

  test('rate limits deny what is too much, and are never outrun', async () => {
    const { report } = await simulate(
      scenario(
        { arrivals: { rate: 100, clients: 10 } },
        {},
        {
          rateLimit: [{ requests: 5, window: '1s', key: 'source-ip' }],
        },
      ),
    );
    const perClient = (report.totals.requests - report.totals.limited) / 10 / 60;
    expect(report.totals.limited).toBeGreaterThan(1000);
    expect(perClient).toBeLessThan(6);
    expect(report.totals.availability).toBe(100);
    expect(report.violations).toEqual([]);
  });

  test('a limit that delays holds requests back and loses none', async () => {
    const { report } = await simulate(
      scenario(
        { arrivals: { rate: 60, clients: 10 }, duration: '20s' },
        {},
        {
          rateLimit: [
            { requests: 50, window: '1s', key: 'frontend', action: 'delay', maxDelay: '10s' },
          ],
        },
      ),
    );
    expect(report.totals.limited).toBe(0);
    expect(report.totals.failed).toBe(0);
    expect(report.latencyMs.p99).toBeGreaterThan(500);
  });

  test('routes send requests to their pools', async () => {
    const base = scenario();
    const spec = base.spec as { frontends: object[]; pools: object[] };
    const { report } = await simulate({
      ...base,
      spec: {
        frontends: [
          {
            ...spec.frontends[0],
            routes: [
              { match: { path: '/api' }, pool: 'api' },
              { match: { path: '/old' }, redirect: { to: '/new', status: 301 } },
            ],
          },
        ],
        pools: [
          ...spec.pools,
          { name: 'api', members: [{ name: 'api-1', address: '10.0.1.1:80' }] },
        ],
      } as never,
      arrivals: { rate: 100, paths: ['/api/x', '/', '/old'] },
    });
    const picked = Object.fromEntries(report.members.map(({ name, picked }) => [name, picked]));
    expect(picked['api-1']).toBeGreaterThan(1500);
    expect(picked['web-1']! + picked['web-2']! + picked['web-3']!).toBeGreaterThan(1500);
    expect(report.totals.requests).toBeGreaterThan(5500);
    expect(report.totals.failed).toBe(0);
  });

  test('closed clients wait for their answers: a slow member means fewer requests', async () => {
    const closed = (by: number): Promise<{ report: { totals: { requests: number } } }> =>
      simulate(
        scenario({
          arrivals: { think: '100ms', clients: 20 },
          faults: [{ at: 0, do: 'slow', target: '*', by }],
        }),
      );
    const [fast, slow] = [await closed(1), await closed(40)];
    // 20 clients: one request in about 111 ms, one in about 501 ms.
    expect(fast.report.totals.requests / 60).toBeGreaterThan(170);
    expect(slow.report.totals.requests / 60).toBeLessThan(45);
  });

  test('a member works on so many at once; what its backlog does not take is 503', async () => {
    const { report } = await simulate(
      scenario({
        arrivals: { rate: 300 },
        members: { '*': { service: '50ms', concurrency: 2, backlog: 3 } },
        duration: '20s',
      }),
    );
    expect(report.failures['status 503']).toBeGreaterThan(500);
    expect(report.totals.answered / 20).toBeLessThan(121);
  });

  test('load and rate steps change how many come', async () => {
    const { report } = await simulate(
      scenario({
        arrivals: {
          pattern: 'even',
          rate: [
            { at: 0, rate: 10 },
            { at: '30s', rate: 100 },
          ],
        },
        faults: [{ at: '45s', do: 'load', by: 3, for: '5s' }],
      }),
    );
    const { requests, bucketMs } = report.timeline;
    const between = (from: number, to: number): number =>
      requests.slice((from * 1000) / bucketMs, (to * 1000) / bucketMs).reduce((a, b) => a + b, 0);
    expect(between(0, 30)).toBeGreaterThan(297);
    expect(between(0, 30)).toBeLessThan(301);
    expect(between(30, 45)).toBeGreaterThan(1490);
    expect(between(45, 50)).toBeGreaterThan(1490);
    expect(between(50, 60)).toBeLessThan(1010);
  });

  test('a log is replayed: its clients, paths and times', async () => {
    const log = [
      '192.0.2.7 - - [10/Oct/2026:13:55:36 +0200] "GET /a HTTP/1.1" 200 12',
      '192.0.2.8 - bob [10/Oct/2026:13:55:38 +0200] "POST /b?x=1 HTTP/1.1" 200 12 "-" "curl"',
      '{"time":"2026-10-10T11:55:40.500Z","client":"2001:db8::1","method":"GET","path":"/c"}',
    ].join('\n');
    const replay = readAccessLog(log);
    expect(replay).toEqual([
      { atMs: 0, source: '192.0.2.7', path: '/a', method: 'GET' },
      { atMs: 2000, source: '192.0.2.8', path: '/b?x=1', method: 'POST' },
      { atMs: 4500, source: '2001:db8::1', path: '/c', method: 'GET' },
    ]);
    const { report } = await simulate(scenario({ arrivals: { replay } }));
    expect(report.totals).toMatchObject({ requests: 3, answered: 3 });
    expect(() => readAccessLog('what is this')).toThrow('line 1: is neither common log format');
  });

  test('what is under way at the end is waited for, and what never ends is counted', async () => {
    const { report } = await simulate(
      scenario({ duration: '10s', faults: [{ at: '9s', do: 'pause', target: '*' }] }),
    );
    expect(report.totals.unfinished).toBe(0);
    expect(report.totals.failed).toBeGreaterThan(50);
  });

  test('a signal stops it', async () => {
    const stopping = new AbortController();
    const run = simulate(scenario({ duration: '1h' }), { signal: stopping.signal });
    setImmediate(() => stopping.abort(new Error('enough')));
    await expect(run).rejects.toThrow('enough');
  });
});
