// The emitter for keepalived: nothing is left out silently, the same spec gives the same bytes, and the text itself.
import { describe, expect, test } from 'vitest';
import { inexactOf, refusalsOf } from '../../../src/emit/fidelity.js';
import {
  type EmitKeepalivedOptions,
  emitKeepalived,
} from '../../../src/keepalived/emit-keepalived.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { CORPUS } from '../../corpus/index.js';
import { untold } from '../../support/untold.js';

const HA = {
  id: 51,
  bind: '10.0.0.5:7946',
  peers: ['10.0.0.6:7946'],
  address: { ip: '192.0.2.10/24', interface: 'eth0' },
  secretEnv: 'PATH',
} as const;

function pair(ha: object, others: BalancerSpec = {}): BalancerSpec {
  return {
    name: 'edge',
    frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
    pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    ...others,
    ha: { ...HA, ...ha },
  };
}

function dns(frontend: object, pool: object = {}): BalancerSpec {
  return {
    name: 'edge',
    frontends: [{ name: 'dns', protocol: 'udp', bind: '192.0.2.10:53', pool: 'dns', ...frontend }],
    pools: [{ name: 'dns', members: ['10.0.0.1:53', '10.0.0.2:53'], ...pool }],
  };
}

/** The text without its comment. */
function textOf(spec: BalancerSpec, options?: EmitKeepalivedOptions): string {
  const { files, report } = emitKeepalived(spec, options);
  expect(refusalsOf(report)).toEqual([]);
  const file = files.find(({ path }) => path === 'keepalived.conf');
  return String(file?.content).replace(/^#.*\n#.*\n/, '');
}

function refused(spec: BalancerSpec, options?: EmitKeepalivedOptions): readonly string[] {
  const { files, report } = emitKeepalived(spec, options);
  expect(files).toEqual([]);
  return refusalsOf(report).map(({ path }) => path);
}

describe('emitKeepalived', () => {
  test.each(CORPUS)('says what becomes of every field of $name', ({ spec }) => {
    const config = parseSpec(spec);
    for (const options of [{}, { lvs: 'dr' }] as const) {
      const { report } = emitKeepalived(config, options);
      expect(untold(config, report)).toEqual([]);
      expect(emitKeepalived(spec, options).files).toEqual(emitKeepalived(config, options).files);
    }
  });

  test('writes a pair, its scripts first', () => {
    const spec = pair({
      priority: 150,
      preemptDelay: '5s',
      gateway: '192.0.2.1',
      track: [{ pool: 'web', minEligible: 2, lowerBy: 40 }, { frontend: 'web' }],
    });
    expect(textOf(spec)).toBe(`global_defs {
  router_id edge
  vrrp_version 3
  enable_script_security
  script_user root
}
vrrp_script haproxy {
  script "/etc/keepalived/evenkeel-track haproxy /run/haproxy/admin.sock"
  interval 1
  timeout 3
  fall 2
  rise 2
}
vrrp_script track_0 {
  script "/etc/keepalived/evenkeel-track pool /run/haproxy/admin.sock web 2"
  interval 1
  timeout 3
  weight -40
}
vrrp_script track_1 {
  script "/etc/keepalived/evenkeel-track frontend /run/haproxy/admin.sock web"
  interval 1
  timeout 3
  weight -50
}
vrrp_script gateway {
  script "/etc/keepalived/evenkeel-track gateway 192.0.2.1 192.0.2.10 eth0"
  interval 1
  timeout 3
}
vrrp_instance edge {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 1
  preempt_delay 5
  unicast_src_ip 10.0.0.5
  unicast_peer {
    10.0.0.6
  }
  virtual_ipaddress {
    192.0.2.10/24 dev eth0
  }
  track_script {
    haproxy
    track_0
    track_1
    gateway
  }
}
`);
    const { files } = emitKeepalived(spec);
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ['evenkeel-track', 0o755],
      ['keepalived.conf', 0o644],
    ]);
  });

  test.each([
    [{ advertInterval: '100ms' }, 'advert_int 0.1\n', 'vrrp_version 3'],
    [{ advertInterval: '100s' }, 'advert_int 100\n', 'vrrp_version 2'],
    [{ preempt: false, preemptDelay: '5s' }, '  nopreempt\n', 'state BACKUP'],
  ])('%j is %j', (ha, line, other) => {
    const text = textOf(pair(ha));
    expect(text).toContain(line);
    expect(text).toContain(other);
    expect(text).not.toContain('preempt_delay');
  });

  test('the secret is not written, and that is told', () => {
    const { files, report } = emitKeepalived(pair({}));
    for (const { content } of files) expect(content).not.toContain(process.env['PATH'] ?? '');
    expect(report.entries.find(({ path }) => path === 'ha.secretEnv')?.fidelity).toBe(
      'approximated',
    );
  });

  test('a strict run fails on what somebody wrote, not on defaults nor on what other programs do', () => {
    // The test's own variable for the secret is no default.
    const written = inexactOf(emitKeepalived(pair({ advertInterval: '1234ms' })).report);
    expect(written.map(({ path }) => path)).toEqual(['ha.secretEnv', 'ha.advertInterval']);
  });

  test.each([
    ['its own listeners', { address: { listen: 'local' } }, 'ha.address'],
    [
      'an interface that would end a block',
      { address: { ip: '192.0.2.10/24', interface: 'eth0 }' } },
      'ha.address.interface',
    ],
    ['another family', { address: { ip: '2001:db8::1/64', interface: 'eth0' } }, 'ha.peers[0]'],
    ['a peer by name', { peers: ['lb-2.example:1'] }, 'ha.peers[0]'],
    ['adverts too rare', { advertInterval: '256s' }, 'ha.advertInterval'],
    ['a zone', { gateway: 'fe80::1%eth0' }, 'ha.gateway'],
  ])('refuses %s, with its place', (_, ha, path) => {
    expect(refused(pair(ha))).toEqual([path]);
  });

  test('writes udp frontends as virtual servers when asked', () => {
    const spec = dns(
      { timeouts: { udpSession: '90s' } },
      {
        strategy: 'least-connections',
        health: { type: 'udp', send: { text: 'a"}' }, interval: '2s', timeout: '500ms', fall: 4 },
        members: [
          { name: 'a', address: '10.0.0.1:53', weight: 3, maxConnections: 9 },
          { name: 'b', address: '10.0.0.2:53', state: 'drain' },
          { name: 'c', address: '10.0.0.3:53', state: 'maintenance' },
          { name: 'd', address: '10.0.0.4:53', backup: true },
        ],
      },
    );
    expect(emitKeepalived(spec).files).toEqual([]);
    const check = `    UDP_CHECK {
      connect_timeout 0.5
      retry 3
      delay_before_retry 2
      payload 61227d
      require_reply
      max_reply_length 65535
    }
`;
    expect(textOf(spec, { lvs: 'dr' })).toBe(`global_defs {
  router_id edge
  lvs_timeouts udp 90
}
virtual_server 192.0.2.10 53 {
  delay_loop 2
  lvs_sched wlc
  lvs_method DR
  protocol UDP
  sorry_server 10.0.0.4 53
  real_server 10.0.0.1 53 {
    weight 3
    uthreshold 9
${check}  }
  real_server 10.0.0.2 53 {
    weight 0
${check}  }
}
`);
  });

  test.each([
    [
      'another port with DR',
      dns({}, { members: ['10.0.0.1:5353'] }),
      'pools[0].members[0].address',
    ],
    ['all addresses', dns({ bind: ':53' }), 'frontends[0].bind[0]'],
    ['access', dns({ access: { deny: ['10.0.0.0/8'] } }), 'frontends[0].access'],
    ['grpc checks', dns({}, { health: { type: 'grpc' } }), 'pools[0].health'],
    ['first', dns({}, { strategy: 'first' }), 'pools[0].strategy'],
  ])('LVS: refuses %s, with its place', (_, spec, path) => {
    expect(refused(spec, { lvs: 'dr' })).toEqual([path]);
  });

  test('LVS: an address twice is refused the second time, also behind the tenth', () => {
    const members = ['[fd00::1]:53'];
    const bind = Array.from({ length: 11 }, (_, i) => `[2001:db8::${i}]:53`);
    const again = '[2001:DB8:0::2]:53';
    expect(refused(dns({ bind: [...bind, again] }, { members }), { lvs: 'dr' })).toEqual([
      'frontends[0].bind[11]',
    ]);
    const frontends = [...bind, again].map((address, index) => ({
      name: `f${index}`,
      protocol: 'udp',
      bind: address,
      pool: 'dns',
    }));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsing tells what is wrong with it
    const many = { ...dns({}, { members }), frontends } as BalancerSpec;
    expect(refused(many, { lvs: 'dr' })).toEqual(['frontends[11].bind[0]']);
  });

  test.each([
    ['a path', { type: 'http', path: `/${'x'.repeat(700)}` }, 'path'],
    ['bytes to send', { type: 'udp', send: { text: 'x'.repeat(351) } }, 'send'],
    ['an answer', { type: 'udp', expect: { text: 'x'.repeat(351) } }, 'expect.payload'],
    ['a host', { type: 'http', headers: { host: 'x'.repeat(701) } }, 'headers'],
    ['statuses', { type: 'http', expect: { status: '200,'.repeat(180) + '200' } }, 'expect.status'],
  ])('LVS: %s that would be cut at the end of the line is refused', (_, health, field) => {
    expect(refused(dns({}, { health }), { lvs: 'dr' })).toEqual([`pools[0].health.${field}`]);
  });

  test('LVS: a pool of nothing but backups has the first as a real server', () => {
    const list = [
      { name: 'c', address: '10.0.0.3:53', backup: true },
      { name: 'b', address: '10.0.0.2:53', backup: true },
      { name: 'a', address: '10.0.0.1:53', backup: true, state: 'drain' },
    ];
    const text = textOf(dns({}, { members: list, health: 'tcp:5s' }), { lvs: 'dr' });
    expect(text.match(/real_server \S+|sorry_server \S+/g)).toEqual(['real_server 10.0.0.2']);
    const all = textOf(dns({}, { members: list, backups: 'all' }), { lvs: 'dr' });
    expect(all.match(/real_server \S+/g)).toEqual(['real_server 10.0.0.3', 'real_server 10.0.0.2']);
  });

  test('LVS: what a UDP member must answer is compared', () => {
    const expected = { payload: { text: 'pong' } };
    const text = textOf(dns({}, { health: { type: 'udp', expect: expected } }), { lvs: 'dr' });
    expect(text).toContain('      require_reply 706f6e67\n      min_reply_length 4\n');
    // keepalived 2.2 reads no byte ff.
    const odd = { type: 'udp', expect: { payload: { hex: '00ff' } } };
    expect(textOf(dns({}, { health: odd }), { lvs: 'dr' })).toContain('      require_reply\n');
    const sent = { type: 'udp', send: { hex: '00ff' } };
    expect(refused(dns({}, { health: sent }), { lvs: 'dr' })).toEqual(['pools[0].health.send']);
  });

  test('with NAT a member may have another port, and all addresses are those of the pair', () => {
    expect(textOf(dns({}, { members: ['10.0.0.1:5353'] }), { lvs: 'nat' })).toContain(
      'real_server 10.0.0.1 5353 {',
    );
    const both = { ...dns({ bind: ':53' }), ha: HA };
    expect(textOf(both, { lvs: 'dr' })).toContain('virtual_server 192.0.2.10 53 {');
  });

  test('a path that keepalived would read otherwise is not taken', () => {
    for (const directory of ['/etc/"x', 'relative', "/a'b", '/a$b', '/a\nb', `/${'a'.repeat(400)}`])
      expect(() => emitKeepalived(pair({}), { directory })).toThrow(RangeError);
    expect(textOf(pair({}), { directory: '/etc/a b' })).toContain(
      `script "'/etc/a b/evenkeel-track' haproxy `,
    );
  });
});
