// An existing configuration: real HAProxy takes it, and what is imported treats clients as it does.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { Balancer } from '../../../src/balancer/balancer.js';
import { importHaproxy } from '../../../src/haproxy/import/import-haproxy.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { createSelfSigned } from '../../../src/tls/self-signed.js';
import { haproxyComplaints } from '../../support/haproxy-check.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { startHaproxy } from '../../support/servers/haproxy.js';
import { freePort } from '../../support/servers/server-process.js';

const FOLDER = 'test/corpus/haproxy-cfg';
const { cert, key } = createSelfSigned({ domains: ['example.com'], now: Date.now() });

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Ports {
  readonly haproxy: number;
  readonly evenkeel: number;
}

/** The same text on both. @param write - the configuration for a port */
async function startBoth(write: (port: number) => string): Promise<Ports> {
  const haproxy = await freePort();
  const server = await startHaproxy(write(haproxy), haproxy);
  cleanups.push(() => server.stop());
  const { spec, notes } = importHaproxy(write(1));
  expect(notes.filter(({ kind }) => kind === 'left')).toEqual([]);
  const balancer = new Balancer(anyPort(spec));
  cleanups.push(() => balancer.close());
  const [address] = Object.values(await balancer.start()).flat();
  return { haproxy, evenkeel: address!.port };
}

function anyPort(spec: BalancerSpec): BalancerSpec {
  const frontends = spec.frontends!.map((frontend) => ({ ...frontend, bind: ['127.0.0.1:0'] }));
  return { ...spec, frontends };
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a client gets to see that the configuration decides. */
async function ask(port: number, { path: target = '/', method = 'GET', headers }: Asked = {}) {
  const options = { host: '127.0.0.1', port, path: target, method, headers, agent: false };
  const sent = httpRequest(options).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(response);
  return {
    status: response.statusCode,
    // The text of errors is each one's own.
    body: response.statusCode === 200 ? body : '',
    location: response.headers.location,
    frame: response.headers['x-frame-options'],
    cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
  };
}

async function expectSame({ haproxy, evenkeel }: Ports, asked: readonly Asked[]): Promise<void> {
  for (const one of asked) {
    const expected = await ask(haproxy, one);
    expect([one, await ask(evenkeel, one)]).toEqual([one, expected]);
  }
}

const DEFAULTS = `
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
`;

describeWith(['haproxy'], 'importHaproxy, beside the real HAProxy', () => {
  test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.cfg')))(
    'HAProxy takes %s, which the import is tried with',
    async (name) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-import-'));
      cleanups.push(async () => rmSync(folder, { recursive: true }));
      const pem = path.join(folder, 'all.pem');
      writeFileSync(pem, cert + key);
      const content = readFileSync(path.join(FOLDER, name), 'utf8')
        .replaceAll(/\/etc\/\S+(?:\.pem|private\/)/g, pem)
        .replaceAll(/^.*(?:errorfile|chroot|hosts\.map|resolvers dns).*$/gm, '')
        .replaceAll(/\S+\.internal:/g, '127.0.0.1:');
      const complaints = await haproxyComplaints([{ path: 'haproxy.cfg', content, mode: 0o644 }]);
      expect(complaints.filter((line) => !line.includes('WARNING'))).toEqual([]);
    },
  );

  test('routes, refusals, redirects, fixed answers and headers', async () => {
    const web = keep(await HttpMember.start('web'));
    const api = keep(await HttpMember.start('api'));
    const ports = await startBoth(
      (port) => `${DEFAULTS}
frontend f
  bind 127.0.0.1:${port}
  acl api path_beg /api
  acl v2 hdr(x-version) 2
  acl shop hdr(host) -i shop.example.com
  http-request deny if { path_beg /private }
  http-request return status 200 content-type text/plain string pong if { path /ping }
  http-request redirect prefix https://new.example.com code 301 if { hdr(host) old.example.com }
  http-request redirect location /elsewhere code 307 if { path_end .old }
  http-response set-header X-Frame-Options DENY
  use_backend api if api v2 or shop { method POST }
  default_backend web
backend web
  server web ${web.address}
backend api
  server api ${api.address}
`,
    );
    await expectSame(ports, [
      {},
      { path: '/api', headers: { 'x-version': '2' } },
      { path: '/apis', headers: { 'x-version': '2' } },
      { path: '/API', headers: { 'x-version': '2' } },
      { path: '/api', headers: { 'x-version': '1' } },
      { headers: { host: 'SHOP.example.com' } },
      { method: 'POST', headers: { host: 'SHOP.example.com', 'content-length': '0' } },
      { path: '/private/x' },
      { path: '/ping' },
      { path: '/ping/' },
      { path: '/a/b?c=d', headers: { host: 'old.example.com' } },
      { path: '/a/b', headers: { host: 'old.example.com' } },
      { path: '/x.old' },
      { path: '/x.older' },
    ]);
  });

  test('cookies, weights and servers that are switched off', async () => {
    const members = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const [one, two] = members;
    const ports = await startBoth(
      (port) => `${DEFAULTS}
listen f
  bind 127.0.0.1:${port}
  cookie SRV insert indirect nocache
  server first ${one!.address} cookie s1
  server second ${two!.address} cookie s2
  server third 127.0.0.1:1 cookie s3 disabled
`,
    );
    for (const port of [ports.haproxy, ports.evenkeel]) {
      const cookies = new Map<string | undefined, string>();
      for (let i = 0; i < 6; i++) {
        const { cookie, body } = await ask(port);
        cookies.set(cookie, body);
      }
      expect(Object.fromEntries(cookies)).toEqual({ 'SRV=s1': 'one', 'SRV=s2': 'two' });
    }
    await expectSame(ports, [
      { headers: { cookie: 'SRV=s1' } },
      { headers: { cookie: 'a=b; SRV=s2' } },
      { headers: { cookie: 'SRV=s2' } },
    ]);
  });

  test('rate limits and addresses that are let in', async () => {
    const web = keep(await HttpMember.start('web'));
    const ports = await startBoth(
      (port) => `${DEFAULTS}
frontend f
  bind 127.0.0.1:${port}
  acl here src 127.0.0.0/8
  stick-table type ip size 1k expire 1h store http_req_rate(1h)
  http-request deny if !here
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 5 }
  default_backend web
backend web
  server web ${web.address}
`,
    );
    await expectSame(
      ports,
      Array.from({ length: 8 }, () => ({})),
    );
  });

  test('tcp with a backup whose first server refuses', async () => {
    const spare = keep(await HttpMember.start('spare'));
    const ports = await startBoth(
      (port) => `
defaults
  mode tcp
  timeout connect 2s
  timeout client 10s
  timeout server 10s
listen f
  bind 127.0.0.1:${port}
  balance first
  option redispatch 1
  retries 2
  server main 127.0.0.1:1 check inter 100ms fall 1
  server spare ${spare.address} backup check inter 100ms
`,
    );
    for (const port of [ports.haproxy, ports.evenkeel]) {
      let answer = '';
      while (!answer.endsWith('spare')) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        answer = await text(socket).catch(() => '');
      }
      expect(answer).toContain('200 OK');
    }
  });
});
