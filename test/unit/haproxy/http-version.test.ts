// HTTP/2 towards members, as words of HAProxy's configuration.
import { describe, expect, test } from 'vitest';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';

function serverLine(pool: object, more: object = {}): string {
  const { files } = emitHaproxy({
    frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
    pools: [{ name: 'web', members: ['10.0.0.1:80'], http: { version: '2' }, ...pool }],
    ...more,
  });
  const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content);
  return /^ {2}server .*$/m.exec(text)?.[0] ?? text;
}

describe('members of HTTP/2', () => {
  test('are spoken to by prior knowledge in the clear, and checked in the same way', () => {
    const line = serverLine({ health: 'http:/health:5s' });
    expect(line).toContain(' proto h2 ');
    expect(line).toContain(' check-proto h2');
  });

  test('are offered h2 alone over TLS, by their check too', () => {
    const line = serverLine({ tls: { verify: false }, health: 'https:/health:5s' });
    expect(line).toContain(' alpn h2');
    expect(line).toContain(' check-alpn h2');
    expect(line).not.toContain('proto h2');
  });

  test('are checked in HTTP/1.1 where the monitor says so', () => {
    const monitors = [{ name: 'main', type: 'http' }];
    expect(serverLine({ health: 'main' }, { monitors })).toContain(' check-proto h1');
    const over = [{ name: 'main', type: 'https' }];
    expect(serverLine({ health: 'main', tls: { verify: false } }, { monitors: over })).toContain(
      ' check-alpn http/1.1',
    );
  });
});
