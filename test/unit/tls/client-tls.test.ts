import { describe, expect, test } from 'vitest';
import type { PoolTlsConfig } from '../../../src/spec/config.js';
import { serverNameFor } from '../../../src/tls/client-tls.js';

const byName = { name: 'm', host: 'web-1.internal', port: 443 };
const byAddress = { name: 'm', host: '10.0.0.1', port: 443 };

function asked(sni: PoolTlsConfig['sni'], peer: typeof byName, host: string): string {
  return serverNameFor({ verify: true, sni }, peer, host);
}

describe('the name that a member is asked for', () => {
  test.each([
    ['host', 'app.test', 'app.test', 'app.test'],
    ['host', '', 'web-1.internal', ''],
    ['host', '192.0.2.1', 'web-1.internal', ''],
    ['host', '[::1]', 'web-1.internal', ''],
    ['member', 'app.test', 'web-1.internal', ''],
    [{ name: 'fixed.test' }, 'app.test', 'fixed.test', 'fixed.test'],
  ] as const)(
    'sni %j, Host "%s": "%s", and "%s" of a member with an address',
    (sni, host, one, two) => {
      expect(asked(sni, byName, host)).toBe(one);
      expect(asked(sni, byAddress, host)).toBe(two);
    },
  );
});
