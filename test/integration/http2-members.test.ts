// Members of HTTP/2 in the clear: what they are sent, how connections are shared, and what is sent again.
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import { ask, connectHttp, get, ok, startHttpMember } from '../support/http-peers.js';
import {
  answer,
  type Http2Member,
  type ServeStream,
  startHttp2Member,
  startRawHttp2Member,
} from '../support/http2-member.js';
import { connectHttp2, type Http2Client } from '../support/http2-peers.js';
import { Frame, number32 } from '../support/raw-http2.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;
const VERSION_2 = { http: { version: '2' } } as const;

interface Behind {
  readonly member: Http2Member;
  readonly port: number;
  readonly client: Http2Client;
}

async function behind(
  serve: ServeStream,
  {
    pool = {},
    settings = {},
    front = {},
  }: { pool?: object; settings?: object; front?: object } = {},
): Promise<Behind> {
  const member = stage.add(await startHttp2Member(serve, { settings }));
  const { port } = await stage.open(
    [member.address],
    { ...H2C, ...front },
    { ...VERSION_2, ...pool },
  );
  const client = stage.add(await connectHttp2(port));
  return { member, port, client };
}

const echo: ServeStream = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

describe('members of HTTP/2', () => {
  test('a client of HTTP/1.1 is answered with a length, or in chunks', async () => {
    const { port, member } = await behind((stream, headers) => {
      const text = `${headers[':method']} ${headers[':path']}`;
      if (headers[':path'] === '/length') answer(stream, text, { 'content-length': text.length });
      else answer(stream, text);
    });
    const known = await ask(port, get('/length'));
    expect(known.headers.get('content-length')).toBe('11');
    expect(known.body.toString()).toBe('GET /length');
    const unknown = await ask(port, get('/chunks?a=b'));
    expect(unknown.headers.get('transfer-encoding')).toBe('chunked');
    expect(unknown.body.toString()).toBe('GET /chunks?a=b');
    expect(member.requests[0]).toMatchObject({ ':scheme': 'http', ':authority': 'a.test' });
  });

  test('requests at the same time share one connection', async () => {
    const { client, member } = await behind((stream, headers) => answer(stream, headers[':path']!));
    await client.ask('/first');
    const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => client.ask(`/${i}`)));
    expect(replies.map(({ body }) => body.toString())).toEqual(replies.map((_, i) => `/${i}`));
    expect(member.sessions).toHaveLength(1);
  });

  test('requests that come while it is dialled wait for the one connection', async () => {
    const { client, member } = await behind((stream) => answer(stream, 'x'));
    await Promise.all(Array.from({ length: 20 }, (_, i) => client.ask(`/${i}`)));
    expect(member.sessions).toHaveLength(1);
  });

  test('what the member allows at a time is kept to: others go on another connection', async () => {
    const waiting: ServerHttp2Stream[] = [];
    const { client, member } = await behind(
      (stream) => {
        waiting.push(stream);
        if (waiting.length === 20) for (const one of waiting) answer(one, 'x');
      },
      { settings: { maxConcurrentStreams: 5 } },
    );
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => client.ask(`/${i}`)));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(member.sessions.length).toBeGreaterThanOrEqual(4);
  });

  test('bodies flow both ways, framing of HTTP/1.1 is taken off', async () => {
    const { port } = await behind(echo);
    const client = await connectHttp(port);
    client.send(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
    client.send('6;x=y\r\n world\r\n0\r\n\r\n');
    expect((await client.reply()).body.toString()).toBe('hello world');
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc');
    expect((await client.reply()).body.toString()).toBe('abc');
    client.peer.socket.destroy();
  });

  test('a megabyte passes, and trailers pass both ways', async () => {
    const { client } = await behind((stream) => {
      let sent: object = {};
      stream.respond({ ':status': 200, trailer: 'x-sum' }, { waitForTrailers: true });
      stream.on('trailers', (fields) => {
        sent = fields;
      });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1', ...sent }));
      stream.pipe(stream);
    });
    const body = Buffer.alloc(1_000_000, 'abcdefg');
    const reply = await client.ask('/', { body, trailers: { 'x-client': 'yes' } });
    expect(reply.body.equals(body)).toBe(true);
    expect(reply.trailers).toMatchObject({ 'x-sum': '1', 'x-client': 'yes' });
  });

  test('a set Host becomes :authority', async () => {
    const { client, member } = await behind((stream) => answer(stream, 'x'), {
      front: { headers: { request: { set: { Host: 'inner.test' } } } },
    });
    await client.ask('/', { headers: { ':authority': 'outer.test' } });
    expect(member.requests[0]![':authority']).toBe('inner.test');
    expect(member.requests[0]!.host).toBeUndefined();
  });

  test('fields of the connection stay behind, te: trailers passes', async () => {
    const { port, member } = await behind((stream) => answer(stream, 'x'));
    await ask(
      port,
      'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, x-mine\r\nX-Mine: 1\r\nTE: trailers\r\nUpgrade: websocket\r\nCookie: a=1; b=2\r\n\r\n',
    );
    const [head] = member.requests;
    expect(head).toMatchObject({ te: 'trailers', cookie: 'a=1; b=2' });
    for (const name of ['connection', 'upgrade', 'x-mine', 'host', 'keep-alive']) {
      expect(head).not.toHaveProperty(name);
    }
  });

  test('answers without a body have none: HEAD, 204, 304, an ended head', async () => {
    const { port } = await behind((stream, headers) => {
      const status = Number(headers[':path']!.slice(1));
      stream.respond(
        { ':status': status, ...(status === 304 ? { etag: '"a"' } : {}) },
        { endStream: true },
      );
    });
    const client = await connectHttp(port);
    client.send('HEAD /200 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect((await client.reply(false)).status).toBe(200);
    for (const status of [204, 304]) {
      client.send(get(`/${status}`));
      expect((await client.reply()).status).toBe(status);
    }
    client.send(get('/200'));
    const empty = await client.reply();
    expect(empty.headers.get('content-length')).toBe('0');
    client.peer.socket.destroy();
  });

  test('1xx answers pass', async () => {
    const { client } = await behind((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
      answer(stream, 'x');
    });
    const reply = await client.ask('/');
    expect(reply.informational).toEqual([103]);
    expect(reply.body.toString()).toBe('x');
  });

  test('an answer that is reset is cut for the client too, whatever the code', async () => {
    for (const code of [0, 2, 8]) {
      const member = stage.add(
        await startRawHttp2Member(async (server) => {
          const id = await server.nextStream();
          server.answer(id, [[':status', '200']], false);
          server.send(Frame.data, 0, id, Buffer.from('part'));
          server.send(Frame.rstStream, 0, id, number32(code));
        }),
      );
      const { port } = await stage.open([member], H2C, VERSION_2);
      const client = stage.add(await connectHttp2(port));
      await expect(client.ask('/')).rejects.toThrow('INTERNAL_ERROR');
    }
  });

  test('a refused POST goes to another member', async () => {
    const serve: ServeStream = (stream) => {
      if (refused++ === 0) stream.close(7);
      else echo(stream, {});
    };
    let refused = 0;
    const members = [
      stage.add(await startHttp2Member(serve)),
      stage.add(await startHttp2Member(serve)),
    ];
    const { port } = await stage.open(
      members.map(({ address }) => address),
      H2C,
      VERSION_2,
    );
    const client = stage.add(await connectHttp2(port));
    const reply = await client.ask('/', { body: 'abc' });
    expect(reply.status).toBe(200);
    expect(reply.body.toString()).toBe('abc');
    expect(members.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  test('streams beyond the last that a GOAWAY names are sent again on another connection', async () => {
    let connections = 0;
    const member = stage.add(
      await startRawHttp2Member(async (server) => {
        const isFirst = connections++ === 0;
        const first = await server.nextStream();
        server.answer(first, [[':status', '200']], !isFirst);
        if (!isFirst) return;
        const second = await server.nextStream();
        server.send(Frame.goaway, 0, 0, Buffer.concat([number32(first), number32(0)]));
        server.send(Frame.data, 1, first, Buffer.from('first'));
        expect(second).toBeGreaterThan(first);
      }),
    );
    const { port } = await stage.open([member], H2C, VERSION_2);
    const client = stage.add(await connectHttp2(port));
    const first = client.open('/1');
    await once(first, 'response');
    const second = await client.ask('/2', { body: 'not idempotent' });
    expect(second.status).toBe(200);
    expect(connections).toBe(2);
  });

  test('a fault of the connection costs the requests on it, none that comes later', async () => {
    let connections = 0;
    const member = stage.add(
      await startRawHttp2Member(async (server) => {
        const isFirst = connections++ === 0;
        const stream = await server.nextStream();
        if (!isFirst) return server.answer(stream, [[':status', '200']], true);
        await server.nextStream();
        // DATA belongs to a stream. nghttp2 is done with the connection, and says so to the member only.
        server.send(Frame.data, 0, 0, Buffer.from('x'));
      }),
    );
    const pool = { ...VERSION_2, timeouts: { server: 150 } };
    const { port } = await stage.open([member], H2C, pool);
    const client = stage.add(await connectHttp2(port));
    const [first, second] = await Promise.all([client.ask('/1'), client.ask('/2')]);
    // Node 22 and later are told of the fault at once, Node 20 finds that nothing comes any more.
    const status = Number(process.versions.node.split('.')[0]) < 22 ? 504 : 502;
    expect([first.status, second.status]).toEqual([status, status]);
    expect((await client.ask('/3')).status).toBe(200);
    expect(connections).toBe(2);
  });

  test.each([
    ['x-a', 'a\r\nb: c', 'left out'],
    ['x-a', 'a\0b', 'left out'],
    ['x a', 'b', 'left out'],
    ['X-A', 'a', 'refused'],
    ['connection', 'close', 'refused'],
    ['content-length', 'x', 'refused'],
  ])('an answer with a field %j: %j: %s', async (name, value, outcome) => {
    const member = await startRawHttp2Member(async (server) => {
      const fields: [string, string][] = [
        [':status', '200'],
        [name, value],
      ];
      server.answer(await server.nextStream(), fields, true);
    });
    const { port } = await stage.open([stage.add(member)], H2C, VERSION_2);
    const { status, headers } = await ask(port, get('/'));
    if (outcome === 'refused') expect(status).toBe(502);
    else expect([headers.has(name), headers.has('b')]).toEqual([false, false]);
  });

  test('a request that takes too long costs those beside it nothing', async () => {
    const sessions = new Set<unknown>();
    const { client } = await behind(
      (stream, headers) => {
        sessions.add(stream.session);
        if (headers[':path'] !== '/slow') answer(stream, 'quick');
      },
      { pool: { timeouts: { server: 150 } } },
    );
    const slow = client.ask('/slow');
    for (let i = 0; i < 3; i++) expect((await client.ask('/quick')).status).toBe(200);
    expect((await slow).status).toBe(504);
    for (let i = 0; i < 3; i++) expect((await client.ask('/quick')).status).toBe(200);
    expect(sessions.size).toBeLessThanOrEqual(2);
  });

  test('a member that closes without a word: what it may have acted on is not sent again', async () => {
    const { client } = await behind((stream, headers) => {
      if (headers[':method'] === 'POST') stream.session!.destroy();
      else answer(stream, 'x');
    });
    await client.ask('/');
    const reply = await client.ask('/', { body: 'abc' });
    expect(reply.status).toBe(502);
  });

  test('a member of HTTP/1.1 is no member of HTTP/2: 503', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], H2C, {
      ...VERSION_2,
      timeouts: { connect: '300ms' },
      retries: { attempts: 0 },
    });
    expect((await ask(port, get('/'))).status).toBe(503);
  });

  test('reuse: never gives each request its own connection, closed after it', async () => {
    const { client, member } = await behind((stream) => answer(stream, 'x'), {
      pool: { http: { version: '2', reuse: 'never' } },
    });
    await Promise.all([client.ask('/1'), client.ask('/2')]);
    expect(member.sessions).toHaveLength(2);
    for (const session of member.sessions) if (!session.destroyed) await once(session, 'close');
  });

  test('a connection that rests long enough is closed with GOAWAY', async () => {
    const { client, member } = await behind((stream) => answer(stream, 'x'), {
      pool: { http: { version: '2', idleTimeout: '50ms' } },
    });
    await client.ask('/');
    const [session] = member.sessions;
    const [code] = session!.destroyed ? [0] : ((await once(session!, 'goaway')) as [number]);
    expect(code).toBe(0);
  });

  test('a client that goes away resets its stream only', async () => {
    const { client, member } = await behind((stream, headers) => {
      if (headers[':path'] === '/wait') stream.respond({ ':status': 200 });
      else answer(stream, 'x');
    });
    const waiting = client.open('/wait');
    await once(waiting, 'response');
    waiting.close(8);
    expect((await client.ask('/')).status).toBe(200);
    expect(member.sessions).toHaveLength(1);
    expect(member.sessions[0]!.destroyed).toBe(false);
  });

  test('the PROXY header goes before the preface, on a connection of the request alone', async () => {
    const member = stage.add(
      await startRawHttp2Member(async (server) => {
        await server.nextStream();
      }),
    );
    const { port } = await stage.open([member], H2C, { ...VERSION_2, sendProxyProtocol: 'v1' });
    const client = stage.add(await connectHttp2(port));
    const stream = client.open('/');
    const peer = await member.next();
    await peer.read(60);
    expect(peer.received.toString('latin1')).toMatch(
      /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nPRI \* HTTP\/2\.0/,
    );
    stream.close();
  });

  test('a slow client holds its member stream back, and no other', async () => {
    const { client } = await behind((stream, headers) => {
      if (headers[':path'] === '/big') answer(stream, 'b'.repeat(4_000_000));
      else answer(stream, 'small');
    });
    const big = client.open('/big');
    await once(big, 'response');
    for (let i = 0; i < 5; i++) expect((await client.ask('/')).body.toString()).toBe('small');
    let bytes = 0;
    for await (const piece of big) bytes += (piece as Buffer).length;
    expect(bytes).toBe(4_000_000);
  });
});
