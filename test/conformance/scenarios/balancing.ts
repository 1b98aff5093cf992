// Which member gets a client.
import { crc32 } from 'node:zlib';
import type { PoolSpec } from '../../../src/spec/pool.js';
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend, QUICK } from '../support/specs.js';
import { countOf, type Stage } from '../support/stage.js';

const THREE = ['s1', 's2', 's3'];
const area = 'balancing';

/** Clients of 127.0.0.2 and up that are not where they were, those of `member` left out. */
function moved(before: readonly string[], after: readonly string[], member: string): number {
  return before.filter((name, index) => name !== member && after[index] !== name).length;
}

/** The member that the rule of `stable` gives each of 127.0.0.2 and up. */
function byRule(count: number, table: readonly string[]): string[] {
  return Array.from(
    { length: count },
    (_, index) => table[crc32(Buffer.from([127, 0, 0, index + 2])) % table.length] ?? '',
  );
}

async function failover(stage: Stage, count: number): Promise<Record<string, unknown>> {
  for (const name of THREE) await stage.until(name, 'up');
  const before = await stage.sources(count);
  stage.at('s2').healthStatus = 500;
  await stage.until('s2', 'down');
  const without = await stage.sources(count);
  stage.at('s2').healthStatus = 200;
  await stage.until('s2', 'up');
  const after = await stage.sources(count);
  return {
    othersMoved: moved(before, without, 's2'),
    servedByDown: without.filter((name) => name === 's2').length,
    notBack: moved(before, after, ''),
  };
}

export const balancing: readonly Scenario[] = [
  {
    id: 'CS-01',
    area,
    title: 'Round robin, equal weights: in the order of the spec',
    members: THREE,
    spec: (at) => oneFrontend(at),
    run: async (stage) => ({ bodies: (await stage.bodies(12)).join(' ') }),
    expected: { bodies: 's1 s2 s3 s1 s2 s3 s1 s2 s3 s1 s2 s3' },
  },
  {
    id: 'CS-02',
    area,
    title: 'Round robin deals every request of a kept connection, over kept connections to members',
    members: THREE,
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const bodies = await stage.bodies(9, '/', { agent: stage.keepAlive() });
      return {
        bodies: bodies.join(' '),
        connections: THREE.map((name) => stage.at(name).connections),
      };
    },
    expected: { bodies: 's1 s2 s3 s1 s2 s3 s1 s2 s3', connections: [1, 1, 1] },
  },
  {
    id: 'CS-03',
    area,
    title: 'Weighted round robin 5:1:1, in each cycle',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: [at.member('s1', { weight: 5 }), at.member('s2'), at.member('s3')] },
      }),
    run: async (stage) => {
      const bodies = await stage.bodies(21);
      return { cycles: [0, 7, 14].map((from) => countOf(bodies.slice(from, from + 7))) };
    },
    expected: { cycles: Array.from({ length: 3 }, () => ({ s1: 5, s2: 1, s3: 1 })) },
  },
  {
    id: 'CS-04',
    area,
    title: 'Least connections avoids busy members',
    members: THREE,
    spec: (at) => oneFrontend(at, { pool: { strategy: 'least-connections' } }),
    run: async (stage) => {
      const first = stage.get('/slow?ms=3000');
      await stage.eventually(() => seen(stage) === 1, 'the first is with a member');
      const second = stage.get('/slow?ms=3000');
      await stage.eventually(() => seen(stage) === 2, 'the second is with a member');
      const quick = new Set(await stage.bodies(6));
      const slow = new Set([(await first).body, (await second).body]);
      return { slow: slow.size, quick: quick.size, onBusy: [...quick].filter((m) => slow.has(m)) };
    },
    expected: { slow: 2, quick: 1, onBusy: [] },
  },
  {
    id: 'CS-06',
    area,
    title: 'source-hash, modulo: member = map[address mod weights]',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, { pool: { strategy: { type: 'source-hash', mapping: 'modulo' } } }),
    run: async (stage) => ({ members: (await stage.sources(30)).join(' ') }),
    expected: {
      members: Array.from({ length: 30 }, (_, i) => `s${1 + ((0x7f_00_00_02 + i) % 3)}`).join(' '),
    },
  },
  {
    id: 'CS-07',
    area,
    title: 'source-hash, consistent: a failure moves only its own clients, and they come home',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: { strategy: { type: 'source-hash', mapping: 'consistent' }, health: QUICK },
      }),
    run: (stage) => failover(stage, 60),
    expected: { othersMoved: 0, servedByDown: 0, notBack: 0 },
  },
  {
    id: 'CS-08',
    area,
    title:
      'source-hash, stable: every client on the member that the rule says; a failure moves only its own',
    members: THREE,
    spec: (at) => oneFrontend(at, { pool: { strategy: 'source-hash', health: QUICK } }),
    run: async (stage) => {
      for (const name of THREE) await stage.until(name, 'up');
      const members = (await stage.sources(40)).join(' ');
      return { members, ...(await failover(stage, 40)) };
    },
    expected: { members: byRule(40, THREE).join(' '), othersMoved: 0, servedByDown: 0, notBack: 0 },
    same: ['members'],
  },
  {
    id: 'EK-01',
    area,
    title: 'source-hash, stable, over tcp, with weights 1:3:2',
    members: ['tcp1', 'tcp2', 'tcp3'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { protocol: 'tcp' },
        pool: {
          strategy: { type: 'source-hash', mapping: 'stable' },
          members: [
            at.member('tcp1'),
            at.member('tcp2', { weight: 3 }),
            at.member('tcp3', { weight: 2 }),
          ],
        },
      }),
    run: async (stage) => {
      const members: string[] = [];
      for (let i = 0; i < 30; i++) {
        const client = await stage.connect(`127.0.0.${i + 2}`);
        await client.sees('\n');
        members.push(client.text.trim());
        client.socket.destroy();
      }
      return { members: members.join(' ') };
    },
    expected: { members: byRule(30, ['tcp1', 'tcp2', 'tcp2', 'tcp2', 'tcp3', 'tcp3']).join(' ') },
    same: ['members'],
  },
  {
    id: 'EK-02',
    area,
    title: 'source-hash, stable: a weight set to 0 takes no client, and moves no other',
    members: THREE,
    spec: (at) => oneFrontend(at, { pool: { strategy: 'source-hash' } }),
    run: async (stage) => {
      const before = await stage.sources(30);
      await stage.apply((spec) => ({
        ...spec,
        pools: [
          {
            name: 'b',
            strategy: 'source-hash',
            members: [stage.member('s1'), stage.member('s2'), stage.member('s3', { weight: 0 })],
          },
        ],
      }));
      const after = await stage.sources(30);
      return {
        othersMoved: moved(before, after, 's3'),
        onEmptied: after.filter((name) => name === 's3').length,
      };
    },
    expected: { othersMoved: 0, onEmptied: 0 },
  },
  {
    id: 'CS-09',
    area,
    title: 'source-hash, consistent: a new member moves a minority, a removed one only its own',
    members: ['s1', 's2', 's3', 's4'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: { type: 'source-hash', mapping: 'consistent' },
          members: ['s1', 's2', 's3'].map((name) => at.member(name)),
        },
      }),
    run: async (stage) => {
      const pools = (names: string[]) => [
        {
          name: 'b',
          strategy: { type: 'source-hash', mapping: 'consistent' } as const,
          members: names.map((name) => stage.member(name)),
        },
      ];
      const three = await stage.sources(60);
      await stage.apply((spec) => ({ ...spec, pools: pools(['s1', 's2', 's3', 's4']) }));
      const four = await stage.sources(60);
      await stage.apply((spec) => ({ ...spec, pools: pools(['s1', 's3', 's4']) }));
      const without = await stage.sources(60);
      return {
        movedByNew: moved(three, four, ''),
        movedBetweenOld: three.filter((m, i) => four[i] !== m && four[i] !== 's4').length,
        othersMovedByRemoval: moved(four, without, 's2'),
      };
    },
    expected: { movedByNew: between(3, 30), movedBetweenOld: 0, othersMovedByRemoval: 0 },
  },
  {
    id: 'CS-11',
    area,
    title: 'hash of the uri: the query does not count',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, { pool: { strategy: { type: 'hash', key: 'path', mapping: 'modulo' } } }),
    run: async (stage) => {
      let equal = 0;
      for (let i = 0; i < 12; i++) {
        const [plain] = await stage.bodies(1, `/x${i}`);
        const [queried] = await stage.bodies(1, `/x${i}?q=${i * 7}`);
        if (plain === queried) equal++;
      }
      return { equal };
    },
    expected: { equal: 12 },
  },
  {
    id: 'EK-03',
    area,
    title: 'hash of a header, modulo: every value on the same member of both engines',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: { strategy: { type: 'hash', key: { header: 'x-user' }, mapping: 'modulo' } },
      }),
    run: async (stage) => {
      const members: string[] = [];
      for (let i = 0; i < 20; i++)
        members.push(...(await stage.bodies(1, '/', { headers: { 'x-user': `user-${i}` } })));
      return { members: members.join(' '), kinds: new Set(members).size };
    },
    expected: { members: like(/^s\d( s\d){19}$/), kinds: 3 },
    same: ['members'],
  },
  {
    id: 'EK-04',
    area,
    title: 'hash of a header: requests without it are spread',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: { strategy: { type: 'hash', key: { header: 'x-user' }, mapping: 'rendezvous' } },
      }),
    run: async (stage) => {
      const counts = countOf(await stage.bodies(30));
      return { s1: counts['s1'], s2: counts['s2'], s3: counts['s3'] };
    },
    expected: { s1: between(3, 20), s2: between(3, 20), s3: between(3, 20) },
  },
  {
    id: 'EK-05',
    area,
    title: 'hash of a query value: one value, one member; a failure moves only its own',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: { type: 'hash', key: { query: 'id' }, mapping: 'rendezvous' },
          health: QUICK,
        },
      }),
    run: async (stage) => {
      for (const name of THREE) await stage.until(name, 'up');
      const ask = async (): Promise<string[]> => {
        const got: string[] = [];
        for (let i = 0; i < 30; i++) got.push(...(await stage.bodies(1, `/?id=key${i}`)));
        return got;
      };
      const before = await ask();
      const again = await ask();
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down');
      const without = await ask();
      return {
        unsteady: moved(before, again, ''),
        othersMoved: moved(before, without, 's1'),
        members: new Set(before).size,
      };
    },
    expected: { unsteady: 0, othersMoved: 0, members: 3 },
  },
  {
    id: 'CS-12',
    area,
    title: 'first fills members in order up to maxConnections',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, { pool: { strategy: 'first', members: at.members({ maxConnections: 2 }) } }),
    run: async (stage) => {
      const slow: Promise<{ body: string }>[] = [];
      for (let i = 0; i < 6; i++) {
        slow.push(stage.get('/slow?ms=2500'));
        await stage.eventually(() => seen(stage) === i + 1, `${i + 1} requests are with members`);
      }
      const overlapping = (await Promise.all(slow)).map(({ body }) => body).join(' ');
      return { overlapping, sequential: (await stage.bodies(4)).join(' ') };
    },
    expected: { overlapping: 's1 s1 s2 s2 s3 s3', sequential: 's1 s1 s1 s1' },
  },
  {
    id: 'CS-13',
    area,
    title: 'two-choices follows weights 2:1:1',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: 'two-choices',
          members: [at.member('s1', { weight: 2 }), at.member('s2'), at.member('s3')],
        },
      }),
    run: async (stage) => {
      const counts = countOf(await stage.bodies(400, '/', { agent: stage.keepAlive() }));
      return { s1: counts['s1'], s2: counts['s2'], s3: counts['s3'] };
    },
    expected: { s1: between(160, 250), s2: between(60, 135), s3: between(60, 135) },
  },
  {
    id: 'EK-06',
    area,
    title: 'random follows weights 2:1:1',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: 'random',
          members: [at.member('s1', { weight: 2 }), at.member('s2'), at.member('s3')],
        },
      }),
    run: async (stage) => {
      const counts = countOf(await stage.bodies(400, '/', { agent: stage.keepAlive() }));
      return { s1: counts['s1'], s2: counts['s2'], s3: counts['s3'] };
    },
    expected: { s1: between(150, 250), s2: between(60, 145), s3: between(60, 145) },
  },
  {
    id: 'EK-07',
    area,
    title: 'static-weighted 3:2:1: the shares of two cycles',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: 'static-weighted',
          members: [
            at.member('s1', { weight: 3 }),
            at.member('s2', { weight: 2 }),
            at.member('s3'),
          ],
        },
      }),
    run: async (stage) => ({ counts: countOf(await stage.bodies(12)) }),
    expected: { counts: { s1: 6, s2: 4, s3: 2 } },
  },
  {
    id: 'CS-14',
    area,
    title: 'Backups: only the first healthy one, and only when every ordinary member is down',
    members: ['s1', 's2', 's3', 's4'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          members: [
            at.member('s1'),
            at.member('s2'),
            at.member('s3', { backup: true }),
            at.member('s4', { backup: true }),
          ],
          health: QUICK,
        },
      }),
    run: (stage) => backups(stage),
    expected: {
      allUp: { s1: 2, s2: 2 },
      oneDown: { s2: 4 },
      bothDown: { s3: 4 },
      firstBackupDown: { s4: 4 },
      allDown: [503],
      oneBack: { s1: 3 },
    },
  },
  {
    id: 'EK-08',
    area,
    title: 'Backups: all of them, when the pool says so',
    members: ['s1', 's3', 's4'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          members: [
            at.member('s1'),
            at.member('s3', { backup: true }),
            at.member('s4', { backup: true }),
          ],
          backups: 'all',
          health: QUICK,
        },
      }),
    run: async (stage) => {
      for (const name of ['s1', 's3', 's4']) await stage.until(name, 'up');
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down');
      return { counts: countOf(await stage.bodies(4)) };
    },
    expected: { counts: { s3: 2, s4: 2 } },
  },
  {
    id: 'EK-09',
    area,
    title: 'Members in drain, in maintenance and of weight 0 take no new clients',
    members: ['s1', 's2', 's3', 's4'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          members: [
            at.member('s1'),
            at.member('s2', { state: 'drain' }),
            at.member('s3', { state: 'maintenance' }),
            at.member('s4', { weight: 0 }),
          ],
        },
      }),
    run: async (stage) => ({ counts: countOf(await stage.bodies(8)) }),
    expected: { counts: { s1: 8 } },
  },
  {
    id: 'EK-10',
    area,
    title: 'Round robin over tcp, connection by connection',
    members: ['tcp1', 'tcp2'],
    spec: (at) => oneFrontend(at, { frontend: { protocol: 'tcp' } }),
    run: async (stage) => {
      const names: string[] = [];
      for (let i = 0; i < 6; i++) {
        const client = await stage.connect();
        await client.sees('\n');
        names.push(client.text.trim());
        client.socket.destroy();
      }
      return { members: names.join(' ') };
    },
    expected: { members: 'tcp1 tcp2 tcp1 tcp2 tcp1 tcp2' },
  },
  {
    id: 'EK-11',
    area,
    title: 'Least connections over tcp counts open connections, by weight',
    members: ['tcp1', 'tcp2'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { protocol: 'tcp' },
        pool: {
          strategy: 'least-connections',
          members: [at.member('tcp1', { weight: 2 }), at.member('tcp2')],
        },
      }),
    run: async (stage) => {
      const names: string[] = [];
      for (let i = 0; i < 9; i++) {
        const client = await stage.connect();
        await client.sees('\n');
        names.push(client.text.trim());
      }
      return { counts: countOf(names) };
    },
    expected: { counts: { tcp1: 6, tcp2: 3 } },
  },
  {
    id: 'EK-134',
    area,
    title: 'Keys of hashes are those that the client sent, whatever routes and frontends change',
    members: THREE,
    spec: (at) => {
      const pools = (['path', { header: 'x-user' }, { cookie: 'id' }] as const).map(
        (key, index) => ({
          name: `p${index}`,
          members: at.members(),
          strategy: { type: 'hash' as const, key, mapping: 'modulo' as const },
        }),
      );
      return oneFrontend(at, {
        frontend: {
          pool: 'p0',
          headers: { request: { set: { 'x-user': 'all' }, remove: ['cookie'] } },
          routes: [
            { match: { path: '/0/' }, pool: 'p0', rewritePath: { prefix: '/0/', to: '/etag/' } },
            { match: { path: '/1/' }, pool: 'p1' },
            { match: { path: '/2/' }, pool: 'p2' },
          ],
        },
        more: { pools },
      });
    },
    run: async (stage) => {
      const by = async (path: string, header = 'x-other', prefix = ''): Promise<string> => {
        const bodies: string[] = [];
        for (const value of ['a', 'b', 'c', header === 'x-user' ? 'd, a' : 'd']) {
          const headers = { [header]: `${prefix}${value}` };
          bodies.push((await stage.get(`${path}${value[0]}`, { headers })).body);
        }
        return bodies.join(' ');
      };
      return {
        path: await by('/0/'),
        header: await by('/1/', 'x-user'),
        cookie: await by('/2/', 'cookie', 'id='),
      };
    },
    expected: { path: 's2 s3 s1 s2', header: 's2 s3 s1 s1', cookie: 's2 s3 s1 s2' },
  },
  {
    id: 'EK-143',
    area,
    title: 'Keys in forwarded headers are those that the client sent, not what members are told',
    members: THREE,
    spec: (at) => {
      const members = at.members();
      const hashOf = (header: string): PoolSpec => ({
        name: header,
        members,
        strategy: { type: 'hash', key: { header }, mapping: 'modulo' },
      });
      return {
        frontends: [
          { name: 'f', protocol: 'http', bind: at.bind('f'), pool: 'x-forwarded-for' },
          {
            name: 'g',
            protocol: 'http',
            bind: at.bind('g'),
            pool: 'forwarded',
            forwarded: { mode: 'both', trust: ['127.0.0.0/8'] },
          },
          { name: 'h', protocol: 'http', bind: at.bind('h'), pool: 'sticky' },
        ],
        pools: [
          hashOf('x-forwarded-for'),
          hashOf('forwarded'),
          { name: 'sticky', members, sticky: { mode: 'header', header: 'x-forwarded-for' } },
        ],
      };
    },
    run: async (stage) => {
      const by = async (header: string, frontend: string): Promise<string> => {
        const bodies: string[] = [];
        for (const value of ['a', 'b', 'a', 'a', 'c', 'b']) {
          const headers = { [header]: value };
          bodies.push((await stage.get('/', { headers, frontend })).body);
        }
        return bodies.join(' ');
      };
      return {
        dropped: await by('x-forwarded-for', 'f'),
        kept: await by('forwarded', 'g'),
        sticky: await by('x-forwarded-for', 'h'),
      };
    },
    expected: {
      dropped: 's2 s3 s2 s2 s1 s3',
      kept: 's2 s3 s2 s2 s1 s3',
      sticky: 's1 s2 s1 s1 s3 s2',
    },
  },
];

function seen(stage: Stage): number {
  return THREE.reduce((total, name) => total + stage.at(name).seen.length, 0);
}

async function backups(stage: Stage): Promise<Record<string, unknown>> {
  for (const name of ['s1', 's2', 's3', 's4']) await stage.until(name, 'up');
  const step = async (name?: string): Promise<Record<string, number>> => {
    if (name !== undefined) {
      stage.at(name).healthStatus = 500;
      await stage.until(name, 'down');
    }
    return countOf(await stage.bodies(4));
  };
  const allUp = await step();
  const oneDown = await step('s1');
  const bothDown = await step('s2');
  const firstBackupDown = await step('s3');
  stage.at('s4').healthStatus = 500;
  await stage.until('s4', 'down');
  const allDown = await stage.statuses(1);
  stage.at('s1').healthStatus = 200;
  await stage.until('s1', 'up');
  return {
    allUp,
    oneDown,
    bothDown,
    firstBackupDown,
    allDown,
    oneBack: countOf(await stage.bodies(3)),
  };
}
