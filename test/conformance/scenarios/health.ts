// Which members are usable, and how that is found out.
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend, QUICK } from '../support/specs.js';
import { countOf, pause, type Stage } from '../support/stage.js';

const area = 'health';
const TWO = ['s1', 's2'];

/** Failed checks that a member answered before it was marked down. */
async function failuresUntilDown(stage: Stage, name: string): Promise<number> {
  await stage.until(name, 'up');
  const member = stage.at(name);
  // From the next check on, so that a check under way does not count.
  const before = member.checks.length;
  await stage.eventually(() => member.checks.length > before, `${name} is checked`);
  const from = member.checks.length;
  member.healthStatus = 500;
  await stage.until(name, 'down');
  return member.checks.slice(from).filter(({ status }) => status === 500).length;
}

/** Gaps between checks, ms. */
function gaps(stage: Stage, name: string, from: number): number[] {
  const { checks } = stage.at(name);
  return checks.slice(from + 1).map(({ at }, i) => Math.round(at - (checks[from + i]?.at ?? 0)));
}

export const health: readonly Scenario[] = [
  {
    id: 'CS-16',
    area,
    title: 'tcp checks: down after fall refusals, up after rise connections',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, { pool: { health: { type: 'tcp', interval: 200, fall: 3, rise: 2 } } }),
    run: async (stage) => {
      await stage.until('s2', 'up');
      await stage.at('s2').die();
      const downMs = await stage.until('s2', 'down');
      const withOne = countOf(await stage.bodies(4));
      await stage.at('s2').listen();
      const upMs = await stage.until('s2', 'up');
      return { downMs, withOne, upMs, withTwo: countOf(await stage.bodies(4)) };
    },
    // Two whole intervals at least (the third failure, the second success); above, what a busy machine takes.
    expected: {
      downMs: between(330, 5000),
      withOne: { s1: 4 },
      upMs: between(150, 5000),
      withTwo: { s1: 2, s2: 2 },
    },
  },
  {
    id: 'CS-17',
    area,
    title: 'The first failed check after the start is enough',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          members: [at.member('s1'), { name: 's2', address: at.deadAddress }],
          health: { type: 'tcp', interval: 3000, fall: 3, rise: 2 },
        },
      }),
    run: async (stage) => ({ downMs: await stage.until('s2', 'down') }),
    // With three failures it would be above 6000.
    expected: { downMs: between(0, 4500) },
  },
  {
    id: 'CS-18',
    area,
    title: 'http checks of any status from 200 to 399',
    members: ['s1', 's2', 's3', 's4'],
    spec: (at) =>
      oneFrontend(at, { pool: { health: { ...QUICK, expect: { status: '200-399' } } } }),
    run: async (stage) => {
      stage.at('s2').healthStatus = 302;
      stage.at('s3').healthStatus = 404;
      stage.at('s4').healthStatus = 204;
      await stage.until('s3', 'down');
      for (const name of ['s1', 's2', 's4']) await stage.until(name, 'up');
      return { counts: countOf(await stage.bodies(6)) };
    },
    expected: { counts: { s1: 2, s2: 2, s4: 2 } },
  },
  {
    id: 'CS-19',
    area,
    title: 'http checks with host and headers, a status range and a body',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          health: {
            ...QUICK,
            headers: { 'X-Check': 'yes', host: 'app.example' },
            expect: { status: '200-204', body: { contains: 'ok' } },
          },
        },
      }),
    run: async (stage) => {
      stage.at('s1').healthBody = 'all ok';
      stage.at('s2').healthBody = 'bad';
      await stage.until('s2', 'down');
      await stage.until('s1', 'up');
      const lines = stage.at('s1').checks.at(-1)?.lines ?? [];
      return {
        request: lines[0],
        host: lines.find((line) => line.startsWith('host:')),
        header: lines.find((line) => line.startsWith('x-check:')),
      };
    },
    expected: {
      request: 'GET /health HTTP/1.1',
      host: 'host: app.example',
      header: 'x-check: yes',
    },
  },
  {
    id: 'EK-20',
    area,
    title: 'The default http check wants 2xx: a redirect is down',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { health: QUICK } }),
    run: async (stage) => {
      stage.at('s2').healthStatus = 302;
      await stage.until('s2', 'down');
      return { counts: countOf(await stage.bodies(4)) };
    },
    expected: { counts: { s1: 4 } },
  },
  {
    id: 'EK-21',
    area,
    title: 'The moment of failover, in checks: fall 3',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, { pool: { health: { ...QUICK, interval: 150, fall: 3, rise: 2 } } }),
    run: async (stage) => ({ failures: await failuresUntilDown(stage, 's2') }),
    expected: { failures: 3 },
  },
  {
    id: 'EK-22',
    area,
    title: 'The moment of recovery, in checks: rise 3',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, { pool: { health: { ...QUICK, interval: 150, fall: 1, rise: 3 } } }),
    run: async (stage) => {
      await stage.until('s2', 'up');
      stage.at('s2').healthStatus = 500;
      await stage.until('s2', 'down');
      const member = stage.at('s2');
      const from = member.checks.length;
      member.healthStatus = 200;
      await stage.until('s2', 'up');
      return { successes: member.checks.slice(from).filter(({ status }) => status === 200).length };
    },
    expected: { successes: 3 },
  },
  {
    id: 'CS-21',
    area,
    title: 'Intervals: slow while up, fast while it changes, another one while down',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          health: {
            ...QUICK,
            interval: 900,
            fastInterval: 100,
            downInterval: 400,
            fall: 3,
            rise: 3,
          },
        },
      }),
    run: async (stage) => {
      await stage.until('s1', 'up');
      const member = stage.at('s1');
      const first = member.checks.length;
      await stage.eventually(() => member.checks.length >= first + 2, 'two checks while up');
      const whileUp = gaps(stage, 's1', first - 1);
      member.healthStatus = 500;
      await stage.until('s1', 'down');
      const falling = gaps(stage, 's1', member.checks.length - 3);
      const down = member.checks.length;
      await stage.eventually(() => member.checks.length >= down + 3, 'three checks while down');
      const whileDown = gaps(stage, 's1', down);
      return {
        up: Math.min(...whileUp),
        falling: Math.min(...falling),
        down: Math.min(...whileDown),
      };
    },
    expected: { up: between(700, 2500), falling: between(60, 600), down: between(300, 1500) },
  },
  {
    id: 'CS-22',
    area,
    title: 'A check that hangs ends at its timeout, and the interval begins again',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          health: { ...QUICK, interval: 600, timeout: 300, fall: 10 },
          timeouts: { connect: 100 },
        },
      }),
    run: async (stage) => {
      await stage.until('s1', 'up');
      const member = stage.at('s1');
      member.isHealthSilent = true;
      const first = member.checks.length;
      await stage.eventually(() => member.checks.length >= first + 3, 'three checks hang');
      return { startToStart: Math.min(...gaps(stage, 's1', first)) };
    },
    expected: { startToStart: between(780, 2500) },
  },
  {
    id: 'CS-24',
    area,
    title: 'Outlier: consecutive 5xx take a member out; it comes back',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          health: { ...QUICK, interval: 1000, rise: 2 },
          outlier: { consecutiveFailures: 3, ejectFor: '30s' },
          retries: { attempts: 0 },
        },
      }),
    run: async (stage) => {
      for (const name of TWO) await stage.until(name, 'up');
      stage.at('s2').status = 500;
      const statuses = await stage.statuses(12);
      stage.at('s2').status = 0;
      await stage.eventually(
        async () => (await stage.memberStatus('s2'))?.eligible === true,
        's2 is back',
      );
      return {
        failures: statuses.filter((status) => status === 500).length,
        last: statuses.at(-1),
      };
    },
    expected: { failures: 3, last: 200 },
  },
  {
    id: 'EK-23',
    area,
    title: 'Outlier: 404 and 501 are no failures',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          health: { ...QUICK, interval: 1000 },
          outlier: { consecutiveFailures: 2, ejectFor: '30s' },
          retries: { attempts: 0 },
        },
      }),
    run: async (stage) => {
      for (const name of TWO) await stage.until(name, 'up');
      stage.at('s2').status = 501;
      const statuses = await stage.statuses(8);
      stage.at('s2').status = 404;
      statuses.push(...(await stage.statuses(8)));
      return { counts: countOf(statuses.map(String)) };
    },
    expected: { counts: { 200: 8, 404: 4, 501: 4 } },
  },
  {
    id: 'CS-26',
    area,
    title: 'A request in flight on a member that goes down is answered',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { pool: { health: QUICK } }),
    run: async (stage) => {
      await stage.until('s1', 'up');
      const reply = stage.get('/slow?ms=1500');
      await stage.eventually(() => stage.at('s1').seen.length === 1, 'it is with the member');
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down');
      const next = await stage.get('/');
      const { status, body } = await reply;
      return { status, body, next: next.status };
    },
    expected: { status: 200, body: 's1', next: 503 },
  },
  {
    id: 'EK-24',
    area,
    title:
      'tcp connections of a member that goes down stay open, or are closed if the pool says so',
    members: ['tcp1', 'tcp2', 's1', 's2'],
    spec: (at) => ({
      frontends: [
        { name: 'f', protocol: 'tcp', bind: [at.bind('f')], pool: 'b' },
        { name: 'g', protocol: 'tcp', bind: [at.bind('g')], pool: 'c' },
      ],
      pools: [
        {
          name: 'b',
          members: [at.member('tcp1')],
          health: { ...QUICK, port: portOf(at.member('s1').address) },
        },
        {
          name: 'c',
          members: [at.member('tcp2')],
          health: { ...QUICK, port: portOf(at.member('s2').address) },
          sessionsOnDown: 'close',
        },
      ],
    }),
    run: async (stage) => {
      await stage.until('tcp1', 'up', 'b');
      await stage.until('tcp2', 'up', 'c');
      const kept = await stage.connect(undefined, 'f');
      const cut = await stage.connect(undefined, 'g');
      await kept.sees('tcp1');
      await cut.sees('tcp2');
      stage.at('s1').healthStatus = 500;
      stage.at('s2').healthStatus = 500;
      await stage.until('tcp1', 'down', 'b');
      await stage.until('tcp2', 'down', 'c');
      const { ending } = await cut.until();
      kept.send('still here');
      return { isKept: await kept.sees('still here'), isCut: ending !== 'open' };
    },
    expected: { isKept: true, isCut: true },
  },
  {
    id: 'EK-25',
    area,
    title: 'Checks of another port than the one that serves',
    members: ['s1', 's2', 'tcp1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          members: [at.member('s1')],
          health: { ...QUICK, port: portOf(at.member('s2').address) },
        },
      }),
    run: async (stage) => {
      await stage.until('s1', 'up');
      const up = await stage.statuses(1);
      stage.at('s2').healthStatus = 503;
      await stage.until('s1', 'down');
      return { up, down: await stage.statuses(1), ownChecks: stage.at('s1').checks.length };
    },
    expected: { up: [200], down: [503], ownChecks: 0 },
  },
  {
    id: 'EK-26',
    area,
    title: 'One monitor for two pools',
    members: TWO,
    spec: (at) => ({
      frontends: [
        { name: 'f', protocol: 'http', bind: [at.bind('f')], pool: 'b' },
        { name: 'g', protocol: 'http', bind: [at.bind('g')], pool: 'c' },
      ],
      pools: [
        { name: 'b', members: [at.member('s1')], health: 'shared' },
        { name: 'c', members: [at.member('s1'), at.member('s2')], health: 'shared' },
      ],
      monitors: [{ name: 'shared', ...QUICK }],
    }),
    run: async (stage) => {
      await stage.until('s1', 'up', 'b');
      await stage.until('s1', 'up', 'c');
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down', 'b');
      await stage.until('s1', 'down', 'c');
      const one = await stage.statuses(1);
      const other = await stage.get('/', { frontend: 'g' });
      return { one, other: other.body };
    },
    expected: { one: [503], other: 's2' },
  },
  {
    id: 'EK-27',
    area,
    title: 'Members that are not checked are used whatever happens to them',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { retries: { attempts: 0 } } }),
    run: async (stage) => {
      await stage.at('s2').die();
      const statuses = await stage.statuses(6);
      return { counts: countOf(statuses.map(String)) };
    },
    expected: { counts: { 200: 3, 503: 3 } },
  },
  {
    id: 'EK-28',
    area,
    title: 'A member that goes down and comes back takes its turns again',
    members: ['s1', 's2', 's3'],
    spec: (at) => oneFrontend(at, { pool: { health: QUICK } }),
    run: async (stage) => {
      for (const name of ['s1', 's2', 's3']) await stage.until(name, 'up');
      stage.at('s2').healthStatus = 500;
      await stage.until('s2', 'down');
      const without = countOf(await stage.bodies(6));
      stage.at('s2').healthStatus = 200;
      await stage.until('s2', 'up');
      await pause(20);
      const counts = countOf(await stage.bodies(9));
      const spread = Object.keys(counts).join(' ');
      return { without, spread, s2: counts['s2'] };
    },
    expected: { without: { s1: 3, s3: 3 }, spread: like(/^s1 s2 s3$/), s2: between(2, 4) },
  },
];

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}
