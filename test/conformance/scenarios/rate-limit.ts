// Clients that ask too often.
import { like, type Scenario } from '../support/scenario.js';
import { oneFrontend } from '../support/specs.js';
import { pause } from '../support/stage.js';

const area = 'rate limit';
/** Longer than any run: how fast the machine is does not matter. */
const WINDOW = '1m';

export const rateLimit: readonly Scenario[] = [
  {
    id: 'CS-42',
    area,
    title:
      'A burst from one client: so many pass, the rest is 429 on a connection that stays; others are served',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { rateLimit: { requests: 5, window: WINDOW } } }),
    run: async (stage) => {
      const agent = stage.keepAlive();
      const replies = [];
      for (let i = 0; i < 12; i++) replies.push(await stage.get('/', { agent }));
      const last = replies.at(-1);
      const other = await stage.get('/', { from: '127.0.0.3' });
      return {
        statuses: replies.map(({ status }) => status).join(' '),
        retryAfter: last?.headers['retry-after'] ?? 'none',
        connection: last?.headers.connection ?? 'kept',
        body: last?.body.trim() ?? '',
        other: other.status,
        seen: stage.at('s1').seen.length,
      };
    },
    expected: {
      statuses: '200 200 200 200 200 429 429 429 429 429 429 429',
      retryAfter: like(/^\d+$/),
      connection: like(/^(kept|keep-alive)$/),
      body: '429 Too Many Requests',
      other: 200,
      seen: 6,
    },
  },
  {
    id: 'CS-43',
    area,
    title: 'Who goes on too fast stays out; after a rest of two windows all is well',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { rateLimit: { requests: 3, window: '1s' } } }),
    run: async (stage) => {
      const burst = await stage.statuses(3);
      const began = performance.now();
      const hammering = new Set<number>();
      // Far above three a second, for more than two windows.
      while (performance.now() - began < 2500)
        for (const { status } of await Promise.all([1, 2, 3, 4, 5].map(() => stage.get())))
          hammering.add(status);
      await pause(2500);
      const rested = await stage.get();
      return { burst: burst.join(' '), hammering: [...hammering], rested: rested.status };
    },
    expected: { burst: '200 200 200', hammering: [429], rested: 200 },
  },
  {
    id: 'CS-44',
    area,
    title: 'By a header, without which nobody is limited; and for a frontend as a whole',
    members: ['s1'],
    spec: (at) => {
      const spec = oneFrontend(at, {
        frontend: { rateLimit: { key: { header: 'x-api-key' }, requests: 3, window: WINDOW } },
      });
      const whole = { key: 'frontend' as const, requests: 4, window: WINDOW };
      return {
        ...spec,
        frontends: [
          ...(spec.frontends ?? []),
          { name: 'g', protocol: 'http', bind: [at.bind('g')], pool: 'b', rateLimit: whole },
        ],
      };
    },
    run: async (stage) => {
      const keyed = async (key: string): Promise<string> =>
        (await stage.statuses(5, '/', { headers: { 'x-api-key': key } })).join(' ');
      const whole = [];
      for (let i = 2; i < 10; i++)
        whole.push((await stage.get('/', { from: `127.0.0.${i}`, frontend: 'g' })).status);
      return {
        a: await keyed('A'),
        b: await keyed('B'),
        // Of several lines the first counts.
        both: (await stage.statuses(5, '/', { headers: { 'x-api-key': ['C', 'A'] } })).join(' '),
        none: (await stage.statuses(6)).join(' '),
        whole: whole.join(' '),
      };
    },
    expected: {
      a: '200 200 200 429 429',
      b: '200 200 200 429 429',
      both: '200 200 200 429 429',
      none: '200 200 200 200 200 200',
      whole: '200 200 200 200 429 429 429 429',
    },
  },
  {
    id: 'EK-84',
    area,
    title: 'Two limits of one frontend, with a status of their own; by a cookie',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: {
          rateLimit: [
            { requests: 6, window: WINDOW },
            { key: { cookie: 'id' }, requests: 2, window: WINDOW, status: 503 },
          ],
        },
      }),
    run: async (stage) => ({
      cookie: (await stage.statuses(4, '/', { headers: { cookie: 'a=b; id=7' } })).join(' '),
      plain: (await stage.statuses(4)).join(' '),
    }),
    expected: { cookie: '200 200 503 503', plain: '200 200 429 429' },
  },
  {
    id: 'EK-85',
    area,
    title: 'Denied by a close: no answer at all',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { rateLimit: { requests: 2, window: WINDOW, action: 'close' } },
      }),
    run: async (stage) => ({ statuses: (await stage.statuses(4)).join(' ') }),
    expected: { statuses: '200 200 0 0' },
  },
  {
    id: 'EK-86',
    area,
    title: 'A limit of a route counts its requests only',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: {
          routes: [
            {
              match: { path: '/api' },
              pool: 'b',
              rateLimit: { requests: 2, window: WINDOW },
            },
          ],
        },
      }),
    run: async (stage) => ({
      api: (await stage.statuses(4, '/api/x')).join(' '),
      rest: (await stage.statuses(4)).join(' '),
    }),
    expected: { api: '200 200 429 429', rest: '200 200 200 200' },
  },
  {
    id: 'EK-87',
    area,
    title: 'Over tcp connections are counted: those above the limit are cut',
    members: ['tcp1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { protocol: 'tcp', rateLimit: { requests: 3, window: WINDOW } },
      }),
    run: async (stage) => {
      const outcomes = [];
      for (let i = 0; i < 5; i++) {
        const client = await stage.connect('127.0.0.4');
        outcomes.push((await client.sees('tcp1\n')) ? 'served' : 'cut');
        client.socket.destroy();
      }
      return { outcomes: outcomes.join(' ') };
    },
    expected: { outcomes: 'served served served cut cut' },
  },
];
