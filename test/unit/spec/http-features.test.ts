// Features of http frontends: what they expand to, and the faults that one field alone can't tell.
import path from 'node:path';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FrontendSpec } from '../../../src/spec/frontend.js';
import { expandFrontend } from '../../../src/spec/frontend-expansion.js';
import { httpsPortOf } from '../../../src/spec/redirect-to-https.js';
import { faults, frontend, spec } from './support.js';

const surroundings = {
  drainTimeout: 1000,
  httpsPort: 8443,
  resolvePath: (file: string) => path.posix.resolve('/etc/lb', file),
};

function expand(fields: Partial<FrontendSpec>): object {
  const input = { name: 'public', protocol: 'http', bind: ':80', ...fields } as const;
  return expandFrontend(input, surroundings);
}

/** Faults of a frontend's fields, but for the one that says that this version does not carry it out. */
function wrong(fields: Readonly<Record<string, unknown>>): readonly string[] {
  return faults(spec({ frontends: [frontend(fields)] })).filter(
    (text) => !/not supported/.test(text),
  );
}

describe('features of an http frontend', () => {
  test('are absent when they are off', () => {
    const off = { redirectToHttps: false, accessLog: 'none', headers: {}, errorPages: {} } as const;
    expect(expand(off)).toEqual(expand({}));
    expect(Object.keys(expand({}))).not.toContain('hsts');
  });

  test('are written out, paths from the folder of the spec', () => {
    const fields: Partial<FrontendSpec> = {
      redirectToHttps: true,
      hsts: { maxAge: '1d' },
      basicAuth: { usersFile: 'users' },
      headers: { request: { set: { 'X-Env': 'prod' } } },
      compression: { minBytes: '2KiB', types: ['Text/*'] },
      accessLog: 'json',
      errorPages: { '503': 'down.html' },
      requestId: {},
      maintenance: { page: '/srv/down.html' },
    };
    expect(expand(fields)).toMatchObject({
      redirectToHttps: { port: 8443 },
      hsts: { maxAge: 86_400_000, includeSubDomains: false },
      basicAuth: { realm: 'public', usersFile: '/etc/lb/users' },
      headers: {
        request: { set: { 'X-Env': 'prod' }, add: {}, remove: [] },
        response: { set: {}, add: {}, remove: [] },
      },
      compression: { algorithms: ['br', 'gzip'], minBytes: 2048, types: ['text/*'] },
      accessLog: { format: 'json' },
      errorPages: { '503': '/etc/lb/down.html' },
      requestId: { header: 'x-request-id', trust: [] },
      maintenance: { status: 503, page: '/srv/down.html', allow: [] },
    });
  });

  test('expand to themselves', () => {
    const once = expand({ redirectToHttps: { port: 444 }, accessLog: 'haproxy', maintenance: {} });
    expect(expand(once)).toEqual(once);
  });
});

describe('redirectToHttps', () => {
  const https = (name: string, bind: string): object => ({
    ...frontend({ name, protocol: 'https', bind, tls: { acme: { domains: ['a.example.com'] } } }),
  });
  const check = (...frontends: readonly object[]): readonly string[] =>
    faults(spec({ frontends: [frontend({ redirectToHttps: true }), ...frontends] })).filter(
      (text) => text.startsWith('frontends[0]') && !/not supported/.test(text),
    );

  test('goes to the port of the https frontends', () => {
    expect(check(https('secure', ':8443'), https('other', '10.0.0.1:8443'))).toEqual([]);
    const frontends: FrontendSpec[] = [
      { name: 'a', protocol: 'https', bind: [':8443', '10.0.0.1:8443'] },
    ];
    expect(httpsPortOf(frontends)).toBe(8443);
    expect(httpsPortOf([])).toBe(443);
  });

  test('says what it misses', () => {
    expect(check()).toEqual([
      'frontends[0].redirectToHttps: there is no https frontend to redirect to; write { port }',
    ]);
    expect(check(https('a', ':443'), https('b', ':8443'))).toEqual([
      'frontends[0].redirectToHttps: https is served on ports 443 and 8443; write { port }',
    ]);
    expect(check(https('a', ':0'))).toEqual([
      'frontends[0].redirectToHttps: the https frontend takes any free port; write { port }',
    ]);
  });

  test('is for http', () => {
    expect(wrong({ protocol: 'tcp', redirectToHttps: { port: 443 } })).toEqual([
      'frontends[0].redirectToHttps: redirectToHttps is for http, not tcp',
    ]);
    expect(wrong({ redirectToHttps: { port: 0 } })).toHaveLength(1);
  });
});

describe('headers', () => {
  test.each([
    'Connection',
    'content-length',
    'Transfer-Encoding',
    'upgrade',
    'Trailer',
    'TE',
    'keep-alive',
    'Proxy-Connection',
    'http2-settings',
    // What takes one away takes away the other.
    'Content_Length',
    'transfer_encoding',
  ])('%s is not to be changed', (name) => {
    const key = name.toLowerCase().replace('_', '-');
    const message = `${key} belongs to the connection; it can't be changed`;
    expect(
      wrong({
        headers: {
          request: { set: { [name]: 'x' }, add: { [name]: 'x' }, remove: [name] },
          response: { set: { [name]: 'x' } },
        },
      }).map((text) => text.replace(/^.*?: /, '')),
    ).toEqual([message, message, message, message]);
    expect(wrong({ requestId: { header: name } })).toEqual([
      `frontends[0].requestId.header: ${key} means something else; choose a name such as x-request-id`,
    ]);
  });

  test('what tells members of the client is not written under another spelling', () => {
    const set = { x_client_cert_subject: 'CN=a', x_forwarded_for: 'b' };
    expect(wrong({ headers: { request: { set } } })).toEqual([
      'frontends[0].headers.request.set.x_client_cert_subject: x-client-cert-subject is written by "tls.clientAuth" alone',
      'frontends[0].headers.request.set.x_forwarded_for: x-forwarded-for is written by "forwarded"; change forwarded.mode instead',
    ]);
  });

  test('Host may be set to a host, and nothing else', () => {
    const set = (host: string): Readonly<Record<string, unknown>> => ({
      headers: { request: { set: { Host: host } } },
    });
    expect(wrong(set('app.internal:8080'))).toEqual([]);
    expect(wrong(set('{host}.internal'))).toEqual([]);
    expect(wrong(set('{path}'))).toEqual([
      'frontends[0].headers.request.set.Host: expected a host, {host} or {tls.sni}, got "{path}"',
    ]);
    const other = { headers: { request: { add: { host: 'a' }, remove: ['HOST'] } } };
    expect(wrong(other)).toEqual([
      'frontends[0].headers.request.add.host: a request has one Host; it can only be set',
      'frontends[0].headers.request.remove[0]: a request has one Host; it can only be set',
    ]);
    expect(wrong({ headers: { response: { set: { host: '{path}' } } } })).toEqual([]);
  });

  test('what "forwarded" writes is not written twice', () => {
    const headers = { request: { set: { 'X-Forwarded-For': '{client.ip}', Forwarded: 'for=x' } } };
    expect(wrong({ headers })).toEqual([
      'frontends[0].headers.request.set.X-Forwarded-For: x-forwarded-for is written by "forwarded"; change forwarded.mode instead',
    ]);
    expect(wrong({ headers, forwarded: { mode: 'rfc7239' } })).toEqual([
      'frontends[0].headers.request.set.Forwarded: forwarded is written by "forwarded"; change forwarded.mode instead',
    ]);
    expect(wrong({ headers, forwarded: { mode: 'none' } })).toEqual([]);
  });

  test('each is set once, whatever its case', () => {
    expect(wrong({ headers: { response: { set: { 'X-A': '1', 'x-a': '2' } } } })).toEqual([
      'frontends[0].headers.response.set.x-a: is the same header as "X-A"',
    ]);
    expect(
      wrong({ headers: { response: { set: { a: '1' }, add: { A: '2' }, remove: ['a'] } } }),
    ).toEqual([]);
  });
});

test.each([
  ['0s', []],
  ['1s', []],
  [
    '500ms',
    [
      'frontends[0].hsts.maxAge: must be at least 1s, or 0, which makes browsers forget it, got "500ms"',
    ],
  ],
])('hsts for %s', (maxAge, faults) => {
  const tls = { selfSigned: true };
  expect(wrong({ protocol: 'https', tls, hsts: { maxAge } })).toEqual(faults);
});

test('the header of request ids has no other meaning', () => {
  expect(wrong({ requestId: { header: 'x-correlation-id' } })).toEqual([]);
  for (const name of ['Host', 'Cookie', 'set_cookie', 'Authorization', 'Content-Type']) {
    const key = name.toLowerCase().replace('_', '-');
    expect(wrong({ requestId: { header: name } })).toEqual([
      `frontends[0].requestId.header: ${key} means something else; choose a name such as x-request-id`,
    ]);
  }
  expect(wrong({ requestId: { header: 'X-Forwarded-For' } })).toEqual([
    'frontends[0].requestId.header: x-forwarded-for is written by "forwarded"; choose a name such as x-request-id',
  ]);
});

test('a realm is printable, a media type has two parts', () => {
  expect(wrong({ basicAuth: { realm: 'Büro', usersFile: 'u' } })).toEqual([
    'frontends[0].basicAuth.realm: expected printable ASCII characters, got "Büro"',
  ]);
  expect(wrong({ compression: { types: ['text/*', '*/*', 'html'] } })).toEqual([
    'frontends[0].compression.types[1]: expected a media type such as text/html or text/*, got "*/*"',
    'frontends[0].compression.types[2]: expected a media type such as text/html or text/*, got "html"',
  ]);
});

test('an access log is for tcp and http', () => {
  for (const accessLog of ['json', { format: 'haproxy' }]) {
    expect(wrong({ protocol: 'udp', accessLog })).toEqual([
      'frontends[0].accessLog: accessLog is for tcp and http, not udp',
    ]);
    expect(wrong({ protocol: 'tcp', accessLog })).toEqual([]);
  }
  expect(wrong({ protocol: 'udp', accessLog: 'none' })).toEqual([]);
  expect(expand({ protocol: 'tcp', accessLog: 'json' })).toMatchObject({
    accessLog: { format: 'json' },
  });
});

test('an algorithm stands once, and zstd needs a Node.js that has it', () => {
  expect(wrong({ compression: { algorithms: ['gzip', 'br', 'gzip'] } })).toEqual([
    'frontends[0].compression.algorithms[2]: "gzip" is there already',
  ]);
  const zstd = wrong({ compression: { algorithms: ['zstd'] } });
  expect(zstd).toEqual(
    'createZstdCompress' in zlib
      ? []
      : ['frontends[0].compression.algorithms[0]: zstd needs Node.js 22.15 or newer'],
  );
});
