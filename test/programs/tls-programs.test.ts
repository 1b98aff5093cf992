// Real TLS clients and scanners at an https frontend: openssl, curl, sslscan, h2load; and WebSocket over TLS.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Balancer } from '../../src/balancer/balancer.js';
import type { TlsSpec } from '../../src/spec/tls.js';
import { TestAuthority } from '../support/authority.js';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';

const authority = new TestAuthority();
const rsa = authority.issue({ names: ['a.test', 'localhost'] });
const ec = authority.issue({ names: ['a.test', 'localhost'], keyType: 'ec' });
const client = authority.issue({ names: ['robot'] });

let folder: string;
let member: http.Server;
let balancer: Balancer;
const ports: Record<string, number> = {};

/** Sends a body back as its hash, `/big` of so many bytes, or what the balancer told. */
function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.method !== 'GET') {
    const hash = createHash('sha256');
    request.on('data', (part: Buffer) => hash.update(part));
    request.on('end', () => response.end(hash.digest('hex')));
  } else if (request.url === '/big') response.end(BIG);
  else response.end(JSON.stringify(request.headers));
}

const BIG = randomBytes(16 * 1024 * 1024);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-tls-'));
  const files = { 'ca.pem': authority.ca, 'c.pem': client.cert, 'c.key': client.key, big: BIG };
  for (const [name, content] of Object.entries(files))
    await writeFile(path.join(folder, name), content);
  member = http.createServer(answer);
  const sockets = new WebSocketServer({ server: member });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  member.listen(0, '127.0.0.1');
  await once(member, 'listening');
  const certificates = [rsa, ec];
  const variants: Record<string, TlsSpec> = {
    plain: { certificates },
    modern: { certificates, minVersion: '1.3' },
    mutual: { certificates, clientAuth: { mode: 'require', ca: authority.ca } },
  };
  balancer = new Balancer({
    frontends: Object.entries(variants).map(([name, tls]) => ({
      name,
      protocol: 'https' as const,
      bind: '127.0.0.1:0',
      pool: 'web',
      tls,
    })),
    pools: [{ name: 'web', members: [`127.0.0.1:${(member.address() as AddressInfo).port}`] }],
  });
  for (const [name, [bound]] of Object.entries(await balancer.start())) ports[name] = bound!.port;
});
afterAll(async () => {
  await balancer.close();
  member.closeAllConnections();
  member.close();
  await rm(folder, { recursive: true });
});

const file = (name: string): string => path.join(folder, name);

describeWith(['openssl'], 'openssl s_client', () => {
  async function connect(
    frontend: string,
    options: readonly string[],
    input = '',
  ): Promise<string> {
    const args = [
      's_client',
      '-connect',
      `127.0.0.1:${ports[frontend]}`,
      '-CAfile',
      file('ca.pem'),
    ];
    const result = await runProgram(
      programPath('openssl'),
      [...args, '-servername', 'a.test', ...options],
      { input },
    );
    return result.stdout + result.stderr;
  }

  const OLD = ['-cipher', 'ALL:@SECLEVEL=0'];

  test.each([
    ['plain', ['-tls1', ...OLD], 'refused'],
    ['plain', ['-tls1_1', ...OLD], 'refused'],
    ['plain', ['-tls1_2'], 'TLSv1.2'],
    ['plain', ['-tls1_3'], 'TLSv1.3'],
    ['modern', ['-tls1_2'], 'refused'],
    ['modern', ['-tls1_3'], 'TLSv1.3'],
    ['plain', ['-tls1_2', '-cipher', 'AES128-SHA:@SECLEVEL=0'], 'refused'],
    ['plain', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0'], 'refused'],
  ] as const)('%s %j: %s', async (frontend, options, expected) => {
    const text = await connect(frontend, options);
    const protocol = /New, (TLSv1\.\d), Cipher is (?!\(NONE\))/.exec(text)?.[1] ?? 'refused';
    expect(protocol).toBe(expected);
  });

  test('agrees on http/1.1, and is refused when it can only speak something else', async () => {
    expect(await connect('plain', ['-alpn', 'http/1.1,h2'])).toContain('ALPN protocol: h2');
    expect(await connect('plain', ['-alpn', 'spdy/1'])).toMatch(/alert no application protocol/);
    expect(await connect('plain', [])).toContain('No ALPN negotiated');
  });

  test('sees the certificate that goes with its keys, and trusts it', async () => {
    const shown = async (sigalgs: string): Promise<string> => {
      const text = await connect('plain', ['-sigalgs', sigalgs, '-verify_return_error']);
      expect(text).toContain('Verify return code: 0 (ok)');
      return /Server public key is (\d+) bit/.exec(text)?.[1] ?? '';
    };
    expect(await shown('ECDSA+SHA256')).toBe('256');
    expect(await shown('RSA-PSS+SHA256')).toBe('2048');
  });

  test('is not renegotiated with', async () => {
    const text = await connect('plain', ['-tls1_2'], 'R\n');
    expect(text).toMatch(/no renegotiation|NO_RENEGOTIATION/i);
  });

  test('resumes its session, with 1.2 and 1.3, and after an apply', async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      const saved = file(`session${version}`);
      const request = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
      const quiet = ['-ign_eof'];
      expect(await connect('plain', [version, '-sess_out', saved, ...quiet], request)).toContain(
        'New, TLS',
      );
      await balancer.apply({ ...balancer.spec, description: version });
      expect(await connect('plain', [version, '-sess_in', saved, ...quiet], request)).toContain(
        'Reused, TLS',
      );
    }
  });
});

describeWith(['curl'], 'curl over https', () => {
  async function curl(frontend: string, ...options: string[]): Promise<string> {
    const base = ['-sS', '-m', '30', '--cacert', file('ca.pem')];
    const target = ['--connect-to', `a.test:443:127.0.0.1:${ports[frontend]}`];
    const { stdout, stderr } = await runProgram(programPath('curl'), [
      ...base,
      ...target,
      ...options,
    ]);
    return stdout + stderr;
  }

  test('gets an answer, and the member hears of https', async () => {
    expect(JSON.parse(await curl('plain', 'https://a.test/'))).toMatchObject({
      host: 'a.test',
      'x-forwarded-proto': 'https',
    });
  });

  test('sends and gets big bodies unharmed', async () => {
    const hash = createHash('sha256').update(BIG).digest('hex');
    expect(await curl('plain', '--data-binary', `@${file('big')}`, 'https://a.test/')).toBe(hash);
    await curl('plain', '-o', file('got'), 'https://a.test/big');
    const slow = ['--limit-rate', '20M', '--tls-max', '1.2'];
    await curl('plain', ...slow, '-o', file('slow'), 'https://a.test/big');
    for (const name of ['got', 'slow']) {
      expect(
        createHash('sha256')
          .update(await readFile(file(name)))
          .digest('hex'),
      ).toBe(hash);
    }
  });

  test('shows its certificate, or is refused', async () => {
    const shown = ['--cert', file('c.pem'), '--key', file('c.key')];
    const forged = ['-H', 'X-Client-Cert-Subject: CN=root', '-H', 'x_client_cert_subject: CN=root'];
    const text = await curl('mutual', ...shown, ...forged, 'https://a.test/');
    expect(JSON.parse(text)).toMatchObject({ 'x-client-cert-subject': 'CN=robot' });
    expect(text).not.toContain('CN=root');
    expect(await curl('mutual', 'https://a.test/')).toMatch(/^curl: \(\d+\)/);
    expect(await curl('plain', ...forged, 'https://a.test/')).not.toContain('CN=root');
  });
});

describeWith(['sslscan'], 'sslscan', () => {
  test('finds nothing old and nothing weak', async () => {
    const { stdout } = await runProgram(programPath('sslscan'), [
      '--no-colour',
      '--sni-name=a.test',
      `127.0.0.1:${ports['plain']}`,
    ]);
    for (const line of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) {
      expect(stdout).toMatch(new RegExp(`${line}\\s+disabled`));
    }
    for (const line of ['TLSv1.2', 'TLSv1.3'])
      expect(stdout).toMatch(new RegExp(`${line}\\s+enabled`));
    expect(stdout).not.toMatch(/Compression enabled/);
    expect(stdout).not.toMatch(/ffdhe/);
    expect(stdout).toMatch(/Session renegotiation not supported/);
    expect(stdout).not.toMatch(/(?<!not )vulnerable to heartbleed/);
    const suites = [...stdout.matchAll(/^(?:Preferred|Accepted)\s+\S+\s+\d+ bits\s+(\S+)/gm)];
    expect(suites.length).toBeGreaterThan(4);
    for (const [, suite] of suites)
      expect(suite).toMatch(/^(TLS_|ECDHE-\w+-(AES\d+-GCM|CHACHA20))/);
  });
});

describeWith(['h2load'], 'h2load over https', () => {
  test('loses no request in 30 s in which certificates are swapped more than 100 times', async () => {
    const others = Array.from({ length: 4 }, (_, i) =>
      authority.issue({ names: ['a.test', `n${i}.test`], keyType: i % 2 === 0 ? 'ec' : 'rsa' }),
    );
    const url = `https://127.0.0.1:${ports['plain']}/`;
    const run = (...options: string[]): ReturnType<typeof runProgram> =>
      runProgram(programPath('h2load'), [...options, url]);
    const load = { isOver: false };
    const kept = Promise.all([
      run('-D', '30', '-c', '8', '-m', '4'),
      run('--h1', '-D', '30', '-c', '8'),
    ]).finally(() => {
      load.isOver = true;
    });
    // Besides kept connections, one for each request.
    const fresh = (async () => {
      const results = [];
      while (!load.isOver) results.push(await run('--h1', '-n', '50', '-c', '50'));
      return results;
    })();
    let swaps = 0;
    while (!load.isOver) {
      balancer.certificates.replace('plain', [others[swaps++ % 4]!, rsa]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(swaps).toBeGreaterThanOrEqual(100);
    for (const { stdout } of [...(await kept), ...(await fresh)]) {
      expect(stdout).toMatch(/ (\d+) done, \1 succeeded, 0 failed, 0 errored, 0 timeout/);
      expect(stdout).toMatch(/status codes: [1-9]\d* 2xx, 0 3xx, 0 4xx, 0 5xx/);
    }
    balancer.certificates.replace('plain', [rsa, ec]);
  });
});

describe('WebSocket over TLS', () => {
  test('passes messages of every size both ways', async () => {
    const socket = new WebSocket(`wss://localhost:${ports['plain']}/`, {
      ca: authority.ca,
    });
    await once(socket, 'open');
    for (const size of [0, 1, 125, 126, 16_384, 65_536, 3_000_000]) {
      const message = randomBytes(size);
      socket.send(message);
      const [echo] = (await once(socket, 'message')) as [Buffer];
      expect(echo.equals(message)).toBe(true);
    }
    socket.close();
    await once(socket, 'close');
  });
});
