// Changes while clients come.
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend, QUICK } from '../support/specs.js';
import { countOf, type Stage } from '../support/stage.js';

const area = 'control';
const TWO = ['s1', 's2'];

/** New connections one after the other while `work` goes on. @returns statuses other than 200 */
async function underLoad(stage: Stage, work: () => Promise<void>): Promise<Record<string, number>> {
  const load = { isOver: false };
  const faults: string[] = [];
  const clients = Array.from({ length: 3 }, async () => {
    while (!load.isOver) {
      const { status } = await stage.get();
      if (status !== 200) faults.push(String(status));
    }
  });
  try {
    await work();
  } finally {
    load.isOver = true;
    await Promise.all(clients);
  }
  return countOf(faults);
}

function withPool(spec: BalancerSpec, pool: object): BalancerSpec {
  return { ...spec, pools: (spec.pools ?? []).map((item) => ({ ...item, ...pool })) };
}

export const control: readonly Scenario[] = [
  {
    id: 'CS-56',
    area,
    title: 'A member comes and goes: it takes its share, a request in flight ends well',
    members: ['s1', 's2', 's3'],
    spec: (at) =>
      oneFrontend(at, { pool: { members: TWO.map((name) => at.member(name)), health: QUICK } }),
    run: async (stage) => {
      for (const name of TWO) await stage.until(name, 'up');
      await stage.apply((spec) => withPool(spec, { members: stage.members() }));
      await stage.until('s3', 'up');
      const counts = countOf(await stage.bodies(9));
      // One for each member: s3 has one of them.
      const held = Array.from({ length: 3 }, () => stage.get('/slow?ms=1500'));
      await stage.eventually(
        () => stage.at('s3').seen.some(({ url }) => url.startsWith('/slow')),
        's3 has one in flight',
      );
      await stage.apply((spec) =>
        withPool(spec, { members: TWO.map((name) => stage.member(name)) }),
      );
      const after = countOf(await stage.bodies(6));
      const statuses = new Set((await Promise.all(held)).map(({ status }) => status));
      return { share: counts['s3'], after, inFlight: [...statuses] };
    },
    expected: { share: between(2, 4), after: { s1: 3, s2: 3 }, inFlight: [200] },
  },
  {
    id: 'CS-57',
    area,
    title: 'Health lives through a change that reloads: a member that is down gets nothing',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { health: { ...QUICK, downInterval: 60_000 } } }),
    run: async (stage) => {
      for (const name of TWO) await stage.until(name, 'up');
      stage.at('s2').healthStatus = 500;
      await stage.until('s2', 'down');
      await stage.apply((spec) => withPool(spec, { timeouts: { server: 9000 } }));
      return { counts: countOf(await stage.bodies(6)) };
    },
    expected: { counts: { s1: 6 } },
  },
  {
    id: 'EK-61',
    area,
    title: 'Weights change under load: nobody is lost, and the new shares hold',
    members: TWO,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const faults = await underLoad(stage, async () => {
        for (const weight of [2, 5, 3])
          await stage.apply((spec) =>
            withPool(spec, { members: [stage.member('s1', { weight }), stage.member('s2')] }),
          );
      });
      return { faults, counts: countOf(await stage.bodies(8)) };
    },
    expected: { faults: {}, counts: { s1: 6, s2: 2 } },
  },
  {
    id: 'EK-62',
    area,
    title: 'A new route under load: nobody is lost',
    members: TWO,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const faults = await underLoad(stage, () =>
        stage.apply((spec) => ({
          ...spec,
          frontends: (spec.frontends ?? []).map((frontend) => ({
            ...frontend,
            routes: [{ match: { path: '/gone' }, respond: { status: 410, body: 'gone' } }],
          })),
        })),
      );
      const { status, body } = await stage.get('/gone');
      return { faults, status, body };
    },
    expected: { faults: {}, status: 410, body: 'gone' },
  },
  {
    id: 'EK-63',
    area,
    title: 'A request in flight ends well while its frontend changes',
    members: TWO,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const reply = stage.get('/slow?ms=1500');
      await stage.eventually(
        () => TWO.some((name) => stage.at(name).seen.length === 1),
        'it is with a member',
      );
      await stage.apply((spec) => withPool(spec, { strategy: 'least-connections' }));
      const { status, ms } = await reply;
      return { status, ms };
    },
    expected: { status: 200, ms: between(1400, 8000) },
  },
  {
    id: 'EK-64',
    area,
    title: 'tcp connections live through a change',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: { protocol: 'tcp' } }),
    run: async (stage) => {
      const client = await stage.connect();
      await client.sees('tcp1');
      await stage.apply((spec) => withPool(spec, { timeouts: { server: '55s' } }));
      client.send('still here');
      const isThere = await client.sees('still here');
      const next = await stage.connect();
      return { isThere, next: await next.sees('tcp1') };
    },
    expected: { isThere: true, next: true },
  },
  {
    id: 'EK-65',
    area,
    title: 'A new frontend listens, one that is gone refuses',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const [before] = stage.spec.frontends ?? [];
      await stage.apply((spec) => ({
        ...spec,
        frontends: [
          ...(spec.frontends ?? []),
          { name: 'g', protocol: 'http', bind: [stage.bind('g')], pool: 'b' },
        ],
      }));
      const both = [(await stage.get()).status, (await stage.get('/', { frontend: 'g' })).status];
      await stage.apply((spec) => ({
        ...spec,
        frontends: [{ name: 'g', protocol: 'http', bind: [stage.bind('g')], pool: 'b' }],
      }));
      await stage.eventually(async () => (await stage.get()).status === 0, 'f refuses');
      const left = (await stage.get('/', { frontend: 'g' })).status;
      return { was: before?.name, both, left };
    },
    expected: { was: 'f', both: [200, 200], left: 200 },
  },
  {
    id: 'EK-66',
    area,
    title: 'A spec with a fault changes nothing, and says where',
    members: TWO,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      let path = '';
      try {
        await stage.apply((spec) =>
          withPool(spec, { members: [{ name: 's1', address: 'nowhere' }] }),
        );
      } catch (error) {
        path = (error as { issues?: { path: string }[] }).issues?.[0]?.path ?? String(error);
      }
      return { path, counts: countOf(await stage.bodies(4)) };
    },
    expected: { path: 'pools[0].members[0].address', counts: { s1: 2, s2: 2 } },
  },
  {
    id: 'EK-67',
    area,
    title: 'A port that somebody has changes nothing, and is EK_BIND',
    members: TWO,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      let code = '';
      try {
        await stage.apply((spec) => ({
          ...spec,
          frontends: [{ name: 'f', protocol: 'http', bind: [stage.at('s1').address], pool: 'b' }],
        }));
      } catch (error) {
        code = (error as { code?: string }).code ?? String(error);
      }
      return { code, counts: countOf(await stage.bodies(4)) };
    },
    expected: { code: 'EK_BIND', counts: { s1: 2, s2: 2 } },
  },
  {
    id: 'EK-68',
    area,
    title:
      'Drain: what is in flight ends well, new clients are refused, a straggler is cut at the deadline',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const quick = stage.get('/slow?ms=800');
      const long = stage.get('/slow?ms=30000');
      await stage.eventually(() => stage.at('s1').seen.length === 2, 'both are with the member');
      const drained = stage.engine.drain({ deadlineMs: 2500 });
      await stage.eventually(async () => (await stage.get()).status === 0, 'new ones are refused');
      const { aborted } = await drained;
      return { quick: (await quick).status, long: (await long).status, aborted };
    },
    expected: { quick: 200, long: 0, aborted: 1 },
  },
  {
    id: 'EK-69',
    area,
    title: 'Kept connections of clients outlive a change of weights',
    members: TWO,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const client = await stage.connect();
      const ask = async (count: number): Promise<boolean> => {
        client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        await stage.eventually(
          () => client.text.split('HTTP/1.1 200').length === count + 1 || client.ending !== 'open',
          'an answer',
        );
        return client.ending === 'open';
      };
      const before = await ask(1);
      await stage.apply((spec) =>
        withPool(spec, { members: [stage.member('s1', { weight: 3 }), stage.member('s2')] }),
      );
      return { before, after: await ask(2), ending: client.ending };
    },
    expected: { before: true, after: true, ending: 'open' },
  },
  {
    id: 'EK-70',
    area,
    title: 'Events of members and of changes have the same names',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { health: QUICK } }),
    run: async (stage) => {
      const heard: string[] = [];
      for (const name of ['member:down', 'member:up', 'member:weight', 'spec:applied'] as const)
        stage.engine.events.on(name, () => void heard.push(name));
      for (const name of TWO) await stage.until(name, 'up');
      heard.length = 0;
      stage.at('s2').healthStatus = 500;
      await stage.until('s2', 'down');
      stage.at('s2').healthStatus = 200;
      await stage.until('s2', 'up');
      await stage.apply((spec) =>
        withPool(spec, { members: [stage.member('s1', { weight: 3 }), stage.member('s2')] }),
      );
      return { heard: heard.join(' ') };
    },
    expected: { heard: like(/^member:down member:up member:weight spec:applied$/) },
  },
];
