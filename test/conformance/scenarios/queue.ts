// What happens when every member has as much as it may.
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend } from '../support/specs.js';
import { countOf } from '../support/stage.js';

const area = 'queue';

export const queue: readonly Scenario[] = [
  {
    id: 'CS-35',
    area,
    title: 'Requests past maxConnections wait, and are served in turn',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: at.members({ maxConnections: 1 }), queue: { timeout: '20s' } },
      }),
    run: async (stage) => {
      const replies = await Promise.all(Array.from({ length: 5 }, () => stage.get('/slow?ms=150')));
      return {
        statuses: replies.map(({ status }) => status),
        slowest: Math.max(...replies.map(({ ms }) => ms)),
      };
    },
    expected: { statuses: [200, 200, 200, 200, 200], slowest: between(700, 15_000) },
  },
  {
    id: 'EK-40',
    area,
    title: 'A request that waits too long: 503 after queue.timeout',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: at.members({ maxConnections: 1 }), queue: { timeout: 400 } },
      }),
    run: async (stage) => {
      const first = stage.get('/slow?ms=3000');
      await stage.eventually(
        () => stage.at('s1').seen.length === 1,
        'the first is with the member',
      );
      const { status, ms } = await stage.get('/');
      return { status, ms, first: (await first).status, seen: stage.at('s1').seen.length };
    },
    expected: { status: 503, ms: between(350, 2500), first: 200, seen: 1 },
  },
  {
    id: 'CS-36',
    area,
    title: 'A client that leaves while it waits is never sent to the member',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: at.members({ maxConnections: 1 }), queue: { timeout: '20s' } },
      }),
    run: async (stage) => {
      const first = stage.get('/slow?ms=1200');
      await stage.eventually(
        () => stage.at('s1').seen.length === 1,
        'the first is with the member',
      );
      const leaver = await stage.connect();
      leaver.send('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
      leaver.socket.resetAndDestroy();
      await first;
      const last = await stage.get('/last');
      return { last: last.status, seen: stage.at('s1').seen.map(({ url }) => url.split('?')[0]) };
    },
    expected: { last: 200, seen: ['/slow', '/last'] },
  },
  {
    id: 'EK-127',
    area,
    title:
      'A client that ends its half of the connection while it waits is never sent to the member',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: at.members({ maxConnections: 1 }), queue: { timeout: '20s' } },
      }),
    run: async (stage) => {
      const first = stage.get('/slow?ms=1200');
      await stage.eventually(
        () => stage.at('s1').seen.length === 1,
        'the first is with the member',
      );
      const client = await stage.connect();
      client.send('GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n');
      client.socket.end();
      const { text } = await client.until();
      await first;
      const last = await stage.get('/last');
      return {
        status: text.slice(0, 12),
        last: last.status,
        seen: stage.at('s1').seen.map(({ url }) => url.split('?')[0]),
      };
    },
    expected: { status: like(/^(|HTTP\/1\.1 400)$/), last: 200, seen: ['/slow', '/last'] },
  },
  {
    id: 'EK-45',
    area,
    title: 'A client that ends its half of the connection and waits for the answer',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const client = await stage.connect();
      client.send('GET /slow?ms=400 HTTP/1.1\r\nHost: a\r\n\r\n');
      client.socket.end();
      const { text } = await client.until();
      return { status: text.slice(0, 12) };
    },
    expected: { status: 'HTTP/1.1 200' },
    differences: {
      status: {
        haproxy: like(/^(|HTTP\/1\.1 400)$/),
        why: 'With `option abortonclose`, which clients that are gone need, a half-close counts as gone.',
        reported: { note: /ends its half/ },
      },
    },
  },
  {
    id: 'EK-41',
    area,
    title: 'A client that leaves while the member works: the member connection is closed',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      stage.tcp('tcp1').isSilent = true;
      const leaver = await stage.connect();
      leaver.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await stage.eventually(
        () => (stage.tcp('tcp1').received[0]?.length ?? 0) > 0,
        'the member has the request',
      );
      leaver.socket.resetAndDestroy();
      await stage.eventually(() => stage.tcp('tcp1').endings.length === 1, 'it is closed');
      return { closed: stage.tcp('tcp1').endings.length };
    },
    expected: { closed: 1 },
  },
  {
    id: 'EK-42',
    area,
    title: 'A full member is passed over by strategies that are no hash',
    members: ['s1', 's2'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: [at.member('s1', { maxConnections: 1 }), at.member('s2')] },
      }),
    run: async (stage) => {
      const busy = stage.get('/slow?ms=1500');
      await stage.eventually(() => stage.at('s1').seen.length === 1, 's1 is busy');
      const counts = countOf(await stage.bodies(6));
      return { counts, busy: (await busy).body };
    },
    expected: { counts: { s2: 6 }, busy: 's1' },
  },
  {
    id: 'EK-43',
    area,
    title: 'A hashed client waits for its own member',
    members: ['s1', 's2', 's3'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          strategy: { type: 'source-hash', mapping: 'modulo' },
          members: at.members({ maxConnections: 1 }),
          queue: { timeout: '20s' },
        },
      }),
    run: async (stage) => {
      const first = stage.get('/slow?ms=1000');
      await stage.eventually(
        () => ['s1', 's2', 's3'].some((name) => stage.at(name).seen.length === 1),
        'a member is busy',
      );
      const second = await stage.get('/');
      return { isSame: (await first).body === second.body, ms: second.ms };
    },
    expected: { isSame: true, ms: between(300, 10_000) },
  },
  {
    id: 'EK-44',
    area,
    title: 'Queue over tcp: a connection that waits too long ends without a byte',
    members: ['tcp1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { protocol: 'tcp' },
        pool: { members: at.members({ maxConnections: 1 }), queue: { timeout: 400 } },
      }),
    run: async (stage) => {
      const first = await stage.connect();
      await first.sees('tcp1');
      const second = await stage.raw('', 5000);
      return {
        first: first.ending,
        text: second.text,
        isOver: second.ending !== 'open',
        ms: second.ms,
      };
    },
    expected: { first: 'open', text: '', isOver: true, ms: between(300, 3000) },
  },
  {
    id: 'EK-138',
    area,
    title: 'A full queue, and a client whose own member is free',
    members: ['s1', 's2'],
    spec: (at) =>
      oneFrontend(at, {
        pool: {
          members: at.members({ maxConnections: 1 }),
          sticky: { mode: 'cookie', cookie: 'SRV' },
          queue: { max: 1, timeout: '20s' },
        },
      }),
    run: async (stage) => {
      const headers = { cookie: 'SRV=s1' };
      const held = [stage.get('/slow?ms=1500', { headers })];
      await stage.eventually(
        () => stage.at('s1').seen.length === 1,
        'the first is with the member',
      );
      held.push(stage.get('/', { headers }));
      await stage.eventually(
        async () => (await stage.memberStatus('s1'))?.queued === 1,
        'the second waits',
      );
      const { status } = await stage.get('/', { headers: { cookie: 'SRV=s2' } });
      return { status, held: (await Promise.all(held)).map((reply) => reply.status) };
    },
    expected: { status: 200, held: [200, 200] },
    differences: {
      status: {
        haproxy: 503,
        why: 'HAProxy looks at the pool as a whole before it looks for the member.',
        reported: { path: 'pools[0].queue.max' },
      },
    },
  },
];
