// The emitter as a whole: nothing is left out silently, the same spec gives the same bytes, and golden files.
import { describe, expect, test } from 'vitest';
import { FileSet } from '../../../src/emit/emitted-file.js';
import { inexactOf, refusalsOf } from '../../../src/emit/fidelity.js';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';
import type { FrontendSpec } from '../../../src/spec/frontend.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { CORPUS } from '../../corpus/index.js';
import { untold } from '../../support/untold.js';

const COOKIE = { mode: 'cookie', cookie: 'SRV' };

describe('emitHaproxy', () => {
  test.each(CORPUS)('says what becomes of every field of $name', ({ spec }) => {
    const config = parseSpec(spec);
    const { report } = emitHaproxy(config);
    expect(untold(config, report)).toEqual([]);
  });

  test.each(CORPUS)('writes the same bytes twice: $name', ({ spec }) => {
    for (const target of ['2.6', '3.2'] as const) {
      expect(emitHaproxy(spec, { target }).files).toEqual(
        emitHaproxy(parseSpec(spec), { target }).files,
      );
    }
  });

  test('writes no file when something is refused, and says where', () => {
    const { files, report } = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
      pools: [{ name: 'web', strategy: 'peak-ewma' }],
    });
    expect(files).toEqual([]);
    expect(refusalsOf(report)).toMatchObject([{ path: 'pools[0].strategy', fidelity: 'refused' }]);
  });

  test('a strict run fails on what somebody wrote, not on defaults', () => {
    const plain = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    });
    expect(inexactOf(plain.report)).toEqual([]);
    const written = emitHaproxy({
      frontends: [
        { name: 'web', protocol: 'http', bind: ':80', pool: 'web', timeouts: { total: '5s' } },
      ],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    });
    expect(inexactOf(written.report).map(({ path }) => path)).toEqual([
      'frontends[0].timeouts.total',
    ]);
  });

  test('writes the shortest answer to compress from 3.2 on, and says before that there is none', () => {
    const spec = {
      frontends: [
        {
          name: 'web',
          protocol: 'http' as const,
          bind: ':80',
          pool: 'web',
          compression: { algorithms: ['gzip' as const], minBytes: 2000 },
        },
      ],
      pools: [{ name: 'web' }],
    };
    const written = (['2.6', '3.2'] as const).map((target) => {
      const { files, report } = emitHaproxy(spec, { target });
      const place = report.entries.find(({ path }) => path.endsWith('.minBytes'));
      const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content);
      return [place?.fidelity, /compression minsize-res (\d+)/.exec(text)?.[1]];
    });
    expect(written).toEqual([
      ['approximated', undefined],
      ['exact', '2000'],
    ]);
  });

  test('refuses what HAProxy can not do, and never leaves it out', () => {
    const { files, report } = emitHaproxy({
      frontends: [
        { name: 'web', protocol: 'https', bind: ':443', pool: 'web', tls: { selfSigned: true } },
      ],
      pools: [{ name: 'web', members: ['10.0.0.1:443'], tls: { sni: 'member' } }],
      ha: {
        id: 51,
        priority: 100,
        peers: ['10.0.0.6:7946'],
        bind: '10.0.0.5:7946',
        secretEnv: 'PATH',
        address: { memory: true },
      },
    });
    expect(files).toEqual([]);
    const refused = refusalsOf(report).map(({ path }) => path);
    expect(refused).toContain('frontends[0].tls');
    expect(refused).toContain('pools[0].members[0].address');
    expect(report.entries.find(({ path }) => path === 'ha')?.elsewhere).toBe('keepalived');
  });

  test('leaves udp frontends to nginx', () => {
    const { files, report } = emitHaproxy({
      frontends: [
        { name: 'dns', protocol: 'udp', bind: ':53', pool: 'dns' },
        { name: 'web', protocol: 'http', bind: ':80', pool: 'web' },
      ],
      pools: [
        { name: 'dns', members: ['10.0.0.1:53'] },
        { name: 'web', members: ['10.0.0.1:80'] },
      ],
    });
    expect(files.map(({ path }) => path)).toContain('haproxy.cfg');
    expect(report.entries.filter(({ elsewhere }) => elsewhere === 'nginx')).toMatchObject([
      { path: 'frontends[0]' },
      { path: 'pools[0]' },
    ]);
  });

  test('tells which place of the spec a line comes from', () => {
    const { files, places } = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ['127.0.0.1:80'], pool: 'web' }],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    });
    const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content).split('\n');
    const placeOf = (start: string): string | undefined =>
      places.get(text.findIndex((line) => line.startsWith(start)) + 1);
    expect(placeOf('  bind ')).toBe('frontends[0].bind[0]');
    expect(placeOf('  server ')).toBe('pools[0].members[0]');
    expect(placeOf('backend ')).toBe('pools[0]');
  });

  test.each([
    [
      'a cookie that a frontend takes away from a sticky pool',
      'frontends[0].headers.request',
      'refused',
      { frontend: { headers: { request: { remove: ['Cookie'] } } }, pool: { sticky: COOKIE } },
    ],
    [
      'a cookie that a route sets on its way to a sticky pool',
      'frontends[0].routes[0].headers.request',
      'refused',
      {
        frontend: {
          routes: [{ match: {}, pool: 'web', headers: { request: { set: { cookie: 'a=1' } } } }],
        },
        pool: { sticky: COOKIE },
      },
    ],
    [
      'compression of answers that are not 200',
      'frontends[0].compression',
      'approximated',
      { frontend: { compression: { types: ['text/*'] } } },
    ],
    [
      'types of compression that are compared by how they begin',
      'frontends[0].compression.types',
      'approximated',
      { frontend: { compression: { types: ['application/json'] } } },
    ],
    [
      'compression of what clients accept after a change',
      'frontends[0].headers.request',
      'approximated',
      {
        frontend: {
          compression: {},
          headers: { request: { remove: ['Accept-Encoding'] } },
        },
      },
    ],
    [
      'clients of a sticky pool whose member is dead before a check has seen it',
      'pools[0].onMemberDown',
      'approximated',
      { pool: { sticky: COOKIE, onMemberDown: 'refuse' } },
    ],
    [
      'a rate by cookie',
      'frontends[0].rateLimit[0].key',
      'approximated',
      { frontend: { rateLimit: { requests: 1, window: '1s', key: { cookie: 'id' } } } },
    ],
    [
      'connections of a member that http and tcp frontends share',
      'pools[0].members[0].maxConnections',
      'approximated',
      {
        pool: { members: [{ address: '10.0.0.1:80', maxConnections: 5 }] },
        more: [{ name: 'raw', protocol: 'tcp', bind: ':81', pool: 'web' }],
      },
    ],
  ] as const)('tells that it is not exact: %s', (_, path, fidelity, parts) => {
    const {
      frontend = {},
      pool = {},
      more = [],
    } = parts as Record<string, object | undefined> & {
      more?: readonly FrontendSpec[];
    };
    const { report } = emitHaproxy({
      frontends: [
        { name: 'web', protocol: 'http', bind: ':80', pool: 'web', ...frontend },
        ...more,
      ],
      pools: [{ name: 'web', members: ['10.0.0.1:80'], ...pool }],
    });
    expect(report.entries.find((entry) => entry.path === path)).toMatchObject({ fidelity });
  });

  test('a hash of a header that members are told in goes by the same value', () => {
    const { report } = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
      pools: [
        {
          name: 'web',
          members: ['10.0.0.1:80'],
          strategy: { type: 'hash', key: { header: 'X-Forwarded-For' }, mapping: 'modulo' },
        },
      ],
    });
    const told = report.entries.filter(({ path }) => path.startsWith('pools[0].strategy'));
    expect(told).toMatchObject([{ path: 'pools[0].strategy', fidelity: 'exact' }]);
  });

  test.each([
    ['10.0.0.1:80', ':80', true],
    ['0.0.0.0:80', '10.0.0.1:80', true],
    ['localhost:80', '127.0.0.1:80', true],
    ['[::1]:80', '[0:0::1]:80', true],
    ['[::]:80', ':80', true],
    ['[::]:80', '0.0.0.0:80', false],
    ['10.0.0.1:80', '10.0.0.2:80', false],
    ['10.0.0.1:80', '0.0.0.0:81', false],
  ])('frontends at %s and %s can not both listen: %s', (first, second, isTaken) => {
    const { report } = emitHaproxy({
      frontends: [
        { name: 'one', protocol: 'tcp', bind: first, pool: 'web' },
        { name: 'two', protocol: 'http', bind: second, pool: 'web' },
      ],
      pools: [{ name: 'web', members: ['10.0.0.9:80'] }],
    });
    expect(refusalsOf(report)).toMatchObject(
      isTaken
        ? [{ path: 'frontends[1].bind[0]', reason: 'Frontend "one" listens there already.' }]
        : [],
    );
  });

  test('the same file twice must be the same', () => {
    const files = new FileSet();
    files.add('a', 'one');
    files.add('a', Buffer.from('one'));
    expect(() => files.add('a', 'two')).toThrow('two files are called a');
  });
});
