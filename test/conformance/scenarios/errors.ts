// What the balancer answers itself, and what it does with members that fail.
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend, QUICK } from '../support/specs.js';

const area = 'errors';

const MALFORMED: Readonly<Record<string, string>> = {
  'no request line': 'hello\r\n\r\n',
  'two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'no host': 'GET / HTTP/1.1\r\nX-A: b\r\n\r\n',
  'blank before the colon': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
  'a negative length': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n',
  'two lengths': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
  'an unknown coding': 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: foo\r\n\r\n',
  'a blank in the target': 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
  'a control character in the target': 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n',
  'no end of the chunk size':
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
};

export const errors: readonly Scenario[] = [
  {
    id: 'CS-27',
    area,
    title: 'No healthy member: 503 at once, the connection stays open',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { pool: { health: QUICK } }),
    run: async (stage) => {
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down');
      const client = await stage.connect();
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.sees('\r\n\r\n');
      const began = performance.now();
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await stage.eventually(() => client.text.split('HTTP/1.1 503').length === 3, 'two answers');
      return { ms: performance.now() - began, ending: client.ending };
    },
    expected: { ms: between(0, 1000), ending: 'open' },
  },
  {
    id: 'EK-30',
    area,
    title: 'No healthy member, over tcp: the connection ends without a byte',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { protocol: 'tcp' }, pool: { health: QUICK } }),
    run: async (stage) => {
      stage.at('s1').healthStatus = 500;
      await stage.until('s1', 'down');
      const { text, ending } = await stage.raw('', 5000);
      return { text, isOver: ending !== 'open' };
    },
    expected: { text: '', isOver: true },
  },
  {
    id: 'CS-28',
    area,
    title: 'A refused connection, no other member: 503',
    members: [],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: [{ name: 's1', address: at.deadAddress }], retries: { attempts: 1 } },
      }),
    run: async (stage) => {
      const { status, ms } = await stage.get();
      return { status, ms };
    },
    expected: { status: 503, ms: between(0, 900) },
    differences: {
      ms: {
        haproxy: between(900, 4000),
        why: 'With nobody else to ask HAProxy pauses for a second and asks the same member again.',
        reported: { path: 'pools[0].retries.attempts' },
      },
    },
  },
  {
    id: 'CS-29',
    area,
    title: 'A refused connection: another member at once',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { members: [at.member('s1'), { name: 's2', address: at.deadAddress }] },
      }),
    run: async (stage) => {
      const replies = [];
      for (let i = 0; i < 4; i++) replies.push(await stage.get());
      return {
        statuses: replies.map(({ status }) => status),
        slowest: Math.max(...replies.map(({ ms }) => ms)),
      };
    },
    expected: { statuses: [200, 200, 200, 200], slowest: between(0, 900) },
  },
  {
    id: 'CS-31',
    area,
    title: 'A member that does not answer in time: 504',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { pool: { timeouts: { server: 300 } } }),
    run: async (stage) => {
      const { status, ms } = await stage.get('/slow?ms=5000');
      return { status, ms };
    },
    expected: { status: 504, ms: between(250, 3000) },
  },
  {
    id: 'CS-32',
    area,
    title: 'A member that closes, or sends no HTTP: 502; a body that ends early is cut',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { pool: { retries: { attempts: 0 } } }),
    run: async (stage) => {
      const closes = await stage.get('/close', { method: 'POST', body: 'x' });
      const junk = await stage.get('/junk');
      const partial = await stage.get('/partial');
      return {
        closes: closes.status,
        junk: junk.status,
        partial: [partial.status, partial.body, partial.isCut],
      };
    },
    expected: { closes: 502, junk: 502, partial: [200, 'half', true] },
  },
  {
    id: 'EK-31',
    area,
    title: 'A member that closes before it answers a GET: another member is asked',
    members: ['s1', 's2'],
    spec: (at) =>
      oneFrontend(at, {
        pool: { strategy: 'first', retries: { on: ['connect-failure', 'reset-before-response'] } },
      }),
    run: async (stage) => {
      const get = await stage.get('/close');
      return {
        get: get.status,
        asked: [stage.at('s1').seen.length > 0, stage.at('s2').seen.length > 0],
      };
    },
    expected: { get: 502, asked: [true, true] },
  },
  {
    id: 'EK-32',
    area,
    title: 'A POST whose member closes is not sent again',
    members: ['s1', 's2'],
    spec: (at) => oneFrontend(at, { pool: { strategy: 'first' } }),
    run: async (stage) => {
      const post = await stage.get('/close', { method: 'POST', body: 'order' });
      return { post: post.status, seen: [stage.at('s1').seen.length, stage.at('s2').seen.length] };
    },
    expected: { post: 502, seen: [1, 0] },
  },
  {
    id: 'CS-33',
    area,
    title:
      'A head that does not come in time: 408, bytes do not extend it; idle connections close silently',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { timeouts: { requestHead: 500, keepAlive: 900 } } }),
    run: async (stage) => {
      const half = stage.raw('GET / HTTP/1.1\r\nHost:', 5000);
      const none = stage.raw('', 5000);
      const idle = await stage.connect();
      idle.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await idle.sees('s1');
      const answered = idle.text.length;
      const drip = await stage.connect();
      void (async () => {
        for (const c of 'GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaa') {
          if (drip.ending !== 'open') return;
          drip.send(c);
          await new Promise((resolve) => {
            setTimeout(resolve, 100);
          });
        }
      })();
      const dripped = await drip.until(5000);
      const gone = await idle.until(5000);
      const [h, n] = [await half, await none];
      return {
        half: [statusOf(h.text), h.ending],
        none: [statusOf(n.text), n.ending],
        drip: [statusOf(dripped.text), dripped.ending],
        dripMs: dripped.ms,
        idle: [gone.text.length - answered, gone.ending],
      };
    },
    expected: {
      half: ['408', 'end'],
      none: ['408', 'end'],
      drip: ['408', 'end'],
      dripMs: between(400, 2500),
      idle: [0, 'end'],
    },
  },
  {
    id: 'CS-34',
    area,
    title: 'Malformed requests: 400 and a close',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const statuses: Record<string, string> = {};
      for (const [name, text] of Object.entries(MALFORMED)) {
        const { text: answer, ending } = await stage.raw(text, 4000);
        statuses[name] = `${statusOf(answer)} ${ending === 'open' ? 'open' : 'closed'}`;
      }
      return { ...statuses, seen: stage.at('s1').seen.length };
    },
    expected: {
      ...Object.fromEntries(Object.keys(MALFORMED).map((name) => [name, '400 closed'])),
      seen: 0,
    },
    differences: {
      'no host': {
        haproxy: '400 open',
        why: 'HAProxy reads such a head; a rule refuses it, and the connection goes on.',
        reported: { note: /without closing/ },
      },
    },
  },
  {
    id: 'EK-33',
    area,
    title: 'Ambiguous framing: Content-Length beside Transfer-Encoding, bare LF, folded lines',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const both = await stage.raw(
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        4000,
      );
      const bare = await stage.raw('GET / HTTP/1.1\nHost: a\nConnection: close\n\n', 4000);
      const folded = await stage.raw(
        'GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\nConnection: close\r\n\r\n',
        4000,
      );
      return {
        both: statusOf(both.text),
        bare: statusOf(bare.text),
        folded: statusOf(folded.text),
      };
    },
    expected: { both: '400', bare: '400', folded: '400' },
    differences: {
      both: {
        haproxy: like(/^(200|400)$/),
        why: "HAProxy's parser takes the Transfer-Encoding and drops the Content-Length.",
        reported: { note: /own parser/ },
      },
      bare: {
        haproxy: '200',
        why: "HAProxy's parser takes a bare LF as a line end.",
        reported: { note: /own parser/ },
      },
      folded: {
        haproxy: '200',
        why: "HAProxy's parser joins folded lines.",
        reported: { note: /own parser/ },
      },
    },
  },
  {
    id: 'EK-34',
    area,
    title: 'Too long a head: 431, closed',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { limits: { headerBytes: '8KiB', headers: 50 } } }),
    run: async (stage) => {
      const long = await stage.raw(
        `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(12_000)}\r\n\r\n`,
        4000,
      );
      const lines = Array.from({ length: 80 }, (_, i) => `X-${i}: y\r\n`).join('');
      const many = await stage.raw(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 4000);
      return {
        long: statusOf(long.text),
        many: statusOf(many.text),
        seen: stage.at('s1').seen.length,
      };
    },
    expected: { long: '431', many: '431', seen: 0 },
  },
  {
    id: 'EK-35',
    area,
    title: 'A body above the limit: 413',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { limits: { bodyBytes: 100 } } }),
    run: async (stage) => {
      const small = await stage.get('/', { method: 'POST', body: 'x'.repeat(100) });
      const large = await stage.get('/', { method: 'POST', body: 'x'.repeat(101) });
      return { small: small.status, large: large.status, seen: stage.at('s1').seen.length };
    },
    expected: { small: 200, large: 413, seen: 1 },
  },
  {
    id: 'EK-36',
    area,
    title: 'CONNECT and TRACE: 405; an expectation that nobody can meet: 417',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const trace = await stage.raw('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 3000);
      const connected = await stage.raw('CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 3000);
      const expects = await stage.get('/', { headers: { expect: 'miracles' } });
      return {
        trace: statusOf(trace.text),
        connect: statusOf(connected.text),
        expects: expects.status,
        seen: stage.at('s1').seen.length,
      };
    },
    expected: { trace: '405', connect: '405', expects: 417, seen: 0 },
  },
  {
    id: 'EK-37',
    area,
    title: 'No route and no default pool: 404, the connection stays open',
    members: ['s1'],
    spec: (at) => ({
      frontends: [
        {
          name: 'f',
          protocol: 'http',
          bind: [at.bind()],
          routes: [{ match: { path: '/api' }, pool: 'b' }],
        },
      ],
      pools: [{ name: 'b', members: at.members() }],
    }),
    run: async (stage) => {
      const agent = stage.keepAlive();
      const none = await stage.get('/other', { agent });
      const some = await stage.get('/api/x', { agent });
      return {
        none: none.status,
        connection: none.headers.connection ?? 'kept',
        some: some.status,
      };
    },
    expected: { none: 404, connection: like(/^(kept|keep-alive)$/), some: 200 },
  },
  {
    id: 'EK-38',
    area,
    title: 'Bodies of generated answers are the same',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, { pool: { timeouts: { server: 200 }, retries: { attempts: 0 } } }),
    run: async (stage) => {
      const late = await stage.get('/slow?ms=3000');
      const junk = await stage.get('/junk');
      const bad = await stage.raw('GET\r\n\r\n', 3000);
      return {
        late: [late.status, late.body, late.headers['content-type']],
        junk: [junk.status, junk.body, junk.headers['content-type']],
        bad: bad.text.split('\r\n\r\n')[1],
      };
    },
    expected: {
      late: [504, like(/504/), like(/^text\/plain/)],
      junk: [502, like(/502/), like(/^text\/plain/)],
      bad: '400 Bad Request\n',
    },
    same: ['late', 'junk'],
    differences: {
      bad: {
        haproxy: like(/400 Bad request/),
        why: 'HAProxy answers a head that it can not read before any page of ours is known.',
        reported: { note: /page of its own/ },
      },
    },
  },
  {
    id: 'CS-37',
    area,
    title: 'A status that asks for another member',
    members: ['s1', 's2'],
    spec: (at) =>
      oneFrontend(at, { pool: { retries: { on: ['connect-failure', '503'], attempts: 3 } } }),
    run: async (stage) => {
      stage.at('s1').status = 503;
      const one = await stage.statuses(4);
      const post = await stage.get('/', { method: 'POST', body: 'x' });
      const posted = [
        post.status,
        (await stage.get('/', { method: 'POST', body: 'x' })).status,
      ].toSorted((a, b) => a - b);
      stage.at('s2').status = 503;
      const all = await stage.get('/');
      return { one, posted, all: all.status, body: all.body };
    },
    expected: { one: [200, 200, 200, 200], posted: [200, 503], all: 503, body: like(/^s[12]$/) },
  },
  {
    id: 'EK-142',
    area,
    title: 'Too long a target: 414',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { limits: { headerBytes: 2000 } } }),
    run: async (stage) => ({
      long: (await stage.get(`/${'x'.repeat(2000)}`)).status,
      short: (await stage.get(`/${'x'.repeat(1500)}`)).status,
      seen: stage.at('s1').seen.length,
    }),
    expected: { long: 414, short: 200, seen: 1 },
  },
];

function statusOf(text: string): string {
  return /^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 'none';
}
