// The one-service form: its expansion, and faults told at the place they come from.
import { describe, expect, test } from 'vitest';
import { parseSpec } from '../../../src/spec/parse.js';
import { expandService, isServiceForm } from '../../../src/spec/service-expansion.js';
import { REFERENCE_SERVICE } from './reference-spec.js';
import { codes, faults } from './support.js';

const SMALL = { name: 'web-lb', backends: ['10.0.0.1:8080'] };

describe('the one-service form', () => {
  test('is told by its keys', () => {
    expect(isServiceForm(SMALL)).toBe(true);
    expect(isServiceForm({ type: 'http', port: 80 })).toBe(true);
    expect(isServiceForm({ pools: [], backends: [] })).toBe(false);
    expect(isServiceForm({ name: 'web-lb' })).toBe(false);
    expect(isServiceForm(['backends'])).toBe(false);
  });

  test('expands to a full spec', () => {
    expect(expandService(REFERENCE_SERVICE)).toMatchInlineSnapshot(`
      {
        "frontends": [
          {
            "bind": [
              ":443",
            ],
            "name": "web-lb",
            "pool": "web-lb",
            "protocol": "https",
            "rateLimit": {
              "action": "deny",
              "requests": 100,
              "window": "60s",
            },
            "tls": {
              "acme": {
                "domains": [
                  "app.example.com",
                ],
              },
            },
          },
          {
            "bind": [
              ":80",
            ],
            "name": "web-lb-http",
            "protocol": "http",
            "redirectToHttps": true,
          },
        ],
        "name": "web-lb",
        "pools": [
          {
            "health": {
              "interval": "5s",
              "path": "/health",
              "type": "http",
            },
            "members": [
              {
                "address": "web-1:8080",
                "name": "web-1",
                "weight": 50,
              },
              {
                "address": "web-2:8080",
                "name": "web-2",
                "weight": 50,
              },
            ],
            "name": "web-lb",
            "sticky": {
              "cookie": "SERVERID",
              "mode": "cookie",
            },
          },
        ],
      }
    `);
  });

  test('of http without tls is carried out', () => {
    const config = parseSpec({
      ...SMALL,
      port: 8080,
      vpc: 'vpc-1',
      labels: { env: 'prod' },
      backends: [
        { target: 'web-1:8080', weight: 50 },
        { target: '10.0.0.2:8080', backup: true },
        'web-2:8080',
        'web-2:8081',
      ],
      healthCheck: { path: '/health', interval: '1s', fall: 2 },
    });
    expect(config).toMatchObject({
      name: 'web-lb',
      labels: { env: 'prod', vpc: 'vpc-1' },
      frontends: [{ name: 'web-lb', protocol: 'http', bind: [':8080'], pool: 'web-lb' }],
      pools: [
        {
          name: 'web-lb',
          members: [
            { name: 'web-1', weight: 50, backup: false },
            { address: '10.0.0.2:8080', backup: true },
            { address: 'web-2:8080' },
            { address: 'web-2:8081' },
          ],
          health: { name: 'web-lb', type: 'http', path: '/health', interval: 1000, fall: 2 },
        },
      ],
    });
    // A host that is no name, or that two backends have, names nobody.
    const names = config.pools[0]?.members.map(({ name }) => name) ?? [];
    expect(names.slice(1).every((name) => /^m-[0-9a-f]{8}$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(4);
  });

  test.each([
    ['http', { interval: '1s' }, 'http'],
    ['tcp', { interval: '1s' }, 'tcp'],
    ['tcp', { path: '/health' }, 'http'],
    ['tcp', { type: 'redis' }, 'redis'],
    ['udp', {}, 'udp'],
  ])('a %s service with the check %j is asked by %s', (type, healthCheck, expected) => {
    const config = parseSpec({ ...SMALL, type, healthCheck });
    expect(config.pools[0]?.health).toMatchObject({ type: expected });
  });

  test('takes port 80, or any free one', () => {
    expect(parseSpec(SMALL).frontends[0]?.bind).toEqual([':80']);
    expect(parseSpec({ ...SMALL, port: 0 }).frontends[0]?.bind).toEqual([':0']);
  });

  test('takes a short form as its check', () => {
    const config = parseSpec({ ...SMALL, healthCheck: 'tcp:1s' });
    expect(config.pools[0]?.health).toMatchObject({ type: 'tcp', interval: 1000 });
  });

  test('is refused where it stands, once', () => {
    expect(codes(REFERENCE_SERVICE)).toEqual(['EK_NOT_SUPPORTED tls']);
    expect(codes({ ...SMALL, type: 'https' })).toEqual(['EK_SPEC_INVALID tls']);
  });

  test('has faults where they were written', () => {
    const input = {
      name: 'Web',
      type: 'htp',
      port: 70_000,
      backends: [{ target: 'web-1', weight: 300 }, 'web-2:', { taget: 'web-3:80' }],
      healthCheck: { path: 'health', intervall: '5s' },
      sticky: { mode: 'cookie', cookieName: 'a b' },
      rateLimit: { requests: 1 },
    };
    const paths = faults(input).map((fault) => fault.slice(0, fault.indexOf(': ')));
    expect(paths).toEqual([
      'name',
      'type',
      'port',
      'backends[0].target',
      'backends[0].weight',
      'backends[1]',
      'backends[2].target',
      'backends[2].taget',
      'healthCheck.path',
      'healthCheck.intervall',
      'sticky.cookieName',
      'rateLimit.window',
    ]);
  });

  test('refuses the same backend twice, in its own words', () => {
    const backends = [{ target: 'web-1:80' }, 'web-2:80', 'web-1:80'];
    expect(faults({ ...SMALL, backends })).toEqual([
      'backends[2]: backends[0] has the same address',
    ]);
  });

  test('needs backends', () => {
    expect(faults({ type: 'http', port: 80 })).toEqual(['backends: is missing; expected a list']);
    expect(faults({ ...SMALL, backends: ['web-1'] })).toEqual([
      'backends[0]: has no port, and there is no defaultPort; got "web-1"',
    ]);
    expect(faults({ ...SMALL, healthCheck: { type: 'exec', command: ['a'] } })).toEqual([
      'healthCheck.type: exec monitors run only if the host allows them (allowExec, --allow-exec)',
    ]);
  });
});
