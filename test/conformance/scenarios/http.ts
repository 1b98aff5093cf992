// What is done to requests and answers on their way.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RouteSpec } from '../../../src/spec/route.js';
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend } from '../support/specs.js';
import { countOf, type Places, type Stage } from '../support/stage.js';

const area = 'http';

/** A pool of one member for each of the names, besides `b` with the first. */
function poolsOf(at: Places, names: readonly string[]) {
  return names.map((name) => ({ name, members: [at.member(name)] }));
}

function routed(at: Places, routes: readonly RouteSpec[], names: readonly string[]) {
  const spec = oneFrontend(at, { frontend: { routes } });
  return { ...spec, pools: [{ name: 'b', members: [at.member('s1')] }, ...poolsOf(at, names)] };
}

/** Lines of a header in the last request that a member saw. */
function seen(stage: Stage, member: string, ...names: readonly string[]): readonly string[] {
  const lines = stage.at(member).seen.at(-1)?.lines ?? [];
  return lines.filter((line) => names.some((name) => line.startsWith(`${name}:`)));
}

export const http: readonly Scenario[] = [
  {
    id: 'CS-47',
    area,
    title:
      'Routes: the first that matches, hosts whatever their case and port, paths by their parts',
    members: ['s1', 'h', 'a', 'c'],
    spec: (at) =>
      routed(
        at,
        [
          { match: { host: 'app.example' }, pool: 'h' },
          { match: { path: '/api' }, pool: 'a' },
          { match: { header: { 'x-canary': 'yes' } }, pool: 'c' },
        ],
        ['h', 'a', 'c'],
      ),
    run: async (stage) => {
      const by = async (target: string, headers: Record<string, string> = {}): Promise<string> =>
        (await stage.get(target, { headers })).body;
      return {
        hosts: [
          await by('/', { host: 'APP.example' }),
          await by('/', { host: 'app.example:8080' }),
          await by('/', { host: 'xapp.example' }),
        ].join(' '),
        paths: [
          await by('/api'),
          await by('/api/x?q'),
          await by('/apix'),
          await by('/API'),
          await by('/api?x=/y'),
        ].join(' '),
        headers: [await by('/', { 'x-canary': 'no' }), await by('/', { 'x-canary': 'yes' })].join(
          ' ',
        ),
        both: await by('/api', { host: 'app.example', 'x-canary': 'yes' }),
      };
    },
    expected: { hosts: 'h h s1', paths: 'a a s1 s1 a', headers: 's1 c', both: 'h' },
  },
  {
    id: 'EK-90',
    area,
    title: 'Routes by method, query, cookie, source, exact path, expression and wildcard host',
    members: ['s1', 'a'],
    spec: (at) =>
      routed(
        at,
        [
          { match: { method: ['DELETE'] }, pool: 'a' },
          { match: { query: { beta: '1' } }, pool: 'a' },
          { match: { cookie: { lab: 'on' } }, pool: 'a' },
          { match: { source: ['127.0.0.9/32'] }, pool: 'a' },
          { match: { path: { exact: '/one' } }, pool: 'a' },
          { match: { path: { regex: '^/v[12]/' } }, pool: 'a' },
          { match: { host: '*.shop.example' }, pool: 'a' },
        ],
        ['a'],
      ),
    run: async (stage) => {
      const bodies = async (asks: readonly [string, object?][]): Promise<string> => {
        const got = [];
        for (const [target, ask] of asks) got.push((await stage.get(target, ask ?? {})).body);
        return got.join(' ');
      };
      return {
        taken: await bodies([
          ['/', { method: 'DELETE' }],
          ['/?a=b&beta=1'],
          ['/', { headers: { cookie: 'x=y; lab=on' } }],
          ['/', { from: '127.0.0.9' }],
          ['/one'],
          ['/v2/x'],
          ['/', { headers: { host: 'a.b.shop.example' } }],
        ]),
        passed: await bodies([
          ['/', { method: 'PUT' }],
          ['/?beta=10'],
          ['/', { headers: { cookie: 'lab=off' } }],
          ['/', { from: '127.0.0.8' }],
          ['/one/more'],
          ['/v3/x'],
          ['/', { headers: { host: 'shop.example' } }],
        ]),
      };
    },
    expected: { taken: 'a a a a a a a', passed: 's1 s1 s1 s1 s1 s1 s1' },
  },
  {
    id: 'EK-91',
    area,
    title: 'A table of many routes finds the same pools',
    members: ['s1', 'a', 'c'],
    spec: (at) =>
      routed(
        at,
        Array.from({ length: 24 }, (_, index) => ({
          match: { path: `/r${index}` },
          pool: index % 2 === 0 ? 'a' : 'c',
        })),
        ['a', 'c'],
      ),
    run: async (stage) => {
      const bodies = [];
      for (const target of ['/r0', '/r1', '/r11/x', '/r12?q', '/r2x', '/r23/', '/R0', '/'])
        bodies.push((await stage.get(target)).body);
      return { bodies: bodies.join(' ') };
    },
    expected: { bodies: 'a c c a s1 c s1 s1' },
  },
  {
    id: 'EK-92',
    area,
    title: 'Shares of a split, and a client that stays with its share',
    members: ['s1', 'a', 'c'],
    spec: (at) =>
      routed(
        at,
        [
          {
            match: { path: '/steady' },
            split: [
              { pool: 'a', weight: 50 },
              { pool: 'c', weight: 50 },
            ],
            sticky: true,
          },
          {
            match: { path: '/' },
            split: [
              { pool: 'a', weight: 80 },
              { pool: 'c', weight: 20 },
            ],
          },
        ],
        ['a', 'c'],
      ),
    run: async (stage) => {
      const counts = countOf(await stage.bodies(300));
      const steady = [];
      for (let i = 2; i < 8; i++)
        steady.push(new Set(await stage.bodies(3, '/steady', { from: `127.0.0.${i}` })).size);
      return { a: counts['a'], steady: Math.max(...steady) };
    },
    expected: { a: between(205, 270), steady: 1 },
  },
  {
    id: 'EK-93',
    area,
    title: 'Redirects and fixed answers',
    members: ['s1'],
    spec: (at) =>
      routed(
        at,
        [
          { match: { path: '/old' }, redirect: { to: 'https://{host}/new{rest}?{query}' } },
          { match: { path: '/moved' }, redirect: { to: '/here', status: 301 } },
          {
            match: { path: '/fixed' },
            respond: { status: 410, body: 'gone for good', headers: { 'x-why': 'age' } },
          },
        ],
        [],
      ),
    run: async (stage) => {
      const old = await stage.get('/old/page?a=1', { headers: { host: 'App.example:81' } });
      const moved = await stage.get('/moved');
      const fixed = await stage.get('/fixed');
      return {
        old: [old.status, old.headers.location, old.headers['cache-control'] ?? 'none'],
        moved: [moved.status, moved.headers.location, moved.headers['cache-control'] ?? 'none'],
        fixed: [fixed.status, fixed.body, fixed.headers['x-why'], fixed.headers['content-type']],
        seen: stage.at('s1').seen.length,
      };
    },
    expected: {
      old: [302, 'https://app.example/new/page?a=1', 'no-cache'],
      moved: [301, '/here', 'none'],
      fixed: [410, 'gone for good', 'age', 'text/plain; charset=utf-8'],
      seen: 0,
    },
  },
  {
    id: 'EK-94',
    area,
    title: 'From http to https, whatever the method',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { redirectToHttps: { port: 8443 } } }),
    run: async (stage) => {
      const get = await stage.get('/a?b=1', { headers: { host: 'app.example:80' } });
      const post = await stage.get('/x', {
        method: 'POST',
        body: 'x',
        headers: { host: 'app.example' },
      });
      return {
        get: [get.status, get.headers.location],
        post: [post.status, post.headers.location],
      };
    },
    expected: {
      get: [308, 'https://app.example:8443/a?b=1'],
      post: [308, 'https://app.example:8443/x'],
    },
  },
  {
    id: 'CS-48',
    area,
    title: 'Headers towards members: forwarded ones, set, added and removed ones',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: {
          forwarded: { mode: 'x-forwarded', trust: ['127.0.0.0/8'] },
          headers: {
            request: {
              set: { 'X-Real-IP': '{client.ip}', 'X-Where': '{host}{path}' },
              add: { 'X-Multi': 'b' },
              remove: ['X-Secret'],
            },
            response: { set: { 'X-Frame-Options': 'DENY' }, remove: ['etag'] },
          },
        },
      }),
    run: async (stage) => {
      const reply = await stage.get('/etag', {
        from: '127.0.0.7',
        headers: {
          host: 'app.example:81',
          'x-forwarded-for': '1.2.3.4',
          'x-multi': 'a',
          'x-secret': 's',
          'x-real-ip': 'forged',
        },
      });
      return {
        for: seen(stage, 's1', 'x-forwarded-for').join(', ').replaceAll('x-forwarded-for: ', ''),
        proto: seen(stage, 's1', 'x-forwarded-proto'),
        host: seen(stage, 's1', 'host'),
        changed: seen(stage, 's1', 'x-real-ip', 'x-where', 'x-multi', 'x-secret').toSorted(),
        answer: [reply.headers['x-frame-options'], reply.headers.etag ?? 'none'],
      };
    },
    expected: {
      for: '1.2.3.4, 127.0.0.7',
      proto: ['x-forwarded-proto: http'],
      host: ['host: app.example:81'],
      changed: ['x-multi: a', 'x-multi: b', 'x-real-ip: 127.0.0.7', 'x-where: app.example/etag'],
      answer: ['DENY', 'none'],
    },
  },
  {
    id: 'EK-95',
    area,
    title: 'Forwarded headers of somebody who is not trusted are replaced',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      await stage.get('/', {
        from: '127.0.0.7',
        headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' },
      });
      return { lines: seen(stage, 's1', 'x-forwarded-for', 'x-forwarded-proto').toSorted() };
    },
    expected: { lines: ['x-forwarded-for: 127.0.0.7', 'x-forwarded-proto: http'] },
  },
  {
    id: 'EK-96',
    area,
    title: 'Paths are rewritten by prefix and by expression; the query stays',
    members: ['s1', 'a'],
    spec: (at) =>
      routed(
        at,
        [
          { match: { path: '/v1' }, pool: 'a', rewritePath: { prefix: '/v1', to: '/api' } },
          {
            match: { path: '/u' },
            pool: 'a',
            rewritePath: { regex: '^/u/([0-9]+)$', to: '/user/$1' },
          },
        ],
        ['a'],
      ),
    run: async (stage) => {
      for (const target of ['/v1/x?q=1', '/v1', '/u/42?a', '/u/x']) await stage.get(target);
      return { seen: stage.at('a').seen.map(({ url }) => url) };
    },
    expected: { seen: ['/api/x?q=1', '/api', '/user/42?a', '/u/x'] },
  },
  {
    id: 'EK-97',
    area,
    title: 'Names and passwords: 401 without, with a wrong one and for strangers',
    members: ['s1'],
    spec: (at) => {
      // `openssl passwd -6 -salt evenkeel secret`
      const hash =
        '$6$evenkeel$VsrePraRtsmca3dSjZPZjb4qF5NPSzEC1zPX1Asy6EvP/AuAJylRNMT8HTdU4Zj0H84XURYv7K7k9bhsoYioe/';
      writeFileSync(path.join(at.folder, 'users'), `ann:${hash}\n`);
      return oneFrontend(at, { frontend: { basicAuth: { realm: 'ops', usersFile: 'users' } } });
    },
    run: async (stage) => {
      const as = (login: string) => ({
        headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
      });
      const without = await stage.get();
      return {
        without: [without.status, String(without.headers['www-authenticate'])],
        right: (await stage.get('/', as('ann:secret'))).status,
        wrong: (await stage.get('/', as('ann:Secret'))).status,
        stranger: (await stage.get('/', as('bob:secret'))).status,
        seen: stage.at('s1').seen.length,
      };
    },
    expected: {
      without: [401, like(/^Basic realm="ops"/)],
      right: 200,
      wrong: 401,
      stranger: 401,
      seen: 1,
    },
  },
  {
    id: 'EK-98',
    area,
    title: 'Error pages of the spec are what clients read',
    members: ['s1'],
    spec: (at) => {
      writeFileSync(path.join(at.folder, 'busy.html'), '<h1>busy</h1>\n');
      writeFileSync(path.join(at.folder, 'none.json'), '{"error":"none"}\n');
      return oneFrontend(at, {
        frontend: {
          errorPages: { '503': 'busy.html', '404': 'none.json' },
          routes: [{ match: { path: '/web' }, pool: 'b' }],
          pool: undefined,
        } as object,
        pool: { members: [at.member('s1', { state: 'maintenance' })] },
      });
    },
    run: async (stage) => {
      const busy = await stage.get('/web');
      const none = await stage.get('/');
      return {
        busy: [busy.status, busy.body, busy.headers['content-type']],
        none: [none.status, none.body, none.headers['content-type']],
      };
    },
    expected: {
      busy: [503, '<h1>busy</h1>\n', like(/^text\/html/)],
      none: [404, '{"error":"none"}\n', like(/^application\/json/)],
    },
  },
  {
    id: 'EK-99',
    area,
    title: 'Compression for clients that take it',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { compression: { algorithms: ['gzip'] } } }),
    run: async (stage) => {
      const taken = await stage.get('/big', { headers: { 'accept-encoding': 'gzip' } });
      const plain = await stage.get('/big');
      const bytes = Buffer.from(taken.body, 'latin1');
      return {
        taken: [taken.headers['content-encoding'], taken.headers.vary?.toLowerCase()],
        isSmaller: bytes.length < 1000,
        text: gunzipSync(bytes).toString() === plain.body,
        plain: [plain.headers['content-encoding'] ?? 'none', plain.body.length],
      };
    },
    expected: {
      taken: ['gzip', 'accept-encoding'],
      isSmaller: true,
      text: true,
      plain: ['none', 10_000],
    },
  },
  {
    id: 'EK-100',
    area,
    title: 'Maintenance: everybody is turned away but those who work on it',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { maintenance: { allow: ['127.0.0.9/32'] } } }),
    run: async (stage) => ({
      everybody: (await stage.get()).status,
      worker: (await stage.get('/', { from: '127.0.0.9' })).status,
    }),
    expected: { everybody: 503, worker: 200 },
  },
  {
    id: 'EK-101',
    area,
    title: 'Access lists: 403, deny wins',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { access: { allow: ['127.0.0.0/29'], deny: ['127.0.0.3/32'] } },
      }),
    run: async (stage) => {
      const statuses = [];
      for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.9'])
        statuses.push((await stage.get('/', { from })).status);
      return { statuses };
    },
    expected: { statuses: [200, 403, 403] },
  },
  {
    id: 'EK-102',
    area,
    title: 'Request ids: one for member and client, a forged one is replaced',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: { requestId: {} } }),
    run: async (stage) => {
      const reply = await stage.get('/', { headers: { 'x-request-id': 'forged' } });
      const [line = ''] = seen(stage, 's1', 'x-request-id');
      const id = line.replace('x-request-id: ', '');
      return { isSame: reply.headers['x-request-id'] === id, isForged: id === 'forged', id };
    },
    expected: { isSame: true, isForged: false, id: like(/^[\w-]{8,}$/) },
  },
  {
    id: 'CS-49',
    area,
    title: 'An upgrade becomes a tunnel, which ends when nothing passes any more',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { timeouts: { client: 1500, tunnel: 4000 } },
        pool: { timeouts: { server: 1500 } },
      }),
    run: async (stage) => {
      const client = await stage.connect();
      client.send(
        'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      const isOpen = await client.sees('\r\n\r\n');
      client.send('hello');
      const isEchoed = await client.sees('hello');
      const { ms } = await client.until(20_000);
      return { status: client.text.slice(0, 12), isOpen, isEchoed, ms };
    },
    expected: { status: 'HTTP/1.1 101', isOpen: true, isEchoed: true, ms: between(3900, 15_000) },
  },
  {
    id: 'EK-135',
    area,
    title: 'Fixed answers of several frontends are each their own',
    members: [],
    spec: (at) => {
      const page = path.join(at.folder, 'page.html');
      writeFileSync(page, 'none here');
      const frontend = (name: string, body: string, bind: string) => ({
        name,
        protocol: 'http' as const,
        bind: at.bind(bind),
        routes: [{ match: { path: '/a' }, respond: { status: 200, body } }],
      });
      return {
        frontends: [
          { ...frontend('evenkeel', 'one', 'f'), errorPages: { 404: page } },
          frontend('g', 'two', 'g'),
          frontend('h', 'three', 'h'),
        ],
      };
    },
    run: async (stage) => {
      const bodies: string[] = [];
      for (const target of ['/a', '/b'])
        for (const frontend of ['f', 'g', 'h'])
          bodies.push((await stage.get(target, { frontend })).body.trim());
      return { bodies };
    },
    expected: {
      bodies: ['one', 'two', 'three', 'none here', '404 Not Found', '404 Not Found'],
    },
  },
  {
    id: 'EK-136',
    area,
    title: 'Forwarded has an element for each hop; other spellings are nobody’s to write',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, { frontend: { forwarded: { mode: 'both', trust: ['127.0.0.7'] } } }),
    run: async (stage) => {
      const names = ['forwarded', 'x-forwarded-host', 'x_forwarded_for'];
      await stage.get('/', { headers: { host: 'a,b' } });
      const list = seen(stage, 's1', ...names);
      await stage.get('/', {
        from: '127.0.0.7',
        headers: { host: 'app.example:81', forwarded: 'for=1.2.3.4', x_forwarded_for: '1.2.3.4' },
      });
      const trusted = seen(stage, 's1', ...names).join(', ');
      await stage.raw('GET / HTTP/1.0\r\n\r\n');
      return { list, trusted, hostless: seen(stage, 's1', ...names) };
    },
    expected: {
      list: [
        'x-forwarded-host: a,b',
        'forwarded: for=127.0.0.1;proto=http;host="a,b";by=127.0.0.1',
      ],
      trusted: like(
        /for=1.2.3.4, (forwarded: )?for=127.0.0.7;proto=http;host="app.example:81";by=127.0.0.1$|^(?!.*x_)forwarded: for=1.2.3.4, x-forwarded-host: app.example:81, forwarded: for=127.0.0.7;proto=http;host="app.example:81";by=127.0.0.1$/,
      ),
      hostless: ['forwarded: for=127.0.0.1;proto=http;by=127.0.0.1'],
    },
  },
  {
    id: 'EK-139',
    area,
    title: 'What speaks of one hop, or of a proxy, ends here',
    members: ['s1'],
    spec: (at) => oneFrontend(at),
    run: async (stage) => {
      const headers = {
        te: 'deflate',
        'keep-alive': 'timeout=9',
        'proxy-connection': 'x',
        proxy_authorization: 'y',
        'http2-settings': 'AA',
      };
      const names = Object.keys(headers);
      const { lines } = await stage.get('/', { headers });
      const request = seen(stage, 's1', ...names);
      await stage.get('/', { headers: { te: 'trailers' } });
      const trailers = seen(stage, 's1', 'te');
      // Members of the test say `keep-alive: timeout=...`; the client's connection is the balancer's business.
      const answer = lines.filter((line) => line.startsWith('keep-alive:'));
      return { request, trailers, answer };
    },
    expected: { request: [], trailers: ['te: trailers'], answer: [] },
  },
  {
    id: 'EK-141',
    area,
    title: 'A large table of routes: OPTIONS * has no path, whatever paths begin with',
    members: ['s1'],
    spec: (at) => ({
      frontends: [
        {
          name: 'f',
          protocol: 'http',
          bind: at.bind(),
          routes: Array.from({ length: 9 }, (_, index) => ({
            match: { path: index === 8 ? '/' : `/p${index}` },
            pool: 'b',
          })),
        },
      ],
      pools: [{ name: 'b', members: at.members() }],
    }),
    run: async (stage) => {
      const { text } = await stage.raw('OPTIONS * HTTP/1.1\r\nHost: app.example\r\n\r\n', 300);
      return { star: text.slice(9, 12), path: (await stage.get('/q')).status };
    },
    expected: { star: '404', path: 200 },
  },
];
