// The emitter for nginx: nothing is left out silently, the same spec gives the same bytes, and the text itself.
import { describe, expect, test } from 'vitest';
import { inexactOf, refusalsOf } from '../../../src/emit/fidelity.js';
import { emitNginx } from '../../../src/nginx/emit-nginx.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { CORPUS } from '../../corpus/index.js';
import { untold } from '../../support/untold.js';

function textOf(spec: object): string {
  const { files, report } = emitNginx(spec);
  expect(refusalsOf(report)).toEqual([]);
  return String(files[0]?.content);
}

function refused(spec: object): readonly string[] {
  const { files, report } = emitNginx(spec);
  expect(files).toEqual([]);
  return refusalsOf(report).map(({ path }) => path);
}

function dns(frontend: object, pool: object = {}): object {
  return {
    frontends: [{ name: 'dns', protocol: 'udp', bind: '192.0.2.10:53', pool: 'dns', ...frontend }],
    pools: [{ name: 'dns', members: ['10.0.0.1:53', '10.0.0.2:53'], ...pool }],
  };
}

describe('emitNginx', () => {
  test.each(CORPUS)('says what becomes of every field of $name', ({ spec }) => {
    const config = parseSpec(spec);
    const { report } = emitNginx(config);
    expect(untold(config, report)).toEqual([]);
    expect(emitNginx(spec).files).toEqual(emitNginx(config).files);
  });

  test('writes a whole configuration, defaults written out', () => {
    const text = textOf({
      name: 'edge',
      frontends: [
        {
          name: 'dns',
          protocol: 'udp',
          bind: ['192.0.2.10:53', ':5353'],
          pool: 'dns',
          access: { allow: ['10.1.2.3/8'], deny: ['10.9.0.0/16'] },
          maxConnections: 100,
          maxConnectionsPerSource: 4,
          timeouts: { udpSession: '1500ms' },
        },
      ],
      pools: [
        {
          name: 'dns',
          strategy: 'least-connections',
          members: [
            { name: 'b', address: '10.0.0.2:53', weight: 3, maxConnections: 9 },
            { name: 'a', address: '[2001:DB8:0::1]:53' },
            { name: 'c', address: '10.0.0.3:53', backup: true },
            { name: 'd', address: '10.0.0.4:53', state: 'maintenance' },
          ],
        },
      ],
    });
    expect(text.replace(/evenkeel \S+ for/, 'evenkeel X for').replace(/hash \w+/, 'hash Y')).toBe(
      `# Written by evenkeel X for nginx from the spec "edge" (hash Y).
# Do not edit: change the spec and emit it again.
include /etc/nginx/modules-enabled/*.conf;
include /usr/share/nginx/modules/*.conf;
worker_processes auto;
worker_rlimit_nofile 712;
worker_shutdown_timeout 30s;
events {
  worker_connections 712;
}
stream {
  upstream dns {
    zone pool_dns 72k;
    least_conn;
    server [2001:db8::1]:53 max_fails=1 fail_timeout=10s;
    server 10.0.0.2:53 max_fails=1 fail_timeout=10s weight=3 max_conns=9;
    server 10.0.0.3:53 max_fails=1 fail_timeout=10s backup;
    server 10.0.0.4:53 max_fails=1 fail_timeout=10s down;
  }
  limit_conn_zone sessions zone=sessions_dns:32k;
  limit_conn_zone $binary_remote_addr zone=sources_dns:77k;
  server {
    listen 192.0.2.10:53 udp reuseport;
    listen 0.0.0.0:5353 udp reuseport;
    listen [::]:5353 udp reuseport;
    limit_conn sessions_dns 100;
    limit_conn sources_dns 4;
    deny 10.9.0.0/16;
    allow 10.0.0.0/8;
    deny all;
    proxy_timeout 1500ms;
    proxy_pass dns;
  }
}
`,
    );
  });

  test('writes routes so that the narrowest network is the first that fits', () => {
    const text = textOf({
      frontends: [
        {
          name: 'by-source',
          protocol: 'udp',
          bind: '192.0.2.10:53',
          pool: 'b',
          routes: [
            { match: { source: ['10.1.0.0/16', '::ffff:192.0.2.0/120'] }, pool: 'a' },
            { match: { source: ['10.0.0.0/8', '10.1.2.0/24', '192.0.2.7'] }, pool: 'b' },
            { match: { source: ['::/0'] }, pool: 'none' },
          ],
        },
      ],
      pools: [
        { name: 'a', members: ['10.0.0.1:53'] },
        { name: 'b', members: ['10.0.0.2:53'] },
        { name: 'none' },
      ],
    });
    expect(text).toContain(`  geo $route_by_source {
    default b;
    10.1.0.0/16 a;
    192.0.2.0/24 a;
    10.0.0.0/8 b;
    ::/1 "";
    8000::/1 "";
  }
`);
    expect(text).toContain('proxy_pass $route_by_source;');
    expect(text).not.toContain('upstream none');
  });

  test('a route for everybody ends the list, and a frontend without members drops everything', () => {
    const text = textOf(
      dns({
        routes: [
          { match: {}, pool: 'dns' },
          { match: { source: '::1' }, pool: 'dns' },
        ],
      }),
    );
    expect(text).toContain('geo $route_dns {\n    default dns;\n  }');
    expect(textOf(dns({}, { members: [] }))).toContain('    return "";\n');
  });

  test.each([
    ['source-hash', 'hash $binary_remote_addr;'],
    [{ type: 'source-hash', mapping: 'consistent' }, 'hash $binary_remote_addr consistent;'],
    ['two-choices', 'random two least_conn;'],
    ['random', 'random;'],
  ])('strategy %j is %s', (strategy, line) => {
    expect(textOf(dns({}, { strategy }))).toContain(`    ${line}\n`);
  });

  test('passive health is max_fails and fail_timeout; a check lends its downInterval', () => {
    const outlier = { consecutiveFailures: 3, ejectFor: '12s' };
    expect(textOf(dns({}, { outlier }))).toContain('max_fails=3 fail_timeout=12s;');
    const health = { type: 'udp', downInterval: '9s' };
    expect(textOf(dns({}, { health }))).toContain('max_fails=1 fail_timeout=9s;');
  });

  test('a pool of nothing but backups has an ordinary server: nginx wants one', () => {
    const list = ['c', 'b', 'a'].map((name, index) => ({
      name,
      address: `10.0.0.${index + 1}:53`,
      backup: true,
      ...(name === 'a' ? { weight: 0 } : {}),
    }));
    const first = textOf(dns({}, { members: list }));
    expect(first).toMatch(/10\.0\.0\.2:53 max_fails=1 fail_timeout=10s;/);
    expect(first).toMatch(/10\.0\.0\.1:53 max_fails=1 fail_timeout=10s backup;/);
    const all = textOf(dns({}, { members: list, backups: 'all' }));
    expect(all).toMatch(/10\.0\.0\.1:53 max_fails=1 fail_timeout=10s;/);
  });

  test('what nginx counts in whole seconds is rounded up', () => {
    const outlier = { consecutiveFailures: 3, ejectFor: '1001ms' };
    expect(textOf(dns({}, { outlier }))).toContain('fail_timeout=2s;');
    expect(textOf(dns({}, { health: { type: 'udp', downInterval: '10ms' } }))).toContain(
      'fail_timeout=1s;',
    );
  });

  test.each([
    ['a free port', dns({ bind: '192.0.2.10:0' }), 'frontends[0].bind[0]'],
    ['a name', dns({ bind: 'lb.example:53' }), 'frontends[0].bind[0]'],
    ['a zone', dns({ bind: '[fe80::1%eth0]:53' }), 'frontends[0].bind[0]'],
    ['a disguise', dns({ bind: '[::ffff:10.0.0.1]:53' }), 'frontends[0].bind[0]'],
    ['a socket twice', dns({ bind: ['[::1]:53', '[0::1]:53'] }), 'frontends[0].bind[1]'],
    ['a rate', dns({ rateLimit: { requests: 1, window: '1s' } }), 'frontends[0].rateLimit'],
    ['a name of a member', dns({}, { members: ['a.example:53'] }), 'pools[0].members[0].address'],
    ['latency', dns({}, { strategy: 'peak-ewma' }), 'pools[0].strategy'],
    ['first', dns({}, { strategy: 'first' }), 'pools[0].strategy'],
    ['sticky clients', dns({}, { sticky: { mode: 'source-ip' } }), 'pools[0].sticky'],
    ['panic', dns({}, { panicThreshold: 1 }), 'pools[0].panicThreshold'],
    ['slow start', dns({}, { slowStart: '1s' }), 'pools[0].slowStart'],
    ['refusing', dns({}, { onMemberDown: 'refuse' }), 'pools[0].onMemberDown'],
    [
      'discovery',
      dns({}, { discovery: { type: 'file', path: '/etc/members.json' } }),
      'pools[0].discovery',
    ],
    [
      'backups of a hash',
      dns(
        {},
        {
          strategy: 'source-hash',
          members: ['10.0.0.2:53', { name: 'a', address: '10.0.0.1:53', backup: true }],
        },
      ),
      'pools[0].members[1].backup',
    ],
  ])('refuses %s, with its place', (_, spec, path) => {
    expect(refused(spec)).toEqual([path]);
  });

  test('leaves the rest to the programs whose business it is', () => {
    const { files, report } = emitNginx({
      frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }, { name: 'unused' }],
    });
    expect(files).toEqual([]);
    expect(refusalsOf(report)).toEqual([]);
    expect(report.entries.filter(({ elsewhere }) => elsewhere === 'haproxy')).toMatchObject([
      { path: 'frontends[0]' },
      { path: 'pools[0]' },
    ]);
    expect(report.notes).toContain('No udp frontend: nothing is written.');
  });

  test('a strict run fails on what somebody wrote, not on defaults', () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsing tells what is wrong with it
    expect(inexactOf(emitNginx(dns({}) as BalancerSpec).report)).toEqual([]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsing tells what is wrong with it
    const checked = dns({}, { health: 'tcp:5s' }) as BalancerSpec;
    expect(inexactOf(emitNginx(checked).report).map(({ path }) => path)).toEqual([
      'pools[0].health',
    ]);
  });
});
