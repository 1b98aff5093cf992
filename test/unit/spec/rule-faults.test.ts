// Faults of rules: names, references, what a protocol can't do, what a host does not allow.
import { describe, expect, test } from 'vitest';
import {
  codes,
  faults,
  frontend,
  pool,
  spec,
  withFrontend,
  withMonitor,
  withPool,
} from './support.js';

describe('names', () => {
  test('are unique per kind', () => {
    const input = spec({
      frontends: [frontend(), frontend({ bind: [':81'] })],
      pools: [pool(), pool()],
      monitors: [
        { name: 'main', type: 'tcp' },
        { name: 'main', type: 'http' },
      ],
    });
    expect(faults(input)).toEqual([
      'frontends[1].name: frontends[0] is a frontend named "public" too; names are unique',
      'pools[1].name: pools[0] is a pool named "web" too; names are unique',
      'monitors[1].name: monitors[0] is a monitor named "main" too; names are unique',
    ]);
  });

  test('a frontend, a pool and a monitor may have the same one', () => {
    const input = {
      frontends: [frontend({ name: 'web' })],
      pools: [pool({ health: 'web' })],
      monitors: [{ name: 'web', type: 'tcp' }],
    };
    expect(faults(input)).toEqual([]);
  });

  test('of members are unique in their pool', () => {
    const members = [
      { name: 'a', address: '10.0.0.1:80' },
      { name: 'a', address: '10.0.0.2:80' },
    ];
    expect(faults(withPool({ members }))).toEqual([
      'pools[0].members[1].name: pools[0].members[0] is named "a" too; names are unique',
    ]);
  });

  test('two members without names need two addresses', () => {
    expect(faults(withPool({ members: ['10.0.0.1:80', '10.0.0.1:080'] }))).toEqual([
      'pools[0].members[1]: pools[0].members[0] has the same address; give one of them a name',
    ]);
  });

  test('a listed monitor needs one, and not "none"', () => {
    const monitors = [{ type: 'tcp' }, { name: 'none', type: 'tcp' }];
    expect(faults(spec({ monitors }))).toEqual([
      'monitors[0].name: is missing; expected a name that pools refer to',
      'monitors[1].name: "none" means no checks; choose another name',
    ]);
  });

  test('an inline monitor has that of its pool', () => {
    expect(faults(withPool({ health: { name: 'other', type: 'tcp' } }))).toEqual([
      "pools[0].health.name: an inline monitor has its pool's name; leave the name out",
    ]);
  });

  test('an inline monitor and a shared one do not get the same', () => {
    const input = spec({
      pools: [pool({ health: 'tcp:5s' })],
      monitors: [{ name: 'web', type: 'tcp' }],
    });
    expect(faults(input)).toEqual([
      'pools[0].health: an inline monitor has its pool\'s name, but "web" is one of the monitors; refer to it or rename it',
    ]);
  });
});

describe('references', () => {
  test('of a frontend point at a pool', () => {
    expect(faults(withFrontend({ pool: 'webb' }))).toEqual([
      'frontends[0].pool: no pool is named "webb"; did you mean "web"?',
    ]);
  });

  test('of a route point at a pool', () => {
    const routes = [
      { match: { sni: 'a.example.com' }, pool: 'web' },
      { match: { source: '10.0.0.0/8' }, pool: 'wbe' },
    ];
    expect(faults(withFrontend({ protocol: 'tcp', routes }))).toEqual([
      'frontends[0].routes[1].pool: no pool is named "wbe"; did you mean "web"?',
    ]);
  });

  test('of a pool point at a monitor', () => {
    const input = spec({
      pools: [pool({ health: 'main-chek' })],
      monitors: [{ name: 'main-check', type: 'tcp' }],
    });
    expect(faults(input)).toEqual([
      'pools[0].health: no monitor is named "main-chek"; did you mean "main-check"?',
    ]);
  });

  test.each([
    ['http', '"http:/health:5s"'],
    ['/ready', '"http:/ready:5s"'],
    ['5s', '"tcp:5s"'],
    ['redis', '{ type: redis }'],
  ])('of a pool to a monitor: %s means %s', (health, inline) => {
    expect(faults(spec({ pools: [pool({ health })] }))).toEqual([
      `pools[0].health: no monitor is named "${health}"; a check of the pool's own is ${inline}`,
    ]);
    const monitors = [{ name: 'redis', type: 'tcp' }];
    expect(faults(spec({ pools: [pool({ health: 'redis' })], monitors }))).toEqual([]);
  });

  test('of a pair point at pools and frontends', () => {
    const ha = {
      id: 51,
      peers: ['10.0.0.6:7946'],
      bind: '10.0.0.5:7946',
      address: { listen: 'local' },
      track: [{ pool: 'wep' }, { frontend: 'publik' }],
    };
    expect(faults(spec({ ha }), { haSecret: () => 'a secret of two nodes' })).toEqual([
      'ha.track[0].pool: no pool is named "wep"; did you mean "web"?',
      'ha.track[1].frontend: no frontend is named "publik"; did you mean "public"?',
    ]);
  });
});

describe('addresses', () => {
  test('are bound once per transport', () => {
    const input = spec({
      frontends: [
        frontend({ bind: [':80', '127.0.0.1:81'] }),
        frontend({ name: 'again', bind: [':0', '127.0.0.1:081'] }),
        frontend({ name: 'dns', protocol: 'udp', bind: ['127.0.0.1:81', ':0'] }),
      ],
    });
    expect(faults(input)).toEqual([
      'frontends[1].bind[1]: "127.0.0.1:81" is bound by frontends[0].bind[1] already',
    ]);
  });

  test.each(['http', 'udp'])('of a pair are not those of a frontend (%s)', (protocol) => {
    const ha = {
      id: 1,
      bind: '127.0.0.1:0802',
      peers: ['127.0.0.1:803'],
      address: { listen: 'local' },
    };
    const input = { ...spec({ frontends: [frontend({ protocol, bind: ['127.0.0.1:802'] })] }), ha };
    expect(faults(input, { haSecret: () => 'sixteen characters' })).toEqual([
      'ha.bind: "127.0.0.1:802" is bound by frontends[0].bind[0] already',
    ]);
  });

  test('of members have a port or get the default one', () => {
    const members = ['10.0.0.1', { address: 'web-2' }, '10.0.0.3:8080'];
    expect(faults(withPool({ members }))).toEqual([
      'pools[0].members[0]: has no port, and there is no defaultPort; got "10.0.0.1"',
      'pools[0].members[1].address: has no port, and there is no defaultPort; got "web-2"',
    ]);
    expect(faults(withPool({ members, defaultPort: 8080 }))).toEqual([]);
  });

  test('from A and AAAA records need a port', () => {
    const discovery = { type: 'dns', name: 'web.internal' };
    expect(faults(withPool({ discovery }))).toEqual([
      'pools[0].discovery.port: is missing; A and AAAA records need it, or a defaultPort of the pool',
    ]);
    expect(faults(withPool({ discovery, defaultPort: 80 }))).toEqual([]);
    expect(faults(withPool({ discovery: { ...discovery, port: 80 } }))).toEqual([]);
    expect(faults(withPool({ discovery: { ...discovery, record: 'SRV' } }))).toEqual([]);
  });
});

type Row = readonly [
  what: string,
  fields: Readonly<Record<string, unknown>>,
  ...messages: string[],
];

const PROTOCOL_ROWS: readonly Row[] = [
  ['http without a pool answers 404', { pool: undefined }],
  [
    'tcp without a pool',
    { protocol: 'tcp', pool: undefined },
    'frontends[0].pool: is missing; a tcp frontend needs a pool or a last route that matches everything',
  ],
  [
    'udp without a pool',
    { protocol: 'udp', pool: undefined },
    'frontends[0].pool: is missing; a udp frontend needs a pool or a last route that matches everything',
  ],
  [
    'tcp with a route for everything needs no pool',
    { protocol: 'tcp', pool: undefined, routes: [{ match: {}, pool: 'web' }] },
  ],
  [
    'forwarded headers on tcp',
    { protocol: 'tcp', forwarded: { mode: 'both' } },
    'frontends[0].forwarded: forwarded is for http, not tcp',
  ],
  [
    'limits, methods and upgrades on udp',
    { protocol: 'udp', limits: { headers: 10 }, methods: { trace: true }, upgrades: ['websocket'] },
    'frontends[0].limits: limits is for http, not udp',
    'frontends[0].methods: methods is for http, not udp',
    'frontends[0].upgrades: upgrades is for http, not udp',
  ],
  [
    'a PROXY header on udp',
    { protocol: 'udp', acceptProxyProtocol: { trust: ['10.0.0.0/8'] } },
    'frontends[0].acceptProxyProtocol: acceptProxyProtocol is for tcp and http, not udp',
  ],
  [
    'routes of http on tcp',
    {
      protocol: 'tcp',
      routes: [
        { match: { host: 'a.example.com', sni: 'a.example.com' }, respond: { status: 403 } },
      ],
    },
    'frontends[0].routes[0].pool: is missing; expected the name of a pool',
    'frontends[0].routes[0].match.host: host is for http, not tcp; tcp matches sni and source',
    'frontends[0].routes[0].respond: respond is for http, not tcp',
  ],
  [
    'server names below a public suffix',
    { protocol: 'tcp', routes: [{ match: { sni: '*.co.uk' }, pool: 'web' }] },
    'frontends[0].routes[0].match.sni: "co.uk" is a public suffix: the names below it belong to strangers',
  ],
  [
    'sni on udp',
    { protocol: 'udp', routes: [{ match: { sni: 'a.example.com' }, pool: 'web' }] },
    'frontends[0].routes[0].match.sni: sni is for tcp, not udp; udp matches source',
  ],
  [
    'source on udp',
    { protocol: 'udp', routes: [{ match: { source: ['10.0.0.0/8'] }, pool: 'web' }] },
  ],
];

describe('a protocol', () => {
  test.each(PROTOCOL_ROWS)('%s', (_, fields, ...messages) => {
    expect(faults(withFrontend(fields))).toEqual(messages);
  });

  test('refuses sni on http by name', () => {
    const routes = [{ match: { sni: 'a.example.com' }, pool: 'web' }];
    expect(faults(withFrontend({ routes }))).toEqual([
      'frontends[0].routes[0].match.sni: sni is for tcp, not http; http matches host',
    ]);
  });

  test('https needs tls, and only https and tcp have it', () => {
    const tls = { certificates: [{ pem: 'a.pem' }] };
    const tcp = { protocol: 'tcp', forwarded: undefined };
    expect(faults(withFrontend({ protocol: 'https' }))).toEqual([
      'frontends[0].tls: is missing; protocol https needs tls',
    ]);
    expect(faults(withFrontend({ tls }))).toEqual([
      'frontends[0].tls: tls is for https and tcp, not http',
    ]);
    expect(faults(withFrontend({ protocol: 'udp', tls }))).toEqual([
      'frontends[0].tls: tls is for https and tcp, not udp',
    ]);
    expect(faults(withFrontend({ ...tcp, tls }))).toEqual([]);
    expect(faults(withFrontend({ hsts: { maxAge: '1y' } }))).toEqual([
      'frontends[0].hsts: hsts is for https, not http',
    ]);
  });

  test.each([
    ['http', { udpSession: '5s' }, 'timeouts.udpSession is for udp'],
    ['http', { clientHello: 1 }, 'timeouts.clientHello is for tcp'],
    ['http', { tlsHandshake: '3s' }, 'timeouts.tlsHandshake is for tcp and https'],
    ['tcp', { requestHead: '3s' }, 'timeouts.requestHead is for http and https'],
    ['tcp', { keepAlive: '3s' }, 'timeouts.keepAlive is for http and https'],
    ['tcp', { total: '3s' }, 'timeouts.total is for http and https'],
    ['udp', { client: '3s' }, 'timeouts.client is for tcp, http and https'],
    ['udp', { tunnel: '3s' }, 'timeouts.tunnel is for tcp, http and https'],
  ])(
    'a timeout that the protocol does not know is refused, unless it has its default: %s %j',
    (protocol, timeouts, message) => {
      const path = `frontends[0].timeouts.${Object.keys(timeouts)[0]}`;
      expect(faults(withFrontend({ protocol, timeouts }))).toEqual([
        `${path}: ${message}, not ${protocol}`,
      ]);
      const expanded = { tlsHandshake: 10_000, udpSession: '1m', clientHello: '5000ms' };
      const common = { requestHead: '10s', client: '50s', keepAlive: '75s', tunnel: '1h' };
      expect(faults(withFrontend({ protocol, timeouts: { ...expanded, ...common } }))).toEqual([]);
    },
  );

  test('a check can be held to the tls of the pool that it stands in, and to no other', () => {
    const check = { type: 'https', verify: true };
    expect(faults(withPool({ tls: {}, health: check }))).toEqual([]);
    expect(faults(withPool({ tls: {}, health: { ...check, verify: false } }))).toEqual([]);
    expect(faults(withPool({ health: check }))).toEqual([
      'pools[0].health.verify: verify goes with the tls of the pool',
    ]);
    expect(faults(withPool({ tls: { verify: false }, health: check }))).toEqual([
      'pools[0].health.verify: tls.verify of the pool is false: there is nothing to verify by',
    ]);
    expect(faults(withPool({ tls: {}, health: { type: 'tcp', verify: false } }))).toEqual([
      'pools[0].health.verify: verify is for https and tls monitors, not tcp',
    ]);
    const shared = { ...withPool({ tls: {} }), monitors: [{ name: 'm', ...check }] };
    expect(faults(shared)).toEqual([
      'monitors[0].verify: verify is for checks inline in a pool with tls; a shared one verifies nothing',
    ]);
  });

  test('what ALPN offers to members is what is spoken', () => {
    const h2 = { http: { version: '2' } };
    expect(faults(withPool({ ...h2, tls: {} }))).toEqual([]);
    expect(faults(withPool({ ...h2, tls: { alpn: ['h2'] } }))).toEqual([]);
    expect(faults(withPool({ ...h2, tls: { alpn: ['http/1.1'] } }))).toEqual([
      'pools[0].tls.alpn: http.version "2" needs h2',
    ]);
    expect(faults(withPool({ tls: { alpn: ['h2', 'http/1.1'] } }))).toEqual([
      'pools[0].tls.alpn: h2 goes with http.version "2"',
    ]);
  });

  test('tls needs certificates of one kind, and authorities for those of clients', () => {
    const https = (tls: object): object => withFrontend({ protocol: 'https', tls });
    expect(faults(https({}))).toEqual(['frontends[0].tls: expected certificates or selfSigned']);
    expect(faults(https({ selfSigned: false }))).toHaveLength(1);
    expect(faults(https({ selfSigned: true, certificates: [{ pem: 'a' }] }))).toEqual([
      'frontends[0].tls.selfSigned: selfSigned makes a certificate; leave certificates out',
    ]);
    expect(faults(https({ selfSigned: true, clientAuth: { mode: 'require' } }))).toEqual([
      'frontends[0].tls.clientAuth.ca: is missing; mode require needs the authorities of the clients',
    ]);
    expect(faults(https({ selfSigned: true, clientAuth: { mode: 'none' } }))).toEqual([]);
  });

  test('a keyed hash needs http', () => {
    const input = spec({
      frontends: [frontend({ name: 'db', protocol: 'tcp' })],
      pools: [pool({ strategy: { type: 'hash', key: 'uri' } })],
    });
    expect(faults(input)).toEqual([
      'pools[0].strategy: hash looks at http requests, but frontend "db" is tcp',
    ]);
  });

  test('udp members get no PROXY header', () => {
    const input = spec({
      frontends: [frontend({ name: 'dns', protocol: 'udp' })],
      pools: [pool({ sendProxyProtocol: 'v2' })],
    });
    expect(faults(input)).toEqual([
      'pools[0].sendProxyProtocol: the PROXY header is for tcp and http, but frontend "dns" is udp',
    ]);
  });

  test('cookies need http', () => {
    const input = spec({
      frontends: [frontend({ name: 'db', protocol: 'tcp' })],
      pools: [pool({ sticky: { mode: 'cookie' } })],
    });
    expect(faults(input)).toEqual([
      'pools[0].sticky.mode: cookies are for http, but frontend "db" is tcp',
    ]);
  });
});

const MONITOR_ROWS: readonly Row[] = [
  [
    'fields of http on tcp',
    { type: 'tcp', path: '/health', method: 'HEAD', expect: { status: '200' } },
    'monitors[0].path: path is for http and https monitors, not tcp',
    'monitors[0].method: method is for http and https monitors, not tcp',
    'monitors[0].expect: expect is for http, https and udp monitors, not tcp',
  ],
  [
    'bytes on http',
    { type: 'http', send: { text: 'hello' }, expect: { hex: 'ff' } },
    'monitors[0].send: send is for udp monitors, not http',
    'monitors[0].expect.hex: hex is for udp monitors, not http',
  ],
  [
    'a status on udp',
    { type: 'udp', expect: { status: '200', text: 'ok' } },
    'monitors[0].expect.status: status is for http and https monitors, not udp',
  ],
  [
    'two payloads',
    { type: 'udp', expect: { text: 'ok', hex: 'ff' } },
    'monitors[0].expect: expected one of payload, text and hex, got text and hex',
  ],
  [
    'a command on redis',
    { type: 'redis', command: ['true'], service: 'a', user: 'b', ehlo: 'c', use: 'd' },
    'monitors[0].command: command is for exec monitors, not redis',
    'monitors[0].service: service is for grpc monitors, not redis',
    'monitors[0].user: user is for postgres and mysql monitors, not redis',
    'monitors[0].ehlo: ehlo is for smtp monitors, not redis',
    'monitors[0].use: use is for custom monitors, not redis',
  ],
  [
    'exec without a command',
    { type: 'exec' },
    'monitors[0].command: is missing; exec needs a command',
  ],
  [
    'custom without a name',
    { type: 'custom' },
    'monitors[0].use: is missing; expected the name of an extension',
  ],
];

test('a bounded load does not go with the mapping modulo', () => {
  const strategy = { type: 'hash', key: 'uri', mapping: 'modulo', boundedLoad: 1.25 };
  expect(faults(withPool({ strategy }))).toEqual([
    'pools[0].strategy.boundedLoad: boundedLoad does not go with mapping modulo',
  ]);
});

describe('a monitor', () => {
  test.each(MONITOR_ROWS)('refuses %s', (_, fields, ...messages) => {
    expect(faults(withMonitor(fields), { allowExec: true })).toEqual(messages);
  });
});

describe('the host', () => {
  test('allows exec or not', () => {
    const input = withMonitor({ type: 'exec', command: ['true'] });
    expect(faults(input)).toEqual([
      'monitors[0].type: exec monitors run only if the host allows them (allowExec, --allow-exec)',
    ]);
    expect(faults(input, { allowExec: true })).toEqual([]);
  });

  test('brings what a spec calls custom', () => {
    const input = spec({
      pools: [pool({ discovery: { type: 'custom', use: 'find' } })],
      monitors: [{ name: 'main', type: 'custom', use: 'check' }],
    });
    expect(faults(input, { extensions: { chek: () => undefined } })).toEqual([
      'pools[0].discovery.use: no extension is named "find"',
      'monitors[0].use: no extension is named "check"; did you mean "chek"?',
    ]);
    expect(faults(input, { extensions: { find: 1, check: 1 } })).toEqual([]);
    expect(faults(withMonitor({ type: 'custom', use: 'toString' }), { extensions: {} })).toEqual([
      'monitors[0].use: no extension is named "toString"; extensions are code, and the host brings none',
    ]);
  });

  test('sets limits', () => {
    const input = spec({
      frontends: [frontend(), frontend({ name: 'b', bind: ':81' })],
      pools: [pool({ members: ['a:1', 'b:1'] }), pool({ name: 'api', members: ['c:1'] })],
    });
    const limits = { maxFrontends: 1, maxPools: 1, maxMembers: 2 };
    expect(faults(input, { limits })).toEqual([
      'frontends: the host allows at most 1 frontends, got 2',
      'pools: the host allows at most 1 pools, got 2',
      'pools: the host allows at most 2 members, got 3',
    ]);
    expect(new Set(codes(input, { limits }))).toEqual(
      new Set(['EK_LIMIT frontends', 'EK_LIMIT pools']),
    );
    expect(faults(input, { limits: { maxFrontends: 2, maxPools: 2, maxMembers: 3 } })).toEqual([]);
  });
});

test('faults of shape and of rules are told together, in the order of the document', () => {
  const input = {
    name: 'LB',
    frontends: [
      frontend({ bnd: 1, pool: 'webb' }),
      frontend({ name: 'tcp', protocol: 'tcp', limits: { headers: 5 }, timeouts: { client: 'x' } }),
    ],
    pools: [pool({ tls: { verfy: true }, health: 'nowhere' })],
  };
  expect(faults(input).map((message) => message.split(':')[0])).toEqual([
    'name',
    'frontends[0].pool',
    'frontends[0].bnd',
    'frontends[1].bind[0]',
    'frontends[1].limits',
    'frontends[1].timeouts.client',
    'pools[0].tls.verfy',
    'pools[0].health',
  ]);
});
