// Faults of shape: wrong types, grammars, ranges, unknown keys.
import { describe, expect, test } from 'vitest';
import { faults, spec, withFrontend, withMonitor, withPool } from './support.js';

const AN_ADDRESS = 'an address such as "10.0.0.1:8080", "[::1]:8080" or ":443"';
const A_DURATION = 'a duration such as "250ms", "5s" or a number of milliseconds';
const A_NAME = 'a name of a-z, 0-9 and inner "-", at most 63 characters';

type Row = readonly [what: string, input: unknown, ...messages: string[]];

const WHOLE: readonly Row[] = [
  ['no object', 5, 'expected an object, got 5'],
  ['null', null, 'expected an object, got null'],
  ['a list', [], 'expected an object, got a list'],
  ['an unknown key', { frontend: [] }, 'frontend: unknown key; did you mean "frontends"?'],
  ['an unknown key like no other', { zebra: 1 }, 'zebra: unknown key'],
  [
    'two unknown keys',
    { pols: 1, monitor: 2 },
    'pols: unknown key; did you mean "pools"?',
    'monitor: unknown key; did you mean "monitors"?',
  ],
  ['a key that would change a prototype', JSON.parse('{"__proto__":{}}'), '__proto__: unknown key'],
  ['a bad name', { name: 'Web_1' }, `name: expected ${A_NAME}, got "Web_1"`],
  ['a name with a hyphen at its end', { name: 'web-' }, `name: expected ${A_NAME}, got "web-"`],
  ['labels that are no texts', { labels: { a: 1 } }, 'labels.a: expected a text, got 1'],
  ['frontends that are no list', { frontends: {} }, 'frontends: expected a list, got an object'],
  ['a pool that is no object', { pools: ['web'] }, 'pools[0]: expected an object, got "web"'],
  ['a key that is nearly one', { pool: [] }, 'pool: unknown key; did you mean "pools"?'],
  [
    'what others call it',
    { frontends: [], upstreams: [] },
    'upstreams: unknown key; did you mean "pools"?',
  ],
  [
    'what others call it, where ours is there',
    { pools: [], upstreams: [] },
    'upstreams: unknown key; did you mean "pools"?',
  ],
  [
    'too deep a nesting',
    JSON.parse(`{"deep":${'['.repeat(40)}${']'.repeat(40)}}`),
    'deep: unknown key',
    `deep${'[0]'.repeat(32)}: is nested deeper than 32 levels`,
  ],
];

const FRONTENDS: readonly Row[] = [
  [
    'a key of rate limits that is none of four kinds',
    { rateLimit: { requests: 1, window: '1s', key: 'ip' } },
    'frontends[0].rateLimit.key: expected source-ip, frontend, {header} or {cookie}, got "ip"',
  ],
  ['a key that pools have', { members: [] }, 'frontends[0].members: unknown key; pools have it'],
  [
    'no protocol',
    { protocol: undefined },
    'frontends[0].protocol: is missing; expected one of "tcp", "udp", "http", "https"',
  ],
  [
    'a mistyped protocol',
    { protocol: 'htp' },
    'frontends[0].protocol: expected one of "tcp", "udp", "http", "https", got "htp"; did you mean "http"?',
  ],
  [
    'a mistyped object with few fields',
    { drain: '5s' },
    'frontends[0].drain: expected an object {timeout}, got "5s"',
  ],
  [
    'true for an object that needs no field',
    { compression: true },
    'frontends[0].compression: expected an object {algorithms, minBytes, types}, got true; {} takes the defaults',
  ],
  [
    'true for an object that needs one',
    { acceptProxyProtocol: true },
    'frontends[0].acceptProxyProtocol: expected an object {trust}, got true',
  ],
  [
    'a timeout of pools',
    { timeouts: { connect: '5s' } },
    'frontends[0].timeouts.connect: unknown key; timeouts of pools have it',
  ],
  [
    'a match that is not under match',
    { routes: [{ match: {}, host: 'a.test', pool: 'web' }] },
    'frontends[0].routes[0].host: unknown key; matches of routes have it',
  ],
  [
    'changes of headers without a direction',
    { headers: { set: {} } },
    'frontends[0].headers.set: unknown key; request and response of headers have it',
  ],
  ['no name', { name: undefined }, `frontends[0].name: is missing; expected ${A_NAME}`],
  [
    'no bind',
    { bind: undefined },
    'frontends[0].bind: is missing; expected an address or a list of them',
  ],
  ['an empty bind', { bind: [] }, 'frontends[0].bind: expected at least one address'],
  [
    'a bind without a port',
    { bind: ['10.0.0.1'] },
    `frontends[0].bind[0]: expected ${AN_ADDRESS}, got "10.0.0.1"`,
  ],
  ['a bind with a star', { bind: '*:80' }, `frontends[0].bind: expected ${AN_ADDRESS}, got "*:80"`],
  [
    'a port that is none',
    { bind: [':70000'] },
    `frontends[0].bind[0]: expected ${AN_ADDRESS}, got ":70000"`,
  ],
  [
    'a bind that is a number',
    { bind: 80 },
    'frontends[0].bind: expected an address or a list of them, got 80',
  ],
  [
    'a mistyped key',
    { maxConnection: 5 },
    'frontends[0].maxConnection: unknown key; did you mean "maxConnections"?',
  ],
  [
    'a count below its range',
    { maxConnections: 0 },
    'frontends[0].maxConnections: expected a whole number of at least 1, got 0',
  ],
  [
    'a network that is none',
    { access: { allow: ['10.0.0.0/33'] } },
    'frontends[0].access.allow[0]: expected a network such as "10.0.0.0/8" or an IP address, got "10.0.0.0/33"',
  ],
  [
    'a PROXY header without trust',
    { acceptProxyProtocol: {} },
    'frontends[0].acceptProxyProtocol.trust: is missing; expected a list',
  ],
  [
    'a PROXY header that trusts nobody',
    { acceptProxyProtocol: { trust: [] } },
    'frontends[0].acceptProxyProtocol.trust: expected at least one network',
  ],
  [
    'a duration with a wrong unit',
    { timeouts: { client: '5sec' } },
    `frontends[0].timeouts.client: expected ${A_DURATION}, got "5sec"`,
  ],
  [
    'a timeout of zero',
    { timeouts: { requestHead: 0 } },
    'frontends[0].timeouts.requestHead: must be at least 1ms, got 0',
  ],
  [
    'a timeout that no timer can wait',
    { timeouts: { tunnel: '1y' } },
    'frontends[0].timeouts.tunnel: must be at most 24d, got "1y"',
  ],
  [
    'a negative duration',
    { drain: { timeout: -1 } },
    `frontends[0].drain.timeout: expected ${A_DURATION}, got -1`,
  ],
  [
    'a size with a wrong unit',
    { limits: { headerBytes: '16KB' } },
    'frontends[0].limits.headerBytes: expected a size such as "16KiB" or a whole number of bytes, got "16KB"',
  ],
  [
    'a size below its range',
    { limits: { headerBytes: 10 } },
    'frontends[0].limits.headerBytes: must be at least 256 bytes, got 10',
  ],
  [
    'a flag that is a text',
    { methods: { trace: 'yes' } },
    'frontends[0].methods.trace: expected true or false, got "yes"',
  ],
  [
    'an upgrade to h2c',
    { upgrades: ['h2c'] },
    'frontends[0].upgrades[0]: expected a protocol other than h2c, such as "websocket", got "h2c"',
  ],
];

const POOLS: readonly Row[] = [
  [
    'a mistyped strategy',
    { strategy: 'rond-robin' },
    'pools[0].strategy: expected one of "round-robin", "least-connections", "two-choices", "random", "peak-ewma", "first", "static-weighted", "source-hash", got "rond-robin"; did you mean "round-robin"?',
  ],
  [
    'a strategy by its name in HAProxy',
    { strategy: { type: 'leastconn' } },
    'pools[0].strategy.type: expected one of "round-robin", "least-connections", "two-choices", "random", "peak-ewma", "first", "static-weighted", "source-hash", "hash", got "leastconn"; did you mean "least-connections"?',
  ],
  [
    'a sticky without its mode',
    { sticky: 'cookie' },
    'pools[0].sticky: expected an object with a mode, got "cookie"',
  ],
  [
    'what others call it',
    { healthCheck: 'tcp:5s' },
    'pools[0].healthCheck: unknown key; did you mean "health"?',
  ],
  [
    'a hash without a key',
    { strategy: 'hash' },
    'pools[0].strategy: "hash" needs a key; write { type: hash, key: uri }',
  ],
  [
    'a strategy of a wrong type',
    { strategy: 5 },
    'pools[0].strategy: expected the name of a strategy or an object with a type, got 5',
  ],
  [
    'an object without its type',
    { strategy: { mapping: 'stable' } },
    'pools[0].strategy.type: is missing; expected one of "round-robin", "least-connections", "two-choices", "random", "peak-ewma", "first", "static-weighted", "source-hash", "hash"',
  ],
  [
    'a mapping that is none',
    { strategy: { type: 'source-hash', mapping: 'maglev' } },
    'pools[0].strategy.mapping: expected one of "stable", "consistent", "modulo", got "maglev"',
  ],
  [
    'an option of another strategy',
    { strategy: { type: 'random', mapping: 'stable' } },
    'pools[0].strategy.mapping: mapping is for type source-hash and hash, not random',
  ],
  [
    'a bounded load of one',
    { strategy: { type: 'hash', key: 'uri', boundedLoad: 1 } },
    'pools[0].strategy.boundedLoad: expected a number above 1, got 1',
  ],
  [
    'a hash key that is none',
    { strategy: { type: 'hash', key: 'url' } },
    'pools[0].strategy.key: expected uri, path, {header}, {cookie} or {query}, got "url"; did you mean "uri"?',
  ],
  [
    'a hash key with a mistyped field',
    { strategy: { type: 'hash', key: { headr: 'x-user' } } },
    'pools[0].strategy.key.header: is missing; expected a header name',
    'pools[0].strategy.key.headr: unknown key; did you mean "header"?',
  ],
  [
    'a hash key of another name than any',
    { strategy: { type: 'hash', key: { zebra: 'x' } } },
    'pools[0].strategy.key: expected uri, path, {header}, {cookie} or {query}, got an object',
  ],
  [
    'a hash key of two kinds',
    { strategy: { type: 'hash', key: { cookie: 'a', query: 'b' } } },
    'pools[0].strategy.key.query: query does not go with cookie',
  ],
  [
    'an option of another discovery',
    { discovery: { type: 'file', path: 'members.json', port: 80 } },
    'pools[0].discovery.port: port is for type dns, not file',
  ],
  [
    'a key that frontends have',
    { rateLimit: {} },
    'pools[0].rateLimit: unknown key; frontends, routes and services written flat have it',
  ],
  [
    'a member that is none',
    { members: ['10.0.0.1:'] },
    'pools[0].members[0]: expected an address such as "10.0.0.1:8080", "[::1]:8080" or "web-1:8080", got "10.0.0.1:"',
  ],
  [
    'a member of a wrong type',
    { members: [8080] },
    'pools[0].members[0]: expected an address such as "10.0.0.1:8080" or an object with an address, got 8080',
  ],
  [
    'a member without an address',
    { members: [{ name: 'a' }] },
    'pools[0].members[0].address: is missing; expected an address such as "10.0.0.1:8080", "[::1]:8080" or "web-1:8080"',
  ],
  [
    'a weight out of its range',
    { members: [{ address: 'a:1', weight: 257 }] },
    'pools[0].members[0].weight: expected a whole number from 0 to 256, got 257',
  ],
  [
    'a weight that is no whole number',
    { members: [{ address: 'a:1', weight: 1.5 }] },
    'pools[0].members[0].weight: expected a whole number from 0 to 256, got 1.5',
  ],
  [
    'a state that is none',
    { members: [{ address: 'a:1', state: 'down' }] },
    'pools[0].members[0].state: expected one of "ready", "drain", "maintenance", got "down"',
  ],
  [
    'a panic threshold above 100',
    { panicThreshold: 101 },
    'pools[0].panicThreshold: expected a percentage from 0 to 100, got 101',
  ],
  [
    'a discovery that is none',
    { discovery: { type: 'dsn' } },
    'pools[0].discovery.type: expected one of "dns", "file", "custom", got "dsn"; did you mean "dns"?',
  ],
  [
    'a discovery that asks too often',
    { discovery: { type: 'dns', name: 'web.internal', port: 80, interval: '999ms' } },
    'pools[0].discovery.interval: must be at least 1s, got "999ms"',
  ],
  [
    'a retry condition that is none',
    { retries: { on: ['connect-failed'] } },
    'pools[0].retries.on[0]: expected "connect-failure", "reset-before-response" or a status such as "503", got "connect-failed"',
  ],
  [
    'a mistyped retry condition',
    { retries: { on: ['conect-failure'] } },
    'pools[0].retries.on[0]: expected "connect-failure", "reset-before-response" or a status such as "503", got "conect-failure"; did you mean "connect-failure"?',
  ],
  [
    'a short form that is none',
    { health: 'http:health:5s' },
    'pools[0].health: expected a monitor\'s name, "http:/health:5s", "tcp:5s" or "none", got "http:health:5s"',
  ],
  [
    'a mistyped field of an inline monitor',
    { health: { type: 'tcp', intervall: '5s' } },
    'pools[0].health.intervall: unknown key; did you mean "interval"?',
  ],
];

const MONITORS: readonly Row[] = [
  [
    'a type that is none',
    { type: 'htttp' },
    'monitors[0].type: expected one of "tcp", "http", "https", "tls", "udp", "grpc", "redis", "postgres", "mysql", "ldap", "smtp", "exec", "custom", got "htttp"; did you mean "http"?',
  ],
  [
    'an interval that is too short',
    { type: 'tcp', interval: '0' },
    `monitors[0].interval: expected ${A_DURATION}, got "0"`,
  ],
  [
    'an interval below its range',
    { type: 'tcp', interval: '9ms' },
    'monitors[0].interval: must be at least 10ms, got "9ms"',
  ],
  [
    'a timeout of zero',
    { type: 'tcp', timeout: '0s' },
    'monitors[0].timeout: must be at least 1ms, got "0s"',
  ],
  [
    'a fall of zero',
    { type: 'tcp', fall: 0 },
    'monitors[0].fall: expected a whole number of at least 1, got 0',
  ],
  [
    'statuses that are none',
    { type: 'http', expect: { status: '2x' } },
    'monitors[0].expect.status: expected HTTP statuses such as "2xx", "200,204" or "200-299", got "2x"',
  ],
  [
    'a range of statuses that goes down',
    { type: 'http', drainOn: '299-200' },
    'monitors[0].drainOn: expected HTTP statuses such as "2xx", "200,204" or "200-299", got "299-200"',
  ],
  [
    'a pattern that does not compile',
    { type: 'http', expect: { body: { regex: '(' } } },
    'monitors[0].expect.body.regex: is no regular expression (Unterminated group), got "("',
  ],
  [
    'an odd number of hex digits',
    { type: 'udp', send: { hex: 'abc' } },
    'monitors[0].send.hex: expected an even number of hexadecimal digits, got "abc"',
  ],
  [
    'a path without its slash',
    { type: 'http', path: 'health' },
    'monitors[0].path: expected a path that begins with "/", got "health"',
  ],
  [
    'a header with a line end',
    { type: 'http', headers: { host: 'a\r\nb' } },
    'monitors[0].headers.host: expected a header value without control characters, got "a\\r\\nb"',
  ],
  [
    'a header name that is none',
    { type: 'http', headers: { 'a b': 'c' } },
    'monitors[0].headers["a b"]: expected a header name, got "a b"',
  ],
  [
    'a command that is a text',
    { type: 'exec', command: 'true' },
    'monitors[0].command: expected a list, got "true"',
  ],
];

describe('faults of shape', () => {
  test.each(WHOLE)('of a spec: %s', (_, input, ...messages) => {
    expect(faults(input)).toEqual(messages);
  });
  test.each(FRONTENDS)('of a frontend: %s', (_, fields, ...messages) => {
    expect(faults(withFrontend(fields))).toEqual(messages);
  });
  test.each(POOLS)('of a pool: %s', (_, fields, ...messages) => {
    expect(faults(withPool(fields))).toEqual(messages);
  });
  test.each(MONITORS)('of a monitor: %s', (_, fields, ...messages) => {
    expect(faults(withMonitor(fields), { allowExec: true })).toEqual(messages);
  });

  test('a value that is no JSON is named as what it is', () => {
    expect(faults(withPool({ members: () => [] }))).toEqual([
      'pools[0].members: expected a list, got a function',
    ]);
    expect(faults(new Date(0))).toEqual(['expected an object, got a Date']);
  });

  test('a long text is cut in the message', () => {
    expect(faults(spec({ name: 'x'.repeat(100) }))[0]).toBe(
      `name: expected ${A_NAME}, got "${'x'.repeat(60)}..."`,
    );
  });
});
