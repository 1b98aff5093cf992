// What is forwarded, and how: methods, framing, hop-by-hop fields, forwarded headers, 1xx, HTTP/1.0.
import { afterEach, describe, expect, test } from 'vitest';
import { ask, connectHttp, get, ok, startHttpMember } from '../support/http-peers.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;

describe('HTTP forwarding', () => {
  test('sends a request to a member and its answer back, over kept connections on both sides', async () => {
    const member = stage.add(await startHttpMember(({ firstLine }) => ok(firstLine)));
    const { port } = await stage.open([member], HTTP, { http: { reuse: 'always' } });
    const client = await connectHttp(port);
    for (let i = 0; i < 5; i++) {
      client.send(get(`/${i}`));
      const answer = await client.reply();
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe(`GET /${i} HTTP/1.1`);
    }
    expect(member.peers).toHaveLength(1);
    client.peer.socket.destroy();
  });

  test('adds X-Forwarded-For, -Proto, -Host and -Port, and drops those of an untrusted client', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    const spoof =
      'X-Forwarded-For: 6.6.6.6\r\nx-forwarded-proto: https\r\nForwarded: for=6.6.6.6\r\nX_Forwarded_For: 7.7.7.7\r\n';
    await ask(port, get('/', spoof));
    const { headers, head } = member.requests[0]!;
    expect(headers.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(headers.get('x-forwarded-proto')).toBe('http');
    expect(headers.get('x-forwarded-host')).toBe('a.test');
    expect(headers.get('x-forwarded-port')).toBe(String(port));
    expect(head).not.toMatch(/6\.6\.6\.6|7\.7\.7\.7|https/);
  });

  test('keeps and appends the forwarded headers of a trusted peer', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], {
      ...HTTP,
      forwarded: { mode: 'both', trust: ['127.0.0.0/8'] },
    });
    await ask(
      port,
      get(
        '/',
        'X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nForwarded: for=9.9.9.9\r\n',
      ),
    );
    const { headers } = member.requests[0]!;
    expect(headers.get('x-forwarded-for')).toBe('9.9.9.9, 127.0.0.1');
    expect(headers.get('x-forwarded-proto')).toBe('https');
    expect(headers.get('forwarded')).toMatch(
      /^for=9\.9\.9\.9, for=127\.0\.0\.1;proto=http;host=a\.test/,
    );
  });

  test('drops a Forwarded line of a trusted peer in whose open quote the own element would vanish', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const forwarded = { mode: 'rfc7239', trust: ['127.0.0.0/8'] } as const;
    const { port } = await stage.open([member], { ...HTTP, forwarded });
    await ask(port, get('/', 'Forwarded: for="; x\r\nForwarded: for=8.8.8.8\r\n'));
    expect(member.requests[0]!.headers.get('forwarded')).toMatch(
      /^for=8\.8\.8\.8, for=127\.0\.0\.1;proto=http;/,
    );
  });

  test('adds nothing in mode none', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, forwarded: { mode: 'none' } });
    await ask(port, get());
    expect(member.requests[0]!.head).toBe('GET / HTTP/1.1\r\nHost: a.test');
  });

  test('removes hop-by-hop fields and those that Connection names, both ways', async () => {
    const lines =
      'Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nX-End: 2\r\n';
    const member = stage.add(await startHttpMember(() => ok('ok', lines)));
    const { port } = await stage.open([member], HTTP);
    const answer = await ask(port, get('/', `${lines}TE: gzip\r\nUpgrade: foo\r\n`));
    for (const { headers } of [answer, member.requests[0]!]) {
      expect(headers.get('x-end')).toBe('2');
      for (const name of [
        'x-hop',
        'keep-alive',
        'proxy-connection',
        'connection',
        'te',
        'upgrade',
      ]) {
        expect(headers.has(name)).toBe(false);
      }
    }
  });

  test('passes chunked bodies and trailers both ways, without extensions and forbidden trailers', async () => {
    const body = '5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n';
    const member = stage.add(
      await startHttpMember(() => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    for (let i = 0; i < 3; i++) {
      client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
      const answer = await client.reply();
      for (const message of [answer, member.requests[i]!]) {
        expect(message.body.toString()).toBe('hello world');
        expect(message.trailers).toBe('X-Sum: 1\r\n');
        expect(message.headers.get('transfer-encoding')).toBe('chunked');
      }
    }
    client.peer.socket.destroy();
  });

  test('knows that answers to HEAD, 204 and 304 have no body', async () => {
    const member = stage.add(
      await startHttpMember(({ firstLine }) => {
        if (firstLine.startsWith('HEAD')) return 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
        const status = firstLine.includes('204')
          ? '204 No Content'
          : '304 Not Modified\r\nContent-Length: 9';
        return `HTTP/1.1 ${status}\r\nETag: "a"\r\n\r\n`;
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect((await client.reply(false)).headers.get('content-length')).toBe('5');
    client.send(get('/204'));
    expect((await client.reply()).status).toBe(204);
    client.send(get('/304'));
    expect((await client.reply()).status).toBe(304);
    expect(client.rest).toBe('');
    client.peer.socket.destroy();
  });

  test('rewrites an absolute-form target and keeps unknown methods', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    await ask(port, 'PURGE http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(member.requests[0]!.firstLine).toBe('PURGE /x?y HTTP/1.1');
    expect(member.requests[0]!.headers.get('host')).toBe('a.test');
  });

  test('passes 103 and 100 to an HTTP/1.1 client', async () => {
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
        return ok();
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    expect((await client.reply()).headers.get('link')).toBe('</a>');
    expect((await client.reply()).status).toBe(100);
    expect((await client.reply()).status).toBe(200);
    client.peer.socket.destroy();
  });

  test('gives up on a member that sends nothing but 1xx', async () => {
    const member = stage.add(
      await startHttpMember(() => 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    let status = 103;
    for (let i = 0; status === 103 && i < 100; i++) status = (await client.reply()).status;
    expect(status).toBe(502);
    client.peer.socket.destroy();
  });

  test('forwards an expectation, and the member decides', async () => {
    const member = stage.add(await startTcpContinue('HTTP/1.1 100 Continue\r\n\r\n'));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(
      'POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
    );
    expect((await client.reply()).status).toBe(100);
    client.send('body');
    const answer = await client.reply();
    expect(answer.body.toString()).toBe('got body');
    client.send(get());
    client.peer.socket.destroy();
  });

  test('answers 417 to any other expectation', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    expect((await ask(port, get('/', 'Expect: tea\r\n'))).status).toBe(417);
    expect(member.requests).toHaveLength(0);
  });

  test('refuses CONNECT and TRACE, and says what is allowed', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    const connect = await ask(port, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\n\r\n');
    const trace = await ask(port, 'TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    for (const { status, headers } of [connect, trace]) {
      expect(status).toBe(405);
      expect(headers.get('allow')).toContain('GET');
      expect(headers.get('connection')).toBe('close');
    }
    expect(member.requests).toHaveLength(0);
  });

  test('answers an OPTIONS whose Max-Forwards is used up, and counts it down otherwise', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    const here = await ask(port, 'OPTIONS * HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n');
    expect(here.status).toBe(200);
    expect(here.headers.get('allow')).toContain('GET');
    await ask(port, 'OPTIONS * HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 10\r\n\r\n');
    expect(member.requests).toHaveLength(1);
    expect(Number(member.requests[0]!.headers.get('max-forwards'))).toBe(9);
  });

  test('reflects a TRACE that ends here where it is allowed, without credentials', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, methods: { trace: true } });
    const answer = await ask(
      port,
      'TRACE /t HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\nCookie: secret\r\nX-A: 1\r\n\r\n',
    );
    expect(answer.headers.get('content-type')).toBe('message/http');
    expect(answer.body.toString()).toContain('TRACE /t HTTP/1.1\r\n');
    expect(answer.body.toString()).toContain('X-A: 1');
    expect(answer.body.toString()).not.toContain('secret');
    expect(member.requests).toHaveLength(0);
  });

  test('gives a member connection that broke no rule to the next client, and no other', async () => {
    const member = stage.add(
      await startHttpMember(({ firstLine }) =>
        firstLine.includes('surplus') ? `${ok().toString()}HTTP/1.1 200 OK\r\n\r\n` : ok(),
      ),
    );
    const { port } = await stage.open([member], HTTP, { http: { reuse: 'always' } });
    await ask(port, get('/'));
    await ask(port, get('/'));
    expect(member.peers).toHaveLength(1);
    expect((await ask(port, get('/surplus'))).body.toString()).toBe('ok');
    await ask(port, get('/'));
    expect(member.peers).toHaveLength(2);
  });
});

describe('HTTP/1.0 clients', () => {
  test('get a chunked answer without its framing, and a close', async () => {
    const member = stage.add(
      await startHttpMember(
        () =>
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
      ),
    );
    const { port } = await stage.open([member], HTTP);
    const answer = await ask(port, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(answer.headers.has('transfer-encoding')).toBe(false);
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.body.toString()).toBe('hello world');
    expect(member.requests[0]!.firstLine).toBe('GET / HTTP/1.1');
    expect(member.requests[0]!.headers.get('host')).toBe(`127.0.0.1:${port}`);
  });

  test('keep their connection when they ask for it, and get no 1xx', async () => {
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.send('HTTP/1.1 103 Early Hints\r\n\r\n');
        return ok();
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    for (let i = 0; i < 2; i++) {
      client.send('GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n');
      const answer = await client.reply();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('connection')).toBe('keep-alive');
    }
    client.send('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n');
    expect((await client.reply()).headers.get('connection')).toBe('close');
    expect(await client.peer.ending).toBe('end');
  });
});

describe('Answers without a length', () => {
  test('end with the connection', async () => {
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const answer = await ask(port, get());
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.body.toString()).toBe('until the end');
  });

  test('are reset when the member resets', async () => {
    const member = stage.add(await startHttpMember(() => 'HTTP/1.1 200 OK\r\n\r\nhalf'));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    while (!client.peer.text.endsWith('half'))
      await client.peer.read(client.peer.received.length + 1);
    member.peers[0]!.socket.resetAndDestroy();
    expect(await client.peer.ending).toBe('reset');
  });
});

/** A member that says 100 before it reads the body. */
async function startTcpContinue(text: string): ReturnType<typeof startHttpMember> {
  const member = await startHttpMember(({ body }) => ok(`got ${body.toString()}`));
  void member.next().then(async (peer) => {
    await peer.read(10);
    peer.send(text);
  });
  return member;
}
