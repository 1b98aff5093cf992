// What becomes of configurations of HAProxy, and that no line of them gets lost.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { refusalsOf } from '../../../../src/emit/fidelity.js';
import { CONFIG_FILE, emitHaproxy } from '../../../../src/haproxy/emit-haproxy.js';
import { importHaproxy } from '../../../../src/haproxy/import/import-haproxy.js';
import { toName } from '../../../../src/haproxy/import/names.js';
import type { MemberSpec } from '../../../../src/spec/member.js';
import { checkSpec, parseSpec } from '../../../../src/spec/parse.js';
import { CORPUS } from '../../../corpus/index.js';

const FOLDER = 'test/corpus/haproxy-cfg';
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.cfg'));

function read(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}

/** A frontend with these lines, its backend `web`, and what became of them. */
function frontendOf(...lines: readonly string[]) {
  const text = `
frontend f
  mode http
  bind :80
  ${lines.join('\n  ')}
  default_backend web
backend web
  mode http
  server a 10.0.0.1:80
backend api
  mode http
  server b 10.0.0.2:80
`;
  const { spec, notes } = importHaproxy(text);
  expect(checkSpec(spec).issues ?? []).toEqual([]);
  return { frontend: spec.frontends![0]!, notes };
}

/** A backend with these lines, and what became of them. */
function backendOf(...lines: readonly string[]) {
  const text = `
listen web
  mode http
  bind :80
  ${lines.join('\n  ')}
`;
  const { spec, notes } = importHaproxy(text);
  expect(checkSpec(spec).issues ?? []).toEqual([]);
  return { pool: spec.pools![0]!, notes };
}

describe('importHaproxy', () => {
  test('a line that differs in several ways is told with all of them', () => {
    const { notes } = backendOf(
      'server a 10.0.0.1:443 check ssl verify none',
      'server b 10.0.0.2:443 check inter 9s ssl verify required ca-file /ca.pem maxqueue 5 track web/a',
    );
    const [note] = notes.filter(({ text }) => text.startsWith('server b'));
    for (const part of ['"maxqueue"', '"track"', 'checked alike', 'TLS'])
      expect(note?.reason).toContain(part);
  });

  test('servers of one draw are random, those of two are the better of two', () => {
    const server = 'server a 10.0.0.1:80';
    expect(backendOf('balance random(1)', server).pool.strategy).toBe('random');
    expect(backendOf('balance random', server).pool.strategy).toBe('two-choices');
  });

  test.each(FILES)('%s becomes a spec that is good but for files that are not here', (name) => {
    const { spec } = importHaproxy(read(name));
    const issues = checkSpec(spec).issues ?? [];
    expect(
      issues.filter(({ message }) => !message.includes('can not be read')).map(String),
    ).toEqual([]);
    expect(spec.pools).not.toEqual([]);
  });

  test.each(FILES)('%s: a line of nonsense anywhere is told, and nothing else changes', (name) => {
    const lines = read(name).split('\n');
    const before = importHaproxy(lines.join('\n'));
    for (let at = 1; at < lines.length; at += 3) {
      const text = lines.toSpliced(at, 0, '  gibberish of mine').join('\n');
      const { spec, notes } = importHaproxy(text);
      expect(notes.map(({ line }) => line)).toContain(at + 1);
      expect(spec).toEqual(before.spec);
    }
  });

  test.each([
    ['path', 'path'],
    ['req.fhdr(x-user,1)', { header: 'x-user' }],
    ['req.hdr(x-user)', { header: 'x-user' }],
    ['req.cook(sid)', { cookie: 'sid' }],
    ['urlp(q)', { query: 'q' }],
  ])('a hash of a variable that holds %s is one of that', (fetch, key) => {
    const { pool, notes } = backendOf(
      `http-request set-var(txn.key.web) ${fetch}`,
      'balance hash var(txn.key.web)',
      'hash-type consistent',
      'server a 10.0.0.1:80',
    );
    expect(pool.strategy).toEqual({ type: 'hash', key, mapping: 'ketama' });
    expect(notes.map(({ kind, text }) => [kind, text])).toEqual([
      ['approximated', 'balance hash var(txn.key.web)'],
    ]);
    const direct = backendOf(`balance hash ${fetch}`, 'server a 10.0.0.1:80').pool.strategy;
    expect(direct).toEqual({ type: 'hash', key, mapping: 'modulo' });
  });

  test.each([
    [['http-request set-var(txn.key) req.cook(a) if { path /x }']],
    [['http-request set-var(txn.key) req.cook(a)', 'http-request set-var(txn.key) req.cook(b)']],
    [['http-request set-var(txn.key) req.cook(a)', 'http-request unset-var(txn.key) if TRUE']],
    [['http-request set-var(txn.key) req.cook(a),lower']],
    [['http-request set-var(txn.other) req.cook(a)']],
    [[]],
  ])('a hash of a variable that may hold something else is told: %j', (rules) => {
    const lines = [...rules, 'balance hash var(txn.key)'];
    const { pool, notes } = backendOf(...lines, 'server a 10.0.0.1:80');
    expect(pool.strategy).toBeUndefined();
    expect(notes.map(({ kind, text }) => [kind, text])).toEqual(
      lines.map((text) => ['left', text]),
    );
  });

  test.each(CORPUS)('what is emitted for "$name" is read again', ({ spec }) => {
    const { files, report } = emitHaproxy(spec);
    if (refusalsOf(report).length > 0) return;
    const text = files.find((file) => file.path === CONFIG_FILE)!.content.toString();
    const again = importHaproxy(text);
    const { pools, monitors } = parseSpec(spec);
    for (const { name, pool } of emitHaproxy(spec).backends) {
      const { members, health } = pools.find((written) => written.name === pool)!;
      const read = again.spec.pools!.find((found) => found.name === toName(name));
      const addresses = members.map(({ address }) => address);
      const { strategy } = pools.find((written) => written.name === pool)!;
      if (strategy.type === 'hash') {
        // HAProxy hashes the path for both.
        const key = strategy.key === 'uri' ? 'path' : strategy.key;
        expect(read?.strategy).toMatchObject({ type: 'hash', key });
      }
      expect(read?.members?.map((member) => (member as MemberSpec).address) ?? []).toEqual(
        addresses,
      );
      const monitor = monitors.find((found) => found.name === health);
      if (monitor === undefined || members.length === 0) continue;
      expect(read?.health).toMatchObject({ fall: monitor.fall, rise: monitor.rise });
    }
  });

  test('tests of one rule are joined, and alternatives become routes', () => {
    const { frontend, notes } = frontendOf(
      'acl api path_beg /api',
      'acl v1 hdr(x-v) 1',
      'use_backend api if api v1 or { hdr(host) -i api.example.com }',
    );
    expect(notes).toEqual([]);
    expect(frontend.routes).toEqual([
      { match: { path: { regex: '^/api' }, header: { 'x-v': '1' } }, pool: 'api' },
      { match: { host: ['api.example.com'] }, pool: 'api' },
    ]);
  });

  test('a prefix of HAProxy ends anywhere, so it is no prefix of a spec', () => {
    const { frontend } = frontendOf('use_backend api if { path_beg /a.b }');
    expect(frontend.routes![0]!.match).toEqual({ path: { regex: '^/a\\.b' } });
  });

  test('a rule that can not be told is left, and one that refused says that it does not', () => {
    const { frontend, notes } = frontendOf(
      'acl inside src 10.0.0.0/8',
      'http-request deny if { path_beg /admin } !inside',
      'use_backend api if !{ path /x }',
    );
    expect(frontend.routes).toBeUndefined();
    expect(notes.map(({ kind, text }) => [kind, text.split(' ')[0]])).toEqual([
      ['left', 'acl'],
      ['left', 'http-request'],
      ['left', 'use_backend'],
    ]);
    expect(notes[1]!.reason).toContain('Whoever it refuses is let in.');
  });

  test('addresses that may or may not come in', () => {
    const { frontend, notes } = frontendOf(
      'acl inside src 10.0.0.0/8 ::1',
      'tcp-request connection reject if { src 10.9.0.0/16 }',
      'http-request deny if !inside',
    );
    expect(notes).toEqual([]);
    expect(frontend.access).toEqual({ allow: ['10.0.0.0/8', '::1'], deny: ['10.9.0.0/16'] });
  });

  test('redirects, fixed answers and refusals keep their order before the backends', () => {
    const { frontend, notes } = frontendOf(
      'use_backend api if { path /api }',
      'http-request deny deny_status 404 if { path /secret }',
      'http-request return status 200 content-type text/plain string pong if { path /ping }',
      'redirect prefix https://new.example.com code 301 if { hdr(host) old.example.com }',
    );
    expect(notes).toEqual([]);
    expect(frontend.routes).toEqual([
      { match: { path: { exact: '/secret' } }, respond: { status: 404 } },
      {
        match: { path: { exact: '/ping' } },
        respond: { status: 200, body: 'pong', headers: { 'content-type': 'text/plain' } },
      },
      {
        match: { host: ['old.example.com'] },
        redirect: { to: 'https://new.example.com{path}?{query}', status: 301 },
      },
      { match: { path: { exact: '/api' } }, pool: 'api' },
    ]);
  });

  test('plain and TLS addresses of one frontend become two, and ssl_fc tells them apart', () => {
    const text = `
frontend www
  mode http
  bind :80
  bind [::1]:443,10.0.0.1:443 ssl crt a.pem crt b.pem alpn h2,http/1.1
  redirect scheme https code 301 if !{ ssl_fc }
  default_backend www
backend www
  mode http
  server a 10.0.0.1:80
`;
    const { spec, notes } = importHaproxy(text);
    expect(notes).toEqual([]);
    const [plain, secure] = spec.frontends!;
    expect(plain).toMatchObject({ name: 'www', protocol: 'http', bind: ['0.0.0.0:80'] });
    expect(plain!.routes).toHaveLength(1);
    expect(secure).toMatchObject({
      name: 'www-tls',
      protocol: 'https',
      bind: ['[::1]:443', '10.0.0.1:443'],
      tls: { certificates: [{ pem: 'a.pem' }, { pem: 'b.pem' }], alpn: ['h2', 'http/1.1'] },
    });
    expect(secure!.routes).toBeUndefined();
  });

  test('the usual three lines of a rate limit become one', () => {
    const { frontend, notes } = frontendOf(
      'stick-table type ip size 100k expire 60s store http_req_rate(10s)',
      'http-request track-sc0 src',
      'http-request deny deny_status 429 if { sc_http_req_rate(0) gt 20 }',
    );
    expect(notes).toEqual([]);
    expect(frontend.rateLimit).toEqual({ requests: 20, window: '10s' });
  });

  test("a server is named by its cookie's value, so that clients stay with it", () => {
    const { pool, notes } = backendOf(
      'cookie SRV insert indirect nocache maxidle 30m',
      'server Web.1 10.0.0.1:80 cookie s1 check',
      'server Web.2 10.0.0.2:80 cookie s2 check weight 0 disabled',
    );
    expect(notes).toEqual([]);
    expect(pool.sticky).toEqual({ mode: 'cookie', cookie: 'SRV', maxIdle: '30m' });
    expect(pool.members).toEqual([
      { name: 's1', address: '10.0.0.1:80' },
      { name: 's2', address: '10.0.0.2:80', weight: 0, state: 'maintenance' },
    ]);
  });

  test('checks keep their pace', () => {
    const { pool } = backendOf(
      'option httpchk',
      'http-check send meth GET uri /up hdr Host internal',
      'http-check expect string fine',
      'default-server inter 5s fastinter 1s rise 4 fall 1 port 9000',
      'timeout check 700ms',
      'server a 10.0.0.1:80 check',
    );
    expect(pool.health).toEqual({
      type: 'http',
      path: '/up',
      method: 'GET',
      headers: { host: 'internal' },
      expect: { status: '100-599', body: { contains: 'fine' } },
      interval: '5s',
      fastInterval: '1s',
      port: 9000,
      timeout: '700ms',
      fall: 1,
      rise: 4,
      initial: 'up',
    });
  });

  test('the last defaults hold for what follows, named ones for whoever asks', () => {
    const text = `
defaults slow
  mode http
  timeout server 2m
defaults
  mode tcp
  timeout server 1s
backend a
  server a 10.0.0.1:1
backend b from slow
  server b 10.0.0.1:2
`;
    const { spec, notes } = importHaproxy(text);
    expect(notes).toEqual([]);
    expect(spec.pools!.map(({ timeouts }) => timeouts?.server)).toEqual(['1s', '2m']);
  });

  test('an empty text is an empty spec', () => {
    expect(importHaproxy('# nothing\n\n')).toEqual({
      spec: { name: 'imported', frontends: [], pools: [] },
      notes: [],
      lines: 0,
    });
  });

  test('all of IPv4 and all of IPv6 on two lines are one address', () => {
    const { frontend } = frontendOf('bind :80 v4v6', 'bind :::80 v6only', 'bind *:81');
    expect(frontend.bind).toEqual([':80', '0.0.0.0:81']);
  });

  test.each([
    [['bind :80'], ['0.0.0.0:80']],
    [['bind :::80 v4v6'], [':80']],
    [['bind :::80'], [':80']],
    [['bind [::]:81 v6only'], ['0.0.0.0:80', '[::]:81']],
    [['bind :80', 'bind :::80'], [':80']],
    [['bind :::80 v6only', 'bind 0.0.0.0:80', 'bind *:80'], [':80']],
    [
      ['bind ipv6@:82 v6only', 'bind 10.0.0.1:80,*:81'],
      ['0.0.0.0:80', '[::]:82', '10.0.0.1:80', '0.0.0.0:81'],
    ],
  ])('%s: all addresses of which kind', (lines, bind) => {
    expect(frontendOf(...lines).frontend.bind).toEqual(bind);
  });

  test('retry-on becomes conditions, and what is none is told', () => {
    const { pool, notes } = backendOf(
      'server a 10.0.0.1:80',
      'retries 2',
      'option redispatch 1',
      'retry-on conn-failure empty-response 503 junk-response',
    );
    expect(pool.retries).toEqual({
      attempts: 2,
      on: ['connect-failure', 'reset-before-response', 503],
    });
    expect(notes.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['approximated', 'Retries have no condition "junk-response".'],
    ]);
  });

  test('disable-on-404 drains on 404', () => {
    const { pool, notes } = backendOf(
      'option httpchk GET /up',
      'http-check disable-on-404',
      'server a 10.0.0.1:80 check',
    );
    expect(pool.health).toMatchObject({ type: 'http', path: '/up', drainOn: '404' });
    expect(notes).toEqual([]);
  });

  test('paths that are compared without their case are regular expressions without it', () => {
    const { frontend, notes } = frontendOf(
      'use_backend api if { path_beg -i /Api }',
      'use_backend api if { path -i /x.y }',
      'use_backend api if { path_reg -i ^/v[12]/ }',
    );
    expect(notes).toEqual([]);
    expect(frontend.routes!.map(({ match }) => match.path)).toEqual([
      { regex: '(?i)^/Api' },
      { regex: String.raw`(?i)^/x\.y$` },
      { regex: '(?i)^/v[12]/' },
    ]);
  });

  test('options of redirects and refusals that a spec has not are told', () => {
    const { frontend, notes } = frontendOf(
      'redirect prefix https://a.example drop-query code 301 if { path /a }',
      'http-request deny deny_status 429 content-type text/plain string slower if { path /b }',
      'http-request deny deny_status 410 if { path /c }',
    );
    expect(frontend.routes!.map(({ respond }) => respond?.status)).toEqual([429, 410]);
    expect(notes.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['left', 'Redirects have no option "drop-query".'],
      ['approximated', 'Refusals have a status: "content-type" is left out.'],
    ]);
  });

  test('retries alone are for connections that fail, as in HAProxy', () => {
    const { pool } = backendOf('server a 10.0.0.1:80', 'retries 1', 'option redispatch');
    expect(pool.retries).toEqual({ attempts: 1, on: ['connect-failure'] });
  });

  test('a frontend without a backend for the rest answers 503', () => {
    const { spec } = importHaproxy(
      'frontend f\n mode http\n bind :80\n use_backend b if { path /x }\nbackend b\n mode http\n server s 10.0.0.1:80\n',
    );
    expect(spec.frontends![0]!.routes).toEqual([
      { match: { path: { exact: '/x' } }, pool: 'b' },
      { match: {}, respond: { status: 503 } },
    ]);
  });

  test('a folder of certificates is told, and the files beside it stay', () => {
    const secure = (options: string) => {
      const text = `frontend f\n mode http\n bind :443 ssl ${options}\n default_backend b\nbackend b\n mode http\n server s 10.0.0.1:80\n`;
      const { spec, notes } = importHaproxy(text);
      const { certificates } = spec.frontends![0]!.tls!;
      return { certificates, notes: notes.map(({ line, kind, reason }) => [line, kind, reason]) };
    };
    const told = (folder: string) => [
      3,
      'left',
      `Certificates are files: those of ${folder} are named one by one.`,
    ];
    expect(secure('crt a.pem crt /etc/certs/')).toEqual({
      certificates: [{ pem: 'a.pem' }],
      notes: [told('/etc/certs/')],
    });
    // A spec without any would be one that serves nothing: its check names the folder.
    expect(secure('crt /etc/certs/ alpn h2')).toEqual({
      certificates: [{ pem: '/etc/certs/' }],
      notes: [told('/etc/certs/')],
    });
  });

  test('a name for members that is neither fixed nor the host is told', () => {
    const lines = (sni: string) =>
      backendOf(`server a 10.0.0.1:443 ssl verify none sni ${sni}`).notes.length;
    expect([lines('str(a.example)'), lines('req.hdr(host)'), lines('var(txn.x)')]).toEqual([
      0, 0, 1,
    ]);
  });
});
