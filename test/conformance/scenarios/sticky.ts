// Clients that stay with their member.
import { systemClock } from '../../../src/core/clock.js';
import { renderCookieDate } from '../../../src/sticky/cookie-date.js';
import { like, type Scenario } from '../support/scenario.js';
import { oneFrontend, QUICK } from '../support/specs.js';
import type { Reply, Stage } from '../support/stage.js';

const area = 'sticky';
const TWO = ['s1', 's2'];
const THREE = ['s1', 's2', 's3'];
const COOKIE = { mode: 'cookie', cookie: 'SRV' } as const;

function cookiesOf({ headers }: Reply): readonly string[] {
  return headers['set-cookie'] ?? [];
}

/** The `Cookie` line of the last request that a member saw. */
function cookieSeen(stage: Stage, name: string): string {
  const line = stage
    .at(name)
    .seen.at(-1)
    ?.lines.find((item) => item.startsWith('cookie:'));
  return line ?? 'none';
}

function withCookie(value: string): { headers: { cookie: string } } {
  return { headers: { cookie: value } };
}

export const sticky: readonly Scenario[] = [
  {
    id: 'CS-38',
    area,
    title: 'Cookie: its bytes, members never see it, it is set only when it must be',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { sticky: COOKIE } }),
    run: async (stage) => {
      const first = await stage.get();
      const second = await stage.get('/', withCookie('foo=1; SRV=s1; bar=2'));
      const line = cookieSeen(stage, 's1');
      const unknown = await stage.get('/', withCookie('SRV=nobody'));
      const cacheable = await stage.get('/etag');
      return {
        first: [first.body, cookiesOf(first)],
        second: [second.body, cookiesOf(second), line],
        unknown: cookiesOf(unknown).join(),
        cacheable: cacheable.headers['cache-control'] ?? 'none',
      };
    },
    expected: {
      first: ['s1', ['SRV=s1; path=/']],
      second: ['s1', [], 'cookie: foo=1; bar=2'],
      unknown: like(/^SRV=s[12]; path=\/$/),
      cacheable: 'private',
    },
    same: ['unknown'],
  },
  {
    id: 'CS-39',
    area,
    title:
      'Cookie of a member that is down: another one, and the client stays there; the old cookie is good again later',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { sticky: COOKIE, health: QUICK } }),
    run: async (stage) => {
      for (const name of TWO) await stage.until(name, 'up');
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down');
      const down = await stage.get('/', withCookie('SRV=s1'));
      stage.at('s1').healthStatus = 200;
      await stage.until('s1', 'up');
      const old = await stage.get('/', withCookie('SRV=s1'));
      const moved = await stage.get('/', withCookie('SRV=s2'));
      return {
        down: [down.body, cookiesOf(down)],
        old: [old.body, cookiesOf(old)],
        moved: [moved.body, cookiesOf(moved)],
      };
    },
    expected: {
      down: ['s2', ['SRV=s2; path=/']],
      old: ['s1', []],
      moved: ['s2', []],
    },
  },
  {
    id: 'EK-80',
    area,
    title: 'Cookie clients are on the same member of both engines after a restart',
    members: THREE,
    spec: (at) => oneFrontend(at, { pool: { sticky: COOKIE } }),
    run: async (stage) => {
      const clients: { member: string; cookie: string }[] = [];
      for (let i = 0; i < 9; i++) {
        const reply = await stage.get();
        const [cookie = ''] = (cookiesOf(reply)[0] ?? '').split(';');
        clients.push({ member: reply.body, cookie });
      }
      await stage.startEngine();
      const after: string[] = [];
      for (const { cookie } of clients) after.push((await stage.get('/', withCookie(cookie))).body);
      return {
        members: clients.map(({ member }) => member).join(' '),
        moved: after.filter((member, index) => member !== clients[index]?.member).length,
      };
    },
    expected: { members: 's1 s2 s3 s1 s2 s3 s1 s2 s3', moved: 0 },
  },
  {
    id: 'EK-81',
    area,
    title:
      'Cookie clients of a member in drain stay, new ones do not come; in maintenance they move',
    members: TWO,
    spec: (at) => oneFrontend(at, { pool: { sticky: COOKIE } }),
    run: async (stage) => {
      const withState = (state: 'drain' | 'maintenance') =>
        stage.apply((spec) => ({
          ...spec,
          pools: (spec.pools ?? []).map((pool) => ({
            ...pool,
            members: [stage.member('s1', { state }), stage.member('s2')],
          })),
        }));
      await withState('drain');
      const draining = await stage.bodies(3, '/', withCookie('SRV=s1'));
      const others = await stage.bodies(3);
      await withState('maintenance');
      const moved = await stage.bodies(2, '/', withCookie('SRV=s1'));
      return { draining: draining.join(' '), others: others.join(' '), moved: moved.join(' ') };
    },
    expected: { draining: 's1 s1 s1', others: 's2 s2 s2', moved: 's2 s2' },
  },
  {
    id: 'CS-23',
    area,
    title: 'A check that asks to drain: no new clients, those with a cookie stay',
    members: TWO,
    spec: (at) =>
      oneFrontend(at, { pool: { sticky: COOKIE, health: { ...QUICK, drainOn: '404' } } }),
    run: async (stage) => {
      for (const name of TWO) await stage.until(name, 'up');
      stage.at('s2').healthStatus = 404;
      await stage.eventually(
        async () => (await stage.memberStatus('s2'))?.drainAsked === true,
        's2 asks to drain',
      );
      return {
        plain: (await stage.bodies(4)).join(' '),
        known: (await stage.get('/', withCookie('SRV=s2'))).body,
      };
    },
    expected: { plain: 's1 s1 s1 s1', known: 's2' },
  },
  {
    id: 'CS-41',
    area,
    title:
      'By address: each client on its member; after a failure it stays with its new one; maintenance moves it',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, { pool: { sticky: { mode: 'source-ip', ttl: '1m' }, health: QUICK } }),
    run: async (stage) => {
      for (const name of THREE) await stage.until(name, 'up');
      const first = await stage.sources(3);
      const again = await stage.sources(3);
      stage.at('s2').healthStatus = 500;
      await stage.until('s2', 'down');
      const down = await stage.sources(3);
      stage.at('s2').healthStatus = 200;
      await stage.until('s2', 'up');
      const back = await stage.sources(3);
      await stage.apply((spec) => ({
        ...spec,
        pools: (spec.pools ?? []).map((pool) => ({
          ...pool,
          members: [
            stage.member('s1', { state: 'maintenance' }),
            ...['s2', 's3'].map((name) => stage.member(name)),
          ],
        })),
      }));
      const [moved = ''] = await stage.sources(1);
      return {
        first: first.join(' '),
        again: again.join(' '),
        down: `${down[0]} ${down[2]}`,
        stays: back[1] === down[1],
        moved,
      };
    },
    expected: {
      first: 's1 s2 s3',
      again: 's1 s2 s3',
      down: 's1 s3',
      stays: true,
      moved: like(/^s[23]$/),
    },
  },
  {
    id: 'EK-82',
    area,
    title: 'By a header: one value, one member; requests without it are nobody',
    members: THREE,
    spec: (at) => oneFrontend(at, { pool: { sticky: { mode: 'header', header: 'x-user' } } }),
    run: async (stage) => {
      const ask = async (user: string): Promise<string> =>
        (await stage.bodies(3, '/', { headers: { 'x-user': user } })).join(' ');
      const users = [await ask('ann'), await ask('bob'), await ask('cy')];
      return {
        unsteady: users.filter((text) => new Set(text.split(' ')).size > 1).length,
        kinds: new Set(users).size,
        nobody: new Set(await stage.bodies(3)).size,
      };
    },
    expected: { unsteady: 0, kinds: 3, nobody: 3 },
  },
  {
    id: 'EK-83',
    area,
    title:
      'source-hash, stable: the same member after a restart, and with another one down and back',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: { strategy: { type: 'source-hash', mapping: 'stable' }, health: QUICK },
      }),
    run: async (stage) => {
      const allUp = async (): Promise<void> => {
        for (const name of THREE) await stage.until(name, 'up');
      };
      await allUp();
      const members = await stage.sources(15);
      await stage.startEngine();
      await allUp();
      const restarted = await stage.sources(15);
      stage.at('s2').healthStatus = 500;
      await stage.until('s2', 'down');
      const without = await stage.sources(15);
      stage.at('s2').healthStatus = 200;
      await stage.until('s2', 'up');
      const back = await stage.sources(15);
      const moved = (now: readonly string[], from: readonly string[] = []): number =>
        now.filter(
          (member, index) => member !== members[index] && !from.includes(members[index] ?? ''),
        ).length;
      return {
        members: members.join(' '),
        afterRestart: moved(restarted),
        othersMoved: moved(without, ['s2']),
        afterReturn: moved(back),
      };
    },
    expected: { members: like(/^s\d( s\d){14}$/), afterRestart: 0, othersMoved: 0, afterReturn: 0 },
    same: ['members'],
  },
  {
    id: 'EK-131',
    area,
    title: 'A cookie past its time is nobody’s: its client goes where its address belongs',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: { strategy: 'source-hash', sticky: { ...COOKIE, maxIdle: '1h', maxLife: '2h' } },
      }),
    run: async (stage) => {
      const by = async (value: (member: string) => string): Promise<string> => {
        const bodies: string[] = [];
        for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4'])
          for (const member of THREE)
            bodies.push(
              (await stage.get('/', { ...withCookie(`SRV=${value(member)}`), from })).body,
            );
        return bodies.join(' ');
      };
      const date = (hoursAgo: number): string =>
        renderCookieDate(systemClock.wallTime() / 1000 - hoursAgo * 3600);
      return {
        undated: await by((member) => member),
        fresh: await by((member) => `${member}|${date(0)}|${date(1)}`),
        idle: await by((member) => `${member}|${date(1.1)}|${date(1.5)}`),
        old: await by((member) => `${member}|${date(0)}|${date(2.1)}`),
        ahead: await by((member) => `${member}|${date(-25)}|${date(0)}`),
        garbled: await by((member) => `${member}|!|`),
      };
    },
    expected: {
      undated: 's1 s2 s3 s1 s2 s3 s1 s2 s3',
      fresh: 's1 s2 s3 s1 s2 s3 s1 s2 s3',
      idle: 's2 s2 s2 s3 s3 s3 s1 s1 s1',
      old: 's2 s2 s2 s3 s3 s3 s1 s1 s1',
      ahead: 's2 s2 s2 s3 s3 s3 s1 s1 s1',
      garbled: 's1 s2 s3 s1 s2 s3 s1 s2 s3',
    },
  },
  {
    id: 'EK-132',
    area,
    title:
      'onMemberDown refuse: who belongs to the member that is down by cookie, or else by address',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: 'source-hash',
          sticky: COOKIE,
          onMemberDown: 'refuse',
          health: QUICK,
        },
      }),
    run: async (stage) => {
      await stage.at('s1').die();
      await stage.until('s1', 'down');
      const ask = async (from: string, cookie = ''): Promise<number> =>
        (await stage.get('/', { from, ...(cookie === '' ? {} : withCookie(cookie)) })).status;
      return {
        byAddress: [await ask('127.0.0.2'), await ask('127.0.0.3'), await ask('127.0.0.4')],
        byCookie: [await ask('127.0.0.2', 'SRV=s1'), await ask('127.0.0.4', 'SRV=s2')],
        unknown: [await ask('127.0.0.2', 'SRV=x'), await ask('127.0.0.4', 'SRV=x')],
      };
    },
    expected: { byAddress: [200, 200, 503], byCookie: [503, 200], unknown: [200, 503] },
  },
  {
    id: 'EK-133',
    area,
    title:
      'onMemberDown refuse where members are filled in order: only clients of the one that is down',
    members: ['s2', 's1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: 'first',
          members: at.members({ maxConnections: 9 }),
          sticky: { mode: 'source-ip', ttl: '10m' },
          onMemberDown: 'refuse',
          health: QUICK,
        },
      }),
    run: async (stage) => {
      const first = await stage.get('/', { from: '127.0.0.2' });
      await stage.at('s2').die();
      await stage.until('s2', 'down');
      const bound = await stage.get('/', { from: '127.0.0.2' });
      const fresh = await stage.get('/', { from: '127.0.0.3' });
      return { first: first.body, bound: bound.status, fresh: fresh.body };
    },
    expected: { first: 's2', bound: 503, fresh: 's1' },
  },
  {
    id: 'EK-140',
    area,
    title: 'By a header: an empty value is nobody’s, and changes on the way do not count',
    members: THREE,
    spec: (at) =>
      oneFrontend(at, {
        frontend: { headers: { request: { set: { 'x-user': 'all' } } } },
        pool: { sticky: { mode: 'header', header: 'X-User' } },
      }),
    run: async (stage) => {
      const bodies: string[] = [];
      for (const value of ['', '', '', 'a', 'b', 'a', 'b'])
        bodies.push((await stage.get('/', { headers: { 'x-user': value } })).body);
      return { bodies: bodies.join(' ') };
    },
    expected: { bodies: 's1 s2 s3 s1 s2 s1 s2' },
  },
];
