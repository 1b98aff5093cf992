// evenkeel/metrics beside the exporter of a real HAProxy: the same names, types and labels, and the same counts for the same traffic.
import { expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { createMetrics } from '../../src/metrics/index.js';
import { families, samples } from '../support/exposition.js';
import { send } from '../support/http-client.js';
import { HttpMember } from '../support/http-member.js';
import { describeWith } from '../support/program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { freePort } from '../support/servers/server-process.js';

/** What HAProxy does not have. */
const OURS = [
  'frontend_held_connections',
  'frontend_failed_total',
  'frontend_limited_total',
  'frontend_delayed_total',
  'frontend_lost_log_lines_total',
  'backend_refused_total',
  'backend_panic',
  'server_ejected',
];

const NAMES = ['public', 'web', 'a', 'b'];

describeWith(['haproxy'], 'metrics', () => {
  test('names, types, labels and counts are those of HAProxy', async () => {
    await using member = await HttpMember.start('a', {
      answer: (request, response) => {
        response.statusCode = request.url === '/missing' ? 404 : 200;
        response.end('hello');
      },
    });
    const dead = await freePort();
    const [port, scrapePort] = [await freePort(), await freePort()];
    // Ready when the other port answers: a connection that brings nothing counts as a request.
    await using _haproxy = await startHaproxy(
      `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option redispatch 1
  retries 3
frontend public
  bind 127.0.0.1:${port}
  http-request deny if { src 10.0.0.0/8 }
  default_backend web
frontend scrape
  bind 127.0.0.1:${scrapePort}
  http-request use-service prometheus-exporter
backend web
  balance roundrobin
  http-reuse never
  server a ${member.address} weight 2
  server b 127.0.0.1:${dead} weight 1
backend checked
  server c ${member.address} check maxconn 9 slowstart 10s
`,
      scrapePort,
    );
    await using balancer = new Balancer({
      frontends: [{ name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' }],
      pools: [
        {
          name: 'web',
          http: { reuse: 'never' },
          retries: { backoff: 0 },
          members: [
            { name: 'a', address: member.address, weight: 2 },
            { name: 'b', address: `127.0.0.1:${dead}` },
          ],
        },
      ],
    });
    const started = await balancer.start();
    const { registry } = createMetrics(balancer, { prefix: 'haproxy' });
    for (const to of [port, started['public']?.[0]?.port ?? 0]) {
      for (let i = 0; i < 5; i++) await send(to, '/');
      await send(to, '/missing');
    }
    const theirs = (await send(scrapePort, '/metrics')).body;
    const ours = await registry.metrics();

    const known = families(theirs);
    const extra = new Set(OURS.map((name) => `haproxy_${name}`));
    for (const [name, family] of families(ours)) {
      if (extra.delete(name)) {
        expect(known.has(name), `${name} is HAProxy's too`).toBe(false);
        continue;
      }
      const twin = known.get(name);
      expect(twin?.type, `type of ${name}`).toBe(family.type);
      if (family.samples > 0) expect(family.labels, `labels of ${name}`).toBe(twin?.labels);
    }
    expect([...extra]).toEqual([]);

    for (const name of [
      'frontend_http_requests_total',
      'frontend_http_responses_total',
      'frontend_sessions_total',
      'frontend_requests_denied_total',
      'frontend_status',
      'backend_http_requests_total',
      'backend_http_responses_total',
      'backend_sessions_total',
      'backend_redispatch_warnings_total',
      'backend_loadbalanced_total',
      'backend_status',
      'backend_weight',
      'backend_active_servers',
      'backend_connection_attempts_total',
      'server_http_responses_total',
      'server_loadbalanced_total',
      'server_sessions_total',
      'server_redispatch_warnings_total',
      'server_status',
      'server_weight',
      'server_uweight',
    ]) {
      const full = `haproxy_${name}`;
      const wanted = samples(theirs, full);
      const about = Object.entries(wanted).filter(([labels]) =>
        [...labels.matchAll(/(?:proxy|server)="(\w+)"/g)].every(([, it = '']) =>
          NAMES.includes(it),
        ),
      );
      expect(about.length, full).toBeGreaterThan(0);
      expect(samples(ours, full), full).toEqual(Object.fromEntries(about));
    }
  });
});
