// Which pool takes a client.
import { describe, expect, test } from 'vitest';
import { SourceRoutes } from '../../../src/frontend/source-routes.js';
import { Pool } from '../../../src/pool/pool.js';
import type { RouteConfig } from '../../../src/spec/config.js';
import { parseFrontend } from '../../../src/spec/parse.js';

const pools = new Map(['main', 'lan', 'api', 'any'].map((name) => [name, new Pool({ name })]));

function routes(list: readonly RouteConfig[], fallback: string | null = 'main'): SourceRoutes {
  const config = parseFrontend({ name: 'f', protocol: 'tcp', bind: ':1', pool: 'main' });
  const { pool: _pool, ...rest } = config;
  const whole = { ...rest, routes: list, ...(fallback === null ? {} : { pool: fallback }) };
  return new SourceRoutes(whole, (name) => pools.get(name));
}

function find(table: SourceRoutes, source: string, name?: string | null): string | undefined {
  const answer = table.find(source, name);
  return typeof answer === 'object' ? answer.name : answer;
}

describe('SourceRoutes', () => {
  const table = routes([
    { match: { source: ['10.0.0.0/8'] }, pool: 'lan' },
    { match: { sni: ['api.example.com'] }, pool: 'api' },
    { match: { sni: ['*.example.com'], source: ['192.0.2.0/24'] }, pool: 'any' },
  ]);

  test('needs no server name where the source decides', () => {
    expect(find(table, '10.1.2.3')).toBe('lan');
  });

  test('asks for the server name where it decides', () => {
    expect(find(table, '192.0.2.1')).toBe('needs-server-name');
  });

  test.each([
    ['192.0.2.1', 'api.example.com', 'api'],
    ['192.0.2.1', 'www.example.com', 'any'],
    ['192.0.2.1', 'a.b.example.com', 'any'],
    ['192.0.2.1', 'example.com', 'main'],
    ['192.0.2.1', 'notexample.com', 'main'],
    ['198.51.100.1', 'www.example.com', 'main'],
    ['192.0.2.1', null, 'main'],
  ])('%s asking for %s goes to %s', (source, name, pool) => {
    expect(find(table, source, name)).toBe(pool);
  });

  test('without a default pool nobody takes the rest', () => {
    const bare = routes([{ match: { sni: ['a.test'] }, pool: 'api' }], null);
    expect(find(bare, '192.0.2.1', 'a.test')).toBe('api');
    expect(find(bare, '192.0.2.1', null)).toBeUndefined();
  });

  test('refuses a pool that does not exist', () => {
    expect(() => routes([{ match: {}, pool: 'gone' }])).toThrow(
      'frontend "f": no pool is named "gone"',
    );
  });
});
