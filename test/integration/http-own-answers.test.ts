// What the balancer answers itself, and what it adds to every answer: ids, pages, maintenance, the way to https.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { SpecError } from '../../src/core/errors.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import {
  ask,
  connectHttp,
  get,
  type HttpMember,
  ok,
  startHttpMember,
} from '../support/http-peers.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());
const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-answers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const whole = path.join(folder, name);
  writeFileSync(whole, content);
  return whole;
}

async function startEcho(): Promise<HttpMember> {
  return stage.add(
    await startHttpMember((request) => ok(request.head, 'X-Request-Id: theirs\r\n')),
  );
}

describe('requestId', () => {
  test('is told to the member and the client, in the place of theirs', async () => {
    const { port } = await stage.open([await startEcho()], { protocol: 'http', requestId: {} });
    const answer = await ask(port, get('/', 'X-Request-Id: forged\r\nx_request_id: forged\r\n'));
    const id = answer.headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^[0-9a-f]{12}-0$/);
    expect(answer.body.toString().match(/x.request.id: .*/gi)).toEqual([`x-request-id: ${id}`]);
    const next = await ask(port, get());
    expect(next.headers.get('x-request-id')).toBe(id.replace(/0$/, '1'));
  });

  test('stands on answers of the balancer too, and a trusted peer brings its own', async () => {
    const { port } = await stage.open([], {
      protocol: 'http',
      requestId: { header: 'X-Trace', trust: ['127.0.0.0/8'] },
    });
    const answer = await ask(port, get('/', 'X-TRACE: abc-1\r\n'));
    expect([answer.status, answer.headers.get('x-trace')]).toEqual([503, 'abc-1']);
  });
});

describe('errorPages', () => {
  const errorPages = {
    '400': file('400.json', '{"error":"bad"}'),
    '404': file('404.html', '<p>nothing hére</p>'),
    '503': file('503.txt', 'later\n'),
  };

  test('are the bodies of the answers of the balancer', async () => {
    const { port } = await stage.open([], { protocol: 'http', errorPages });
    const refused = await ask(port, get());
    expect([refused.status, refused.body.toString()]).toEqual([503, 'later\n']);
    expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(refused.headers.get('content-length')).toBe('6');
    const bad = await ask(port, 'GET / HTTP/1.1\r\n\r\n');
    expect([bad.status, bad.body.toString()]).toEqual([400, '{"error":"bad"}']);
    expect(bad.headers.get('content-type')).toBe('application/json');
  });

  test('HEAD gets the head of one, on a connection that goes on', async () => {
    const { port } = await stage.open([], { protocol: 'http', errorPages });
    const client = await connectHttp(port);
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const head = await client.reply(false);
    expect([head.status, head.headers.get('content-length')]).toEqual([503, '6']);
    client.send(get());
    expect((await client.reply()).body.toString()).toBe('later\n');
    client.peer.socket.destroy();
  });

  test('answers of members stay as they are', async () => {
    const member = stage.add(
      await startHttpMember(() => 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'),
    );
    const { port } = await stage.open([member], { protocol: 'http', errorPages });
    expect((await ask(port, get())).body.toString()).toBe('busy');
  });

  test('are read again by an apply, though the spec stays the same; a missing one changes nothing', async () => {
    const page = file('page.txt', 'one');
    const spec = {
      frontends: [
        { name: 'f', protocol: 'http', bind: '127.0.0.1:0', errorPages: { '404': page } },
      ],
    } as const;
    await using balancer = new Balancer(spec);
    const port = (await balancer.start())['f']?.[0]?.port ?? 0;
    expect((await ask(port, get())).body.toString()).toBe('one');
    writeFileSync(page, 'two');
    expect((await balancer.apply(spec)).isEmpty).toBe(true);
    expect((await ask(port, get())).body.toString()).toBe('two');
    rmSync(page);
    await expect(balancer.apply(spec)).rejects.toMatchObject({ code: 'EK_FILE' });
    expect((await ask(port, get())).body.toString()).toBe('two');
    expect(() => new Balancer(spec)).toThrowError(
      /frontends\[0\]\.errorPages\["404"\]: can't read/,
    );
  });
});

describe('files that a spec names and that can not be used', () => {
  const bad = (name: string, more: object = {}): object => ({
    name,
    protocol: 'http',
    bind: '127.0.0.1:0',
    errorPages: { '404': `/no/${name}-404`, '503': `/no/${name}-503` },
    maintenance: { page: `/no/${name}-page` },
    basicAuth: { usersFile: `/no/${name}-users` },
    ...more,
  });
  const tls = { protocol: 'https', tls: { certificates: [{ pem: '/no/c.pem' }] } };
  const specs = { frontends: [bad('a'), bad('b', tls)] } as BalancerSpec;
  const fields = [
    'errorPages["404"]',
    'errorPages["503"]',
    'maintenance.page',
    'basicAuth.usersFile',
  ];
  const all = [
    ...fields.map((field) => `frontends[0].${field} EK_FILE`),
    ...fields.map((field) => `frontends[1].${field} EK_FILE`),
    'frontends[1].tls.certificates[0].pem EK_CERTIFICATE',
  ];
  const told = (error: unknown): readonly string[] =>
    error instanceof SpecError ? error.issues.map(({ path, code }) => `${path} ${code}`) : [];

  test('are told all at once by a start, each with its place', () => {
    let error: unknown;
    try {
      void new Balancer(specs);
    } catch (thrown) {
      error = thrown;
    }
    expect(told(error)).toEqual(all);
  });

  test('are told all at once by an apply, which changes nothing', async () => {
    await using balancer = new Balancer({ frontends: [] });
    await balancer.start();
    expect(told(await balancer.apply(specs).catch((error: unknown) => error))).toEqual(all);
    expect(balancer.status().frontends).toEqual([]);
  });
});

describe('maintenance', () => {
  test('answers all but those who do it', async () => {
    const page = file('down.html', '<h1>back at nine</h1>');
    const members = [await startEcho()];
    const { port } = await stage.open(members, { protocol: 'http', maintenance: { page } });
    const answer = await ask(port, get());
    expect([answer.status, answer.body.toString()]).toEqual([503, '<h1>back at nine</h1>']);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const open = await stage.open(members, {
      protocol: 'http',
      maintenance: { page, allow: ['127.0.0.1'] },
    });
    expect((await ask(open.port, get())).status).toBe(200);
  });

  test('without a page shows the error page of its status; the connection is kept', async () => {
    const { port } = await stage.open([await startEcho()], {
      protocol: 'http',
      maintenance: { status: 502 },
      errorPages: { '502': file('502.txt', 'hm') },
    });
    const client = await connectHttp(port);
    for (let i = 0; i < 2; i++) {
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`);
      const answer = await client.reply();
      expect([answer.status, answer.body.toString()]).toEqual([502, 'hm']);
    }
    client.peer.socket.destroy();
  });
});

describe('redirectToHttps', () => {
  test('keeps host, path and query, for every method', async () => {
    const options = { protocol: 'http', redirectToHttps: { port: 8443 } } as const;
    const { port } = await stage.open([], options);
    const ask308 = async (request: string): Promise<string | undefined> => {
      const answer = await ask(port, request);
      expect([answer.status, answer.headers.has('connection')]).toEqual([308, false]);
      return answer.headers.get('location');
    };
    const host = 'Host: Shop.example.com:8080\r\n';
    expect(await ask308(`GET /a?b=c&d HTTP/1.1\r\n${host}\r\n`)).toBe(
      'https://shop.example.com:8443/a?b=c&d',
    );
    expect(await ask308(`HEAD / HTTP/1.1\r\n${host}\r\n`)).toBe('https://shop.example.com:8443/');
    expect(await ask308(`POST /x HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\nab`)).toBe(
      'https://shop.example.com:8443/x',
    );
    expect(await ask308('GET http://other.test/y HTTP/1.1\r\nHost: other.test\r\n\r\n')).toBe(
      'https://other.test:8443/y',
    );
  });

  test('a bad Host is refused, not redirected to', async () => {
    const options = { protocol: 'http', redirectToHttps: { port: 443 } } as const;
    const { port } = await stage.open([], options);
    expect((await ask(port, 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n')).status).toBe(400);
  });
});

describe('headers', () => {
  test('are removed, set and added in both directions', async () => {
    const member = stage.add(
      await startHttpMember((request) =>
        ok(request.head, 'Server: s\r\nX-Kind: theirs\r\nVary: a\r\n'),
      ),
    );
    const { port } = await stage.open([member], {
      protocol: 'http',
      headers: {
        request: {
          set: { 'X-Real-IP': '{client.ip}', Host: 'inner.test' },
          add: { 'X-Via': '{host}{path}' },
          remove: ['cookie'],
        },
        response: { set: { 'X-Kind': 'ours' }, add: { Vary: 'b' }, remove: ['server'] },
      },
    });
    const lines = 'X-Real-IP: 1.1.1.1\r\nx_real_ip: 1.1.1.1\r\nX-Via: old\r\nCookie: a=1\r\n';
    const answer = await ask(port, get('/x?y', lines));
    const head = answer.body.toString().split('\r\n');
    expect(head.filter((line) => /^(x.real.ip|host|x-via|cookie)/i.test(line))).toEqual([
      'X-Via: old',
      'X-Real-IP: 127.0.0.1',
      'Host: inner.test',
      'X-Via: a.test/x',
    ]);
    expect(head).toContain('X-Forwarded-Host: a.test');
    const [server, kind, vary] = ['server', 'x-kind', 'vary'].map((name) =>
      answer.headers.get(name),
    );
    expect([server, kind, vary]).toEqual([undefined, 'ours', 'a, b']);
  });

  test('a request of HTTP/1.0 without a Host gets the one that is set, once', async () => {
    const { port } = await stage.open([await startEcho()], {
      protocol: 'http',
      headers: { request: { set: { Host: 'inner.test' } } },
    });
    const answer = await ask(port, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer.body.toString().match(/^host: .*/gim)).toEqual(['Host: inner.test']);
  });
});
