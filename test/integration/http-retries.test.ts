// Further tries: what is sent again, to whom, and what never is.
import { afterEach, describe, expect, test } from 'vitest';
import { ask, connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { CountedPauses, deadPort, Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;
const ALWAYS = { http: { reuse: 'always' } } as const;

describe('HTTP retries', () => {
  test('try another member when the connection is refused, a POST as well', async () => {
    const member = stage.add(await startHttpMember(({ body }) => ok(body)));
    const { port, frontend } = await stage.open([`127.0.0.1:${await deadPort()}`, member], HTTP);
    const retried: string[] = [];
    frontend.events.on('request:retried', ({ reason }) => retried.push(reason));
    for (let i = 0; i < 4; i++) {
      const answer = await ask(port, post('x'.repeat(30_000)));
      expect(answer.status).toBe(200);
      expect(answer.body.length).toBe(30_000);
    }
    expect(member.requests).toHaveLength(4);
    expect(new Set(retried)).toEqual(new Set(['connect-failed']));
  });

  test('answer 503 when no member can be reached, and keep the client connection', async () => {
    const { port } = await stage.open(
      [`127.0.0.1:${await deadPort()}`, `127.0.0.1:${await deadPort()}`],
      HTTP,
    );
    const client = await connectHttp(port);
    for (let i = 0; i < 2; i++) {
      client.send(get());
      const answer = await client.reply();
      expect(answer.status).toBe(503);
      expect(answer.head + answer.body.toString()).not.toMatch(/127\.0\.0\.1/);
    }
    client.peer.socket.destroy();
  });

  test('answer at once when every member was tried', async () => {
    const members = [`127.0.0.1:${await deadPort()}`, `127.0.0.1:${await deadPort()}`];
    const pauses = new CountedPauses();
    const { port } = await stage.open(members, HTTP, {}, { environment: { random: pauses } });
    expect((await ask(port, get())).status).toBe(503);
    expect(pauses.count).toBe(0);
  });

  test('serve every GET when the member closes kept connections just as they are used', async () => {
    // Resets each second request of a connection: what a member does that closes idle connections at the wrong moment.
    const member = stage.add(
      await startHttpMember((_request, peer, count) => {
        if (count === 0) return ok();
        peer.socket.resetAndDestroy();
        return undefined;
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    for (let i = 0; i < 50; i++) {
      client.send(get(`/${i}`));
      expect((await client.reply()).status).toBe(200);
    }
    client.peer.socket.destroy();
  });

  test('send a PUT again with its body when a kept connection closes', async () => {
    const member = stage.add(
      await startHttpMember(({ body }, peer, count) => {
        if (count === 0) return ok(body);
        peer.socket.resetAndDestroy();
        return undefined;
      }),
    );
    const { port } = await stage.open([member], HTTP, ALWAYS);
    const client = await connectHttp(port);
    for (const size of [10, 20_000, 60_000, 10]) {
      const body = 'p'.repeat(size);
      client.send(post(body).replace('POST', 'PUT'));
      const answer = await client.reply();
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe(body);
    }
    client.peer.socket.destroy();
  });

  test.each(['safe', 'always'])('never send a POST twice (reuse %s)', async (reuse) => {
    const seen = new Map<string, number>();
    const member = stage.add(
      await startHttpMember(({ headers }, peer) => {
        const id = headers.get('x-id') ?? '';
        seen.set(id, (seen.get(id) ?? 0) + 1);
        if (Number(id) % 3 === 0) return ok();
        peer.socket.resetAndDestroy();
        return undefined;
      }),
    );
    const { port } = await stage.open([member, member].slice(0, 1), HTTP, { http: { reuse } });
    const client = await connectHttp(port);
    for (let i = 0; i < 60; i++) {
      client.send(post('body', '/', `X-Id: ${i}\r\n`));
      expect([200, 502]).toContain((await client.reply()).status);
    }
    expect(Math.max(...seen.values())).toBe(1);
    client.peer.socket.destroy();
  });

  test('never take an idle connection for a POST where reuse is safe', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    for (const request of [get(), post('a'), post('b'), get()]) {
      client.send(request);
      expect((await client.reply()).status).toBe(200);
    }
    expect(member.peers).toHaveLength(3);
    client.peer.socket.destroy();
  });

  test('send a GET to another member after a reset before the answer', async () => {
    const bad = stage.add(
      await startHttpMember((_request, peer) => {
        peer.socket.resetAndDestroy();
      }),
    );
    const good = stage.add(await startHttpMember(() => ok('good')));
    const { port } = await stage.open([bad, good], HTTP);
    for (let i = 0; i < 4; i++) expect((await ask(port, get())).body.toString()).toBe('good');
    expect(bad.requests.length).toBeGreaterThan(0);
  });

  test('answer 502 once a byte of the answer has come', async () => {
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.socket.end('HTTP/1.1 2');
      }),
    );
    const { port } = await stage.open([member], HTTP);
    expect((await ask(port, get())).status).toBe(502);
    expect(member.requests).toHaveLength(1);
  });

  test('answer 502 to malformed answers and to a switch that nobody asked for', async () => {
    const answers = [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\nX: 1\n\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ];
    const member = stage.add(await startHttpMember(() => answers.shift() ?? ok()));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    for (let i = 0; i < 5; i++) {
      client.send(get());
      expect((await client.reply()).status).toBe(502);
    }
    client.send(get());
    expect((await client.reply()).status).toBe(200);
    client.peer.socket.destroy();
  });

  test('throw a kept connection away that closes or speaks unasked', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP, ALWAYS);
    await ask(port, get());
    const first = await member.next();
    first.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await first.ending;
    expect((await ask(port, get())).body.toString()).toBe('ok');
    const second = await member.next();
    second.socket.end();
    await second.ending;
    expect((await ask(port, get())).body.toString()).toBe('ok');
    expect(member.peers).toHaveLength(3);
  });

  test('close the idle connections of a removed member, and keep at most maxIdlePerMember', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, pool } = await stage.open([member], HTTP, {
      http: { reuse: 'always', maxIdlePerMember: 1 },
    });
    const clients = await Promise.all([connectHttp(port), connectHttp(port)]);
    for (const client of clients) client.send(get());
    for (const client of clients) await client.reply();
    const [first, second] = [await member.next(), await member.next()];
    await Promise.race([first.ending, second.ending]);
    await pool.remove(pool.members[0]!.name);
    await Promise.all([first.ending, second.ending]);
    for (const client of clients) client.peer.socket.destroy();
  });

  test('give no connection to anyone else when members get a PROXY header', async () => {
    const member = stage.add(await startHttpMember(({ firstLine }) => ok(firstLine)));
    const { port } = await stage.open([member], HTTP, { sendProxyProtocol: 'v1' });
    const client = await connectHttp(port);
    client.send(get());
    const peer = await member.next();
    expect(await peer.read(10)).toMatch(
      /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nGET \/ HTTP/,
    );
    client.peer.socket.destroy();
  });
});
