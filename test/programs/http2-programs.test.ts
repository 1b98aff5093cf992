// HTTP/2 with real programs on both sides: curl, h2load and nghttp as clients, nginx and HAProxy as members.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TestAuthority } from '../support/authority.js';
import { ok, startHttpMember } from '../support/http-peers.js';
import { startHttp2Member } from '../support/http2-member.js';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { startNginx } from '../support/servers/nginx.js';
import { freePort } from '../support/servers/server-process.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-http2-'));
});
afterAll(() => rm(folder, { recursive: true }));

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;
const site = new TestAuthority().issue({ names: ['a.test'] });
const HTTPS = { protocol: 'https', tls: { certificates: [site] } } as const;
const VERSION_2 = { http: { version: '2' } } as const;

async function curl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runProgram(programPath('curl'), ['-sS', '-m', '30', ...args]);
  expect(stderr).toBe('');
  return stdout;
}

/** A member that says what it was sent. */
async function startSayer(): Promise<string> {
  const member = await startHttpMember(({ firstLine, body }) =>
    ok(`${firstLine} ${createHash('sha256').update(body).digest('hex')}\n`),
  );
  return stage.add(member).address;
}

/** The same in HTTP/2. */
async function startSayer2(): Promise<string> {
  const member = await startHttp2Member((stream, headers) => {
    const hash = createHash('sha256');
    stream.on('data', (piece: Buffer) => hash.update(piece));
    stream.on('end', () => {
      stream.respond({ ':status': 200 });
      stream.end(`${headers[':method']} ${headers[':path']} HTTP/2 ${hash.digest('hex')}\n`);
    });
  });
  return stage.add(member).address;
}

describeWith(['curl'], 'curl over HTTP/2', () => {
  test.each([
    ['HTTP/1.1', startSayer, {}],
    ['HTTP/2', startSayer2, VERSION_2],
  ] as const)('with prior knowledge, to members of %s', async (version, start, pool) => {
    const { port } = await stage.open([await start()], H2C, pool);
    const url = `http://127.0.0.1:${port}`;
    // One address each: curl 7.88 loses its way when it keeps such a connection, whoever is at the other end.
    const how = ['--http2-prior-knowledge', '-w', '%{http_version}'];
    expect(await curl(...how, `${url}/a`)).toMatch(new RegExp(`^GET /a ${version} \\w+\n2$`));
    const body = randomBytes(3_000_000);
    const file = path.join(folder, 'body');
    await writeFile(file, body);
    const hash = createHash('sha256').update(body).digest('hex');
    for (const upload of [
      ['--data-binary', `@${file}`],
      ['-T', file],
      ['-T', '-'],
    ]) {
      const { stdout } = await runProgram(
        programPath('curl'),
        ['-sS', '-m', '30', '--http2-prior-knowledge', ...upload, `${url}/up`],
        upload[1] === '-' ? { input: 'piped' } : {},
      );
      const wanted = upload[1] === '-' ? createHash('sha256').update('piped').digest('hex') : hash;
      expect(stdout).toContain(wanted);
    }
    expect(await curl('--http2-prior-knowledge', '-I', url)).toMatch(/^HTTP\/2 200/);
  });

  test('over TLS: HTTP/2 by ALPN, HTTP/1.1 when told so; never by Upgrade', async () => {
    const members = [await startSayer()];
    const { port } = await stage.open(members, HTTPS);
    const at = ['-k', '--resolve', `a.test:${port}:127.0.0.1`, '-w', '%{http_version}'];
    const url = `https://a.test:${port}/x`;
    expect(await curl(...at, '--http2', url)).toMatch(/^GET \/x HTTP\/1\.1 \w+\n2$/);
    const connects = await curl(...at, '-w', ' %{num_connects}\n', '--http2', url, url);
    expect(connects.match(/^ \d$/gm)).toEqual([' 1', ' 0']);
    expect(await curl(...at, '--http1.1', url)).toMatch(/\n1\.1$/);
    const clear = await stage.open(members, H2C);
    const text = await curl('--http2', '-w', '%{http_version}', `http://127.0.0.1:${clear.port}/`);
    expect(text).toMatch(/\n1\.1$/);
  });
});

/** Loads; every request must have been answered 2xx. */
async function h2load(requests: number, ...args: string[]): Promise<void> {
  const { stdout, stderr } = await runProgram(programPath('h2load'), [
    '-n',
    String(requests),
    '-c8',
    '-m10',
    ...args,
  ]);
  const wanted = `${requests} total, ${requests} started, ${requests} done, ${requests} succeeded, 0 failed, 0 errored, 0 timeout`;
  expect(stderr).toBe('');
  expect(stdout).toContain(wanted);
  expect(stdout).toContain(`status codes: ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`);
}

describeWith(['h2load'], 'h2load', () => {
  test.each([
    ['in the clear', 'HTTP/1.1', H2C, startSayer, {}],
    ['in the clear', 'HTTP/2', H2C, startSayer2, VERSION_2],
    ['over TLS', 'HTTP/1.1', HTTPS, startSayer, {}],
    ['over TLS', 'HTTP/2', HTTPS, startSayer2, VERSION_2],
  ] as const)('%s to members of %s loses no request', async (_, __, front, start, pool) => {
    const { port } = await stage.open([await start(), await start()], front, pool);
    const scheme = front === HTTPS ? 'https' : 'http';
    await h2load(2000, `${scheme}://127.0.0.1:${port}/`);
    const file = path.join(folder, 'small');
    await writeFile(file, randomBytes(20_000));
    await h2load(200, '-d', file, `${scheme}://127.0.0.1:${port}/up`);
  });
});

describeWith(['h2load', 'nginx', 'haproxy'], 'real members of HTTP/2', () => {
  test('nginx says GOAWAY every 50 requests, and none is lost, GET or POST', async () => {
    const port = await freePort();
    await using _nginx = await startNginx(
      `server {
        listen 127.0.0.1:${port} http2;
        keepalive_requests 50;
        location / { return 200 "ok\\n"; }
      }`,
      port,
    );
    const { port: front } = await stage.open([`127.0.0.1:${port}`], H2C, VERSION_2);
    await h2load(2000, `http://127.0.0.1:${front}/`);
    const file = path.join(folder, 'post');
    await writeFile(file, 'a=b');
    await h2load(500, '-d', file, `http://127.0.0.1:${front}/`);
  });

  test('HAProxy answers over HTTP/2', async () => {
    const port = await freePort();
    await using _haproxy = await startHaproxy(
      `
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend member
  bind 127.0.0.1:${port} proto h2
  http-request return status 200 content-type text/plain lf-string "%[req.ver] %[req.hdr(host)]"
`,
      port,
    );
    const { port: front } = await stage.open([`127.0.0.1:${port}`], H2C, VERSION_2);
    expect(await curl(`http://127.0.0.1:${front}/`)).toBe(`2.0 127.0.0.1:${front}`);
    await h2load(2000, `http://127.0.0.1:${front}/`);
  });
});

describeWith(['nghttp'], 'nghttp', () => {
  test('sends trailers, and gets what it asked for on one connection', async () => {
    const { port } = await stage.open([await startSayer2()], H2C, VERSION_2);
    const urls = ['a', 'b', 'c'].map((name) => `http://127.0.0.1:${port}/${name}`);
    const file = path.join(folder, 'trailed');
    await writeFile(file, 'body');
    const { stdout, code } = await runProgram(programPath('nghttp'), urls);
    expect(code).toBe(0);
    for (const name of ['a', 'b', 'c']) expect(stdout).toContain(`GET /${name} HTTP/2 `);
    const posted = await runProgram(programPath('nghttp'), [
      '-v',
      '--trailer',
      'x-sum: 1',
      '-d',
      file,
      `http://127.0.0.1:${port}/up`,
    ]);
    expect(posted.stdout).toContain('POST /up HTTP/2 ');
    expect(posted.stdout).not.toContain('RST_STREAM');
  });
});
