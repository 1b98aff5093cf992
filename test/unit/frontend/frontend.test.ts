// A frontend by itself, before it listens.
import { describe, expect, test } from 'vitest';
import { Frontend } from '../../../src/frontend/frontend.js';

describe('Frontend', () => {
  test.each(['tcp', 'udp', 'http'] as const)('%s: refuses a pool that nobody has', (protocol) => {
    const options = { name: 'public', protocol, bind: '127.0.0.1:0' };
    const refusal = 'frontend "public": no pool is named "web"';
    expect(() => new Frontend({ ...options, pool: 'web' })).toThrow(refusal);
    const routes = [{ match: {}, pool: 'web' }];
    expect(() => new Frontend({ ...options, routes })).toThrow(refusal);
  });
});
