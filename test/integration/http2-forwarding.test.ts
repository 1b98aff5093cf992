// HTTP/2 clients in the clear, members of HTTP/1.1: what is forwarded and answered, and how.
import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ask, get, ok, type Script, startHttpMember } from '../support/http-peers.js';
import { connectHttp2, type Http2Client, readReply } from '../support/http2-peers.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;

async function behind(script: Script, options: object = {}, pool: object = {}) {
  const member = stage.add(await startHttpMember(script));
  const { port, frontend } = await stage.open([member], { ...H2C, ...options }, pool);
  const client: Http2Client = stage.add(await connectHttp2(port));
  return { member, port, client, frontend };
}

describe('HTTP/2 forwarding', () => {
  test('many streams of one connection are sent to members and answered', async () => {
    const { client, member } = await behind(({ firstLine }) => ok(firstLine));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => client.ask(`/${i}?q=${i}`)),
    );
    answers.forEach(({ status, body }, i) => {
      expect(status).toBe(200);
      expect(body.toString()).toBe(`GET /${i}?q=${i} HTTP/1.1`);
    });
    expect(member.requests).toHaveLength(50);
  });

  test('a client of HTTP/1.1 is served on the same port', async () => {
    const { port } = await behind(({ firstLine }) => ok(firstLine));
    expect((await ask(port, get('/one'))).body.toString()).toBe('GET /one HTTP/1.1');
  });

  test('the preface may come byte by byte', async () => {
    const { port } = await behind(() => ok());
    const { RawHttp2, Frame, frame, getFields } = await import('../support/raw-http2.js');
    const { connectTcp } = await import('../support/tcp-peers.js');
    const raw = new RawHttp2(await connectTcp(port));
    for (const byte of Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')) {
      raw.peer.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    raw.peer.send(frame(Frame.settings, 0, 0));
    raw.open(1, getFields());
    expect(await raw.outcome(1)).toEqual({ status: 200, code: -1 });
    raw.peer.socket.destroy();
  });

  test('without the option a preface is answered as any other version', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { protocol: 'http' });
    const answer = await ask(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(answer.status).toBe(505);
  });

  test('the head is that of HTTP/1.1: Host from :authority, one Cookie, forwarded headers', async () => {
    const { client, member, port } = await behind(() => ok());
    await client.ask('/a', {
      headers: {
        ':authority': 'www.example.com',
        cookie: ['a=1', 'b=2', 'c=3'],
        'x-forwarded-for': '6.6.6.6',
        'x-own': 'yes',
        te: 'trailers',
      },
    });
    const { headers, head } = member.requests[0]!;
    expect(head.match(/^host:/gim)).toHaveLength(1);
    expect(head.match(/^cookie:/gim)).toHaveLength(1);
    expect(Object.fromEntries(headers)).toEqual({
      host: 'www.example.com',
      cookie: 'a=1; b=2; c=3',
      te: 'trailers',
      connection: 'TE',
      'x-own': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'www.example.com',
      'x-forwarded-port': String(port),
    });
  });

  test('a body of known length is framed by it, any other is chunked', async () => {
    const { client, member } = await behind(({ body }) => ok(body));
    const known = await client.ask('/', { body: 'hello', headers: { 'content-length': 5 } });
    const unknown = await client.ask('/', { body: 'hello world' });
    expect(known.body.toString()).toBe('hello');
    expect(unknown.body.toString()).toBe('hello world');
    expect(member.requests[0]?.headers.get('content-length')).toBe('5');
    expect(member.requests[0]?.headers.has('transfer-encoding')).toBe(false);
    expect(member.requests[1]?.headers.get('transfer-encoding')).toBe('chunked');
  });

  test('trailers pass both ways, but for fields that may not be trailers', async () => {
    const { client, member } = await behind(
      () =>
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\nSet-Cookie: a=b\r\n\r\n',
    );
    const answer = await client.ask('/', {
      body: 'abc',
      trailers: { 'x-check': '9', 'x-forwarded-for': '6.6.6.6' },
    });
    expect(member.requests[0]?.trailers).toBe('x-check: 9\r\n');
    expect(answer.trailers['x-sum']).toBe('7');
    expect(answer.trailers['set-cookie']).toBeUndefined();
    expect(answer.headers['trailer']).toBe('x-sum');
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });

  test('answers with a length, chunked, up to the close, and without a body', async () => {
    const answers: Record<string, string> = {
      '/length': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
      '/chunked':
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
      '/close': 'HTTP/1.1 200 OK\r\n\r\nabc',
      '/empty': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
      '/304': 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    };
    const { client } = await behind(({ firstLine }, peer) => {
      const target = firstLine.split(' ')[1]!;
      peer.send(answers[target]!);
      if (target === '/close') peer.socket.end();
    });
    for (const target of Object.keys(answers)) {
      const { status, body } = await client.ask(target);
      expect([target, status]).toEqual([
        target,
        /\d+$/.test(target) ? Number(target.slice(1)) : 200,
      ]);
      expect(body.toString()).toBe(/length|chunked|close/.test(target) ? 'abc' : '');
    }
  });

  test('HEAD is answered with the head alone', async () => {
    const { client } = await behind(() => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
    const { status, headers, body } = await client.ask('/', { headers: { ':method': 'HEAD' } });
    expect([status, headers['content-length'], body.length]).toEqual([200, '9', 0]);
  });

  test('several lines of one name stay several', async () => {
    const { client } = await behind(() => ok('x', 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n'));
    expect((await client.ask('/')).headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  test('what speaks of the connection of the member goes; of fields that may come once the first counts', async () => {
    const lines =
      'Connection: x-hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nDate: one\r\nDate: two\r\n';
    const { client } = await behind(() => ok('x', lines));
    const { headers } = await client.ask('/');
    expect(Object.keys(headers).toSorted()).toEqual([':status', 'content-length', 'date']);
    expect(headers.date).toBe('one');
  });

  test('1xx heads pass: 100 when it is waited for, 103', async () => {
    const { client } = await behind((_request, peer) => {
      peer.send('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n');
      return ok('done');
    });
    const { informational, body } = await client.ask('/');
    expect(informational).toEqual([103]);
    expect(body.toString()).toBe('done');

    const waits = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () => {
          peer.send('HTTP/1.1 100 Continue\r\n\r\n');
          peer.socket.once('data', (piece: Buffer) => peer.send(ok(piece)));
        });
      }),
    );
    const { port } = await stage.open([waits], H2C);
    const other = stage.add(await connectHttp2(port));
    const stream = other.open('/', {
      ':method': 'POST',
      'content-length': 4,
      expect: '100-continue',
    });
    stream.once('continue', () => stream.end('data'));
    const reply = await readReply(stream);
    expect(reply.informational).toEqual([100]);
    expect(reply.body.toString()).toBe('data');
  });

  test('an answer before the end of the body ends the stream, not the connection', async () => {
    const member = stage.add(
      await startTcpMember((peer) => peer.socket.once('data', () => peer.send(ok('enough')))),
    );
    const { port } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    const stream = client.open('/', { ':method': 'POST' });
    stream.write('begin');
    const reply = await readReply(stream);
    expect([reply.status, reply.body.toString()]).toEqual([200, 'enough']);
    expect((await client.ask('/')).status).toBe(200);
  });

  test('a member that breaks off resets the stream; a malformed answer is 502', async () => {
    const { client } = await behind(({ firstLine }, peer) => {
      if (firstLine.includes('/cut')) {
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
        setImmediate(() => peer.socket.destroy());
        return undefined;
      }
      if (firstLine.includes('/bad')) return 'HTTP/1.1 200 OK\r\nContent Length: 1\r\n\r\n';
      return 'HTTP/1.1 742 Odd\r\nContent-Length: 0\r\n\r\n';
    });
    await expect(client.ask('/cut')).rejects.toThrow(/INTERNAL_ERROR/);
    expect((await client.ask('/bad')).status).toBe(502);
    expect((await client.ask('/742')).status).toBe(502);
  });
});

describe('The answers of the balancer over HTTP/2', () => {
  test('each rule has the status that it has in HTTP/1.1, and the connection goes on', async () => {
    const { client } = await behind(() => ok(), {
      limits: { headerBytes: 1024, headers: 20, bodyBytes: 10 },
    });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x-${i}`, '1']));
    const cases: [number, Promise<{ status: number }>][] = [
      [405, client.ask('/', { headers: { ':method': 'TRACE' } })],
      [413, client.ask('/', { body: 'x'.repeat(11), headers: { 'content-length': 11 } })],
      [413, client.ask('/', { body: 'x'.repeat(11) })],
      [414, client.ask(`/${'a'.repeat(2000)}`)],
      [417, client.ask('/', { headers: { expect: 'a miracle' } })],
      [431, client.ask('/', { headers: { 'x-long': 'a'.repeat(2000) } })],
      [431, client.ask('/', { headers: many })],
      [200, client.ask('/')],
    ];
    for (const [status, reply] of cases) expect((await reply).status).toBe(status);
    const tunnel = client.open('', {
      ':method': 'CONNECT',
      ':authority': 'a.test:443',
      ':path': undefined,
    });
    expect((await readReply(tunnel)).status).toBe(405);
    expect((await client.ask('/')).status).toBe(200);
  });

  test('CONNECT is refused where HTTP/1.1 may use it, too', async () => {
    const { client } = await behind(() => ok(), { methods: { connect: true } });
    const tunnel = client.open('', {
      ':method': 'CONNECT',
      ':authority': 'a.test:443',
      ':path': undefined,
    });
    expect((await readReply(tunnel)).status).toBe(405);
  });

  test('404 without a pool, 503 without a member, 403 by access, error pages, HEAD without a body', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-h2-'));
    const page = path.join(folder, '503.html');
    writeFileSync(page, '<h1>later</h1>');
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open(
      [member],
      { ...H2C, errorPages: { '503': page } },
      { members: [{ name: 'a', address: member.address, state: 'maintenance' }] },
    );
    const client = stage.add(await connectHttp2(port));
    const answer = await client.ask('/');
    expect([answer.status, answer.body.toString()]).toEqual([503, '<h1>later</h1>']);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.headers.date).toMatch(/GMT$/);
    const head = await client.ask('/', { headers: { ':method': 'HEAD' } });
    expect([head.status, head.headers['content-length']]).toEqual([503, '14']);

    const closed = await stage.open([member], { ...H2C, access: { deny: ['127.0.0.0/8'] } });
    const other = stage.add(await connectHttp2(closed.port));
    expect((await other.ask('/')).status).toBe(403);
    expect(member.requests).toHaveLength(0);
  });

  test('routes, redirects, rewrites, header changes and request ids are those of HTTP/1.1', async () => {
    const { client, member } = await behind(() => ok('x', 'Server: secret\r\n'), {
      requestId: {},
      headers: {
        request: { set: { 'x-via': '{request.id}' }, remove: ['x-drop'] },
        response: { set: { 'x-id': '{request.id}' }, remove: ['server'] },
      },
      routes: [
        { match: { host: 'old.test' }, redirect: { to: 'https://new.test{path}', status: 301 } },
        {
          match: { path: '/api', header: { 'x-key': '1' } },
          pool: 'pool',
          rewritePath: { prefix: '/api', to: '/v2' },
        },
        { match: { path: '/no' }, respond: { status: 403, body: 'no' } },
      ],
    });
    const moved = await client.ask('/a', { headers: { ':authority': 'old.test' } });
    expect([moved.status, moved.headers.location]).toEqual([301, 'https://new.test/a']);
    expect((await client.ask('/no/')).body.toString()).toBe('no');
    const answer = await client.ask('/api/users?x=1', { headers: { 'x-key': '1', 'x-drop': '1' } });
    const [request] = member.requests;
    expect(request?.firstLine).toBe('GET /v2/users?x=1 HTTP/1.1');
    expect(request?.headers.get('x-via')).toBe(request?.headers.get('x-request-id'));
    expect(request?.headers.has('x-drop')).toBe(false);
    expect(answer.headers['x-id']).toBe(request?.headers.get('x-request-id'));
    expect(answer.headers['server']).toBeUndefined();
  });

  test('retries go to another member, as for HTTP/1.1', async () => {
    const good = stage.add(await startHttpMember(() => ok('good')));
    const bad = stage.add(
      await startTcpMember((peer) => peer.socket.once('data', () => peer.socket.destroy())),
    );
    const { port } = await stage.open([bad, good], H2C, { retries: { backoff: 0 } });
    const client = stage.add(await connectHttp2(port));
    const replies = await Promise.all(
      Array.from({ length: 4 }, () =>
        client.ask('/', { headers: { ':method': 'PUT' }, body: 'again' }),
      ),
    );
    expect(replies.map(({ body }) => body.toString())).toEqual(['good', 'good', 'good', 'good']);
    expect(good.requests.map(({ body }) => body.toString())).toEqual(Array(4).fill('again'));
  });

  test('408 when the body stops, 504 when the answer does not come', async () => {
    const { client } = await behind(
      () => undefined,
      { timeouts: { client: 100 } },
      { timeouts: { server: 100 } },
    );
    const stream = client.open('/', { ':method': 'POST', 'content-length': 10 });
    stream.write('half');
    expect((await readReply(stream)).status).toBe(408);
    expect((await client.ask('/')).status).toBe(504);
  });
});
