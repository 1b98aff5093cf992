// The simulator against reality: the same faults with real sockets and in virtual time, the same events in the same order.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Balancer, type BalancerEvents, EVENT_NAMES } from '../../src/index.js';
import {
  type FaultEvent,
  type SimulationReport,
  simulate,
  startMember,
  startPair,
  type TestMember,
} from '../../src/testkit/index.js';

/** Interval of the checks: times may differ by as much, ms. */
const INTERVAL = 1000;

const FRONTEND = { name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' } as const;

function poolOf(addresses: readonly string[], pool: object): Record<string, unknown> {
  return {
    name: 'web',
    health: { type: 'http', path: '/health', interval: INTERVAL, timeout: 500, fall: 2, rise: 2 },
    retries: { attempts: 1 },
    members: addresses.map((address, i) => ({ name: `web-${i + 1}`, address })),
    ...pool,
  };
}

/** `member:down connect refused`, with the time since the fault. */
interface Heard {
  readonly what: string;
  readonly sinceMs: number;
}

interface Rehearsal {
  /** Settings of the pool besides. */
  readonly pool?: object;
  /** What is done to web-1 for real, and how it is made good. */
  readonly harm: (member: TestMember) => unknown;
  readonly heal: (member: TestMember) => unknown;
  /** The same in virtual time. */
  readonly fault: Partial<FaultEvent> & Pick<FaultEvent, 'do'>;
  /** What ends each half. */
  readonly noticed: keyof BalancerEvents;
  readonly recovered: keyof BalancerEvents;
}

/** Plays it with sockets: harm, until it is noticed; heal, until it is noticed. */
async function forReal({ pool = {}, harm, heal, noticed, recovered }: Rehearsal): Promise<Heard[]> {
  const members = await Promise.all([1, 2, 3].map((n) => startMember({ name: `web-${n}` })));
  const spec = {
    frontends: [FRONTEND],
    pools: [
      poolOf(
        members.map(({ address }) => address),
        pool,
      ),
    ],
  };
  const balancer = new Balancer(spec);
  const heard: Heard[] = [];
  let fromMs = 0;
  const up = new Set<string>();
  const allUp = new Promise<void>((resolve) => {
    balancer.on('member:up', ({ member }) => {
      up.add(member);
      if (up.size === 3) resolve();
    });
  });
  const { public: addresses } = await balancer.start();
  await allUp;
  for (const name of EVENT_NAMES)
    balancer.on(name, (payload: BalancerEvents[typeof name]) => {
      if (!('member' in payload) || payload.member !== 'web-1') return;
      heard.push({ what: `${name} ${payload.reason}`, sinceMs: performance.now() - fromMs });
    });
  const over = new AbortController();
  const url = `http://127.0.0.1:${addresses![0]!.port}/`;
  const traffic = (async () => {
    while (!over.signal.aborted) {
      await fetch(url)
        .then((response) => response.text())
        .catch(() => undefined);
      await sleep(10);
    }
  })();
  const isNoticed = balancer.events.once(noticed);
  fromMs = performance.now();
  await harm(members[0]!);
  await isNoticed;
  const isRecovered = balancer.events.once(recovered);
  fromMs = performance.now();
  await heal(members[0]!);
  await isRecovered;
  over.abort();
  await traffic;
  await balancer.close();
  await Promise.all(members.map((member) => member.close()));
  return heard;
}

const HARM_AT = 5000;
const HEAL_AFTER = 10_000;

/** Plays it in virtual time; the faults lasts for longer than it takes to notice. */
async function simulated({ pool = {}, fault }: Rehearsal): Promise<Heard[]> {
  const { report } = await simulate({
    duration: '30s',
    spec: {
      frontends: [FRONTEND],
      pools: [poolOf(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'], pool)],
    } as never,
    arrivals: { rate: 80, clients: 1 },
    members: { '*': { service: 1 } },
    faults: [{ at: HARM_AT, target: 'web-1', for: HEAL_AFTER, ...fault }],
  });
  return report.events
    .filter(({ member, atMs }) => member === 'web-1' && atMs >= HARM_AT)
    .map(({ name, reason, atMs }) => ({
      what: `${name} ${reason}`,
      sinceMs: atMs - (atMs >= HARM_AT + HEAL_AFTER ? HARM_AT + HEAL_AFTER : HARM_AT),
    }));
}

function names(heard: readonly Heard[]): readonly string[] {
  return heard.map(({ what }) => what);
}

describe('simulator and reality agree', () => {
  const rehearsals: [string, Rehearsal][] = [
    [
      'a member dies and comes back',
      {
        harm: (member) => member.kill(),
        heal: (member) => member.start(),
        fault: { do: 'kill' },
        noticed: 'member:down',
        recovered: 'member:up',
      },
    ],
    [
      'a member is stopped and goes on',
      {
        // What it took and never answers.
        pool: { timeouts: { server: '3s' } },
        harm: (member) => member.pause(),
        heal: (member) => member.resume(),
        fault: { do: 'pause' },
        noticed: 'member:down',
        recovered: 'member:up',
      },
    ],
    [
      'a member answers errors, its checks with them',
      {
        harm: (member) => member.play('status 500'),
        heal: (member) => member.play('ok'),
        fault: { do: 'errors', percent: 100 },
        noticed: 'member:down',
        recovered: 'member:up',
      },
    ],
  ];

  test.each(rehearsals)('%s', async (_, rehearsal) => {
    const [real, virtual] = await Promise.all([forReal(rehearsal), simulated(rehearsal)]);
    expect(names(real)).toEqual(names(virtual));
    for (const [i, { sinceMs }] of real.entries())
      expect(Math.abs(sinceMs - virtual[i]!.sinceMs)).toBeLessThan(INTERVAL + 500);
  });

  /** What one node of a simulated pair tells after the fault. */
  async function pairEvents(
    fault: Partial<FaultEvent> & Pick<FaultEvent, 'do'>,
  ): Promise<string[]> {
    const { report }: { report: SimulationReport } = await simulate({
      duration: '10s',
      spec: { frontends: [FRONTEND], pools: [poolOf(['10.0.0.1:80'], {})] } as never,
      arrivals: { rate: 10 },
      pair: {
        nodes: [{ name: 'first', priority: 200 }, { name: 'second' }],
        advertInterval: 200,
      },
      faults: [{ at: '5s', target: 'first', ...fault }],
    });
    return report.events
      .filter(({ name, node, atMs }) => name.startsWith('ha:') && node === 'second' && atMs >= 5000)
      .map(({ name }) => name);
  }

  test('the active node hands over', async () => {
    const expected = await pairEvents({ do: 'resign' });
    await using member = await startMember();
    await using pair = await startPair({
      advertInterval: 200,
      spec: { frontends: [FRONTEND], pools: [poolOf([member.address], {})] } as never,
    });
    const heard: string[] = [];
    for (const name of EVENT_NAMES)
      if (name.startsWith('ha:')) pair.second.on(name, () => void heard.push(name));
    await pair.stop(pair.first);
    await pair.untilActive(pair.second);
    expect(pair.active).toBe(pair.second);
    while (!heard.includes('ha:peer-lost')) await sleep(20);
    expect(heard).toEqual(expected);
    const response = await fetch(`http://${pair.address}/`);
    expect(await response.text()).toBe('member\n');
  });

  const QUOTA = 10;
  const SPENT = 6;

  function limitedSpec(address: string): object {
    const rateLimit = [{ requests: QUOTA, window: '1h', key: 'frontend' }];
    return { frontends: [{ ...FRONTEND, rateLimit }], pools: [poolOf([address], {})] };
  }

  /** Six requests, a hand-over, ten more: how many pass. */
  async function passedVirtually(replicate: readonly 'rate-limit'[]): Promise<number> {
    const asked = [SPENT, QUOTA].flatMap((count, half) =>
      Array.from({ length: count }, (_, index) => ({
        atMs: 3000 * half + 10 * index,
        source: '10.9.0.1',
      })),
    );
    const { report } = await simulate({
      duration: '20s',
      spec: limitedSpec('10.0.0.1:80'),
      arrivals: { replay: asked, from: '4s' },
      pair: { nodes: [{ name: 'first', priority: 200 }, { name: 'second' }], replicate },
      faults: [{ at: '6s', do: 'resign', target: 'first' }],
    });
    expect(report.totals.requests).toBe(SPENT + QUOTA);
    expect(report.owners.map(({ node }) => node)).toEqual(['first', 'second']);
    return report.totals.answered;
  }

  async function passedForReal(replicate: readonly 'rate-limit'[]): Promise<number> {
    await using member = await startMember();
    const spec = limitedSpec(member.address) as never;
    await using pair = await startPair({ replicate, spec });
    const passed = async (count: number): Promise<number> => {
      let answered = 0;
      for (let i = 0; i < count; i++) {
        const { ok } = await fetch(`http://${pair.address}/`, { headers: { connection: 'close' } });
        if (ok) answered++;
      }
      return answered;
    };
    const before = await passed(SPENT);
    await pair.stop(pair.first);
    await pair.untilActive(pair.second);
    return before + (await passed(QUOTA));
  }

  test.each([
    { replicate: ['rate-limit'], passes: QUOTA },
    { replicate: [], passes: SPENT + QUOTA },
  ] as const)('$passes requests pass where $replicate is copied', async ({ replicate, passes }) => {
    expect(await passedVirtually(replicate)).toBe(passes);
    expect(await passedForReal(replicate)).toBe(passes);
  });
});
