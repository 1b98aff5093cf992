// What members and their checks are told, as words of HAProxy's configuration.
import { describe, expect, test } from 'vitest';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';

function emit(pool: object, frontends: readonly object[] = [{}]) {
  const { files, report } = emitHaproxy({
    frontends: frontends.map((more, index) => ({
      name: `web${index}`,
      protocol: 'http' as const,
      bind: `:${80 + index}`,
      pool: 'web',
      ...more,
    })),
    pools: [{ name: 'web', members: ['10.0.0.1:8080'], ...pool }],
  });
  const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content);
  return { text, server: /^ {2}server .*$/m.exec(text)?.[0] ?? '', report };
}

describe('checks of members that get the PROXY header', () => {
  test('name the port, which keeps the header out of them', () => {
    const { server, report } = emit({ sendProxyProtocol: 'v2', health: 'tcp:5s' });
    expect(server).toContain(' send-proxy-v2 ');
    expect(server).toContain(' port 8080');
    const port = report.entries.find(({ path }) => path === 'pools[0].health.port');
    expect(port?.fidelity).toBe('exact');
  });

  test('keep the port of the monitor', () => {
    const health = { type: 'tcp', port: 9000 } as const;
    expect(emit({ sendProxyProtocol: 'v1', health }).server).toContain(' port 9000');
  });
});

describe('the name that a member over TLS must have', () => {
  const rule = 'deny deny_status 503 unless { var(txn.host_name) -m found }';

  test('is the member’s own where the client has none', () => {
    const { server, text } = emit({ members: ['app.internal:443'], tls: {} });
    expect(server).toContain(' sni var(txn.host_name) verifyhost app.internal');
    expect(text).not.toContain(rule);
  });

  test('is missing for members by address, and for checks that ask for none: such requests are answered 503', () => {
    expect(emit({ tls: {} }).text).toContain(rule);
    const checked = emit({ members: ['app.internal:443'], tls: {}, health: 'https:/h:5s' });
    expect(checked.text).toContain(rule);
    expect(checked.server).not.toContain('verifyhost');
    expect(emit({ tls: { verify: false } }).text).not.toContain(rule);
  });
});

test('an IPv6 host is compared as browsers write it, and the report says so', () => {
  const routes = [{ match: { host: '[2001:DB8:0::1]' }, pool: 'web' }];
  const { text, report } = emit({}, [{ routes }]);
  expect(text).toContain('acl r0_host var(txn.host) -m str -- [2001:db8::1]');
  const told = report.entries.find(({ path }) => path === 'frontends[0].routes[0].match.host');
  expect(told?.fidelity).toBe('approximated');
});

test('a limit of streams that is not the largest is told to be one for all', () => {
  const http2 = (maxConcurrentStreams: number) => ({ http2: { maxConcurrentStreams } });
  const { report } = emit({}, [http2(10), http2(50)]);
  const said = [0, 1].map(
    (index) =>
      report.entries.find(({ path }) => path === `frontends[${index}].http2.maxConcurrentStreams`)
        ?.fidelity,
  );
  expect(said).toEqual(['approximated', 'exact']);
});
