// Every probe that has a real server to ask, asked there.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { startNamed } from '../support/servers/named.js';
import { startNginx } from '../support/servers/nginx.js';
import { startPostgres } from '../support/servers/postgres.js';
import { startRedis } from '../support/servers/redis.js';
import { freePort, type RunningServer } from '../support/servers/server-process.js';
import { startSlapd } from '../support/servers/slapd.js';
import { ask } from '../unit/health/ask.js';

describeWith(['redis-server'], 'redis probe and redis-server', () => {
  test('is good while the server runs and refused when it is gone', async () => {
    const redis = await startRedis();
    expect(await ask(redis, { type: 'redis' })).toEqual({ ok: true, reason: '+PONG' });
    await redis.stop();
    expect(await ask(redis, { type: 'redis' })).toEqual({ ok: false, reason: 'connect refused' });
  });

  test('a server that wants a password is a failure that says so', async () => {
    await using redis = await startRedis({ password: 'secret' });
    expect(await ask(redis, { type: 'redis' })).toEqual({
      ok: false,
      reason: 'answered "-NOAUTH Authentication required."',
    });
  });
});

describeWith(['postgres'], 'postgres probe and PostgreSQL', () => {
  let postgres: RunningServer;
  beforeAll(async () => {
    postgres = await startPostgres({ auth: 'scram-sha-256', maxConnections: 4 });
  });
  afterAll(() => postgres.stop());

  test('an authentication request is good', async () => {
    const result = await ask(postgres, { type: 'postgres', user: 'postgres' });
    expect(result).toEqual({ ok: true, reason: 'authentication request' });
  });

  test('a user that the server does not know is good too: it is alive', async () => {
    expect((await ask(postgres, { type: 'postgres' })).ok).toBe(true);
  });

  test('a server whose logins are refused by its access rules is alive', async () => {
    const trusting = await startPostgres();
    const known = await ask(trusting, { type: 'postgres', user: 'postgres' });
    const unknown = await ask(trusting, { type: 'postgres', user: 'nobody' });
    await trusting.stop();
    expect(known).toEqual({ ok: true, reason: 'authentication request' });
    expect(unknown.ok).toBe(true);
  });

  test('a server that is shutting down is a failure with its own words', async () => {
    await using dying = await startPostgres({ auth: 'trust' });
    const session = await openSession(dying.port);
    // A smart shutdown waits for the open session and refuses new ones.
    process.kill(dying.pid, 'SIGTERM');
    let result = await ask(dying, { type: 'postgres', user: 'postgres' });
    for (let tries = 0; result.ok && tries < 200; tries++)
      result = await ask(dying, { type: 'postgres', user: 'postgres' });
    session.destroy();
    expect(result).toEqual({ ok: false, reason: 'the database system is shutting down (57P03)' });
  });
});

describeWith(['mariadbd'], 'mysql probe and MariaDB', () => {
  let mariadb: RunningServer;
  beforeAll(async () => {
    mariadb = await startMariadb({ init: ["CREATE USER 'locked'@'%' IDENTIFIED BY 'secret';"] });
  });
  afterAll(() => mariadb.stop());

  test('a greeting is good without a user', async () => {
    await using other = await startMariadb({ init: ["DROP USER 'evenkeel'@'%';"] });
    const result = await ask(other, { type: 'mysql' });
    expect(result).toEqual({ ok: true, reason: expect.stringMatching(/^greeting of .*MariaDB/) });
  });

  test('a user that may log in is good', async () => {
    const result = await ask(mariadb, { type: 'mysql', user: 'evenkeel' });
    expect(result).toEqual({ ok: true, reason: expect.stringMatching(/^logged in to .*MariaDB/) });
  });

  test('a user that may not log in is a failure with the error of the server', async () => {
    const result = await ask(mariadb, { type: 'mysql', user: 'locked' });
    expect(result.ok).toBe(false);
    expect(result.reason).toMatch(/^error 1045: Access denied for user 'locked'/);
  });
});

describeWith(['mariadbd'], 'mysql probe and the memory of MariaDB for bad hosts', () => {
  test('checks do not get their host blocked, though hanging up after the greeting would', async () => {
    await using mariadb = await startMariadb({
      init: ["DROP USER 'evenkeel'@'%';"],
      args: ['--max-connect-errors=5'],
    });
    // 127.0.0.1 is never blocked, so the server sees other addresses.
    await using polite = await startForwarder(mariadb.port, '127.0.0.4');
    await using rude = await startForwarder(mariadb.port, '127.0.0.5');
    for (let i = 0; i < 12; i++) {
      expect((await ask(polite, { type: 'mysql' })).ok).toBe(true);
      await hangUp(rude.port);
    }
    expect((await ask(rude, { type: 'mysql' })).reason).toMatch(/^error 1129: .* is blocked/);
  });
});

describeWith(['slapd'], 'ldap probe and slapd', () => {
  test('an anonymous bind is good', async () => {
    await using slapd = await startSlapd();
    expect(await ask(slapd, { type: 'ldap' })).toEqual({ ok: true, reason: 'bind ok' });
  });

  test('a server that forbids it is a failure with the result code', async () => {
    await using slapd = await startSlapd({ anonymous: false });
    expect(await ask(slapd, { type: 'ldap' })).toEqual({ ok: false, reason: 'bind answered 48' });
  });
});

describeWith(['named'], 'udp probe and BIND', () => {
  /** Id 4b1d, one question: www.example.test A. */
  const question = '4b1d0100000100000000000003777777076578616d706c6504746573740000010001';

  test('a DNS answer with the right id and flags is good, another answer is not', async () => {
    await using named = await startNamed({
      name: 'example.test',
      records: ['www IN A 127.0.0.9'],
    });
    const send = { hex: question };
    const good = { status: '2xx', payload: { hex: '4b1d8500' } };
    const bad = { status: '2xx', payload: { hex: '4b1d8503' } };
    expect((await ask(named, { type: 'udp', send, expect: good })).ok).toBe(true);
    expect((await ask(named, { type: 'udp', send, expect: { status: '2xx' } })).ok).toBe(true);
    const other = await ask(named, { type: 'udp', send, expect: bad });
    expect(other.reason).toMatch(/^unexpected answer "K\./);
    await named.setRecords([]);
    expect((await ask(named, { type: 'udp', send, expect: good })).ok).toBe(false);
  });
});

describeWith(['nginx'], 'http probe and nginx', () => {
  test('judges status, body and drain', async () => {
    const port = await freePort();
    await using nginx = await startNginx(
      `server { listen 127.0.0.1:${port}; default_type text/plain;
        location = /ok { return 200 "all ok"; }
        location = /moved { return 302 /ok; }
        location = /leaving { return 404; } }`,
      port,
    );
    const http = { type: 'http', drainOn: '404' } as const;
    expect(await ask(nginx, { ...http, path: '/ok' })).toEqual({ ok: true, reason: 'status 200' });
    expect(await ask(nginx, { ...http, path: '/moved' })).toEqual({
      ok: false,
      reason: 'status 302',
    });
    expect(await ask(nginx, { ...http, path: '/leaving' })).toEqual({
      ok: true,
      reason: 'status 404, asks to drain',
      drain: true,
    });
    const body = { status: '200', body: { contains: 'fine' } };
    expect((await ask(nginx, { ...http, path: '/ok', expect: body })).reason).toBe(
      'body does not contain "fine"',
    );
  });
});

describeWith(['haproxy'], 'tcp probe and HAProxy', () => {
  test('an open port is good', async () => {
    const port = await freePort();
    await using haproxy = await startHaproxy(
      `defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten l\n bind 127.0.0.1:${port}\n`,
      port,
    );
    expect(await ask(haproxy, { type: 'tcp' })).toEqual({ ok: true, reason: 'connected' });
  });
});

/** A session that keeps PostgreSQL from ending: logged in as postgres, idle. */
async function openSession(port: number): Promise<Socket> {
  const fields = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + fields.length, 0);
  head.writeUInt32BE(0x30000, 4);
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.concat([head, fields]));
  // ReadyForQuery: `Z`, length 5, idle.
  for await (const chunk of socket.iterator({ destroyOnReturn: false }))
    if (Buffer.from(chunk).includes(Buffer.from('5a0000000549', 'hex'))) break;
  return socket;
}

/** Forwards connections to a local port so that they come from another loopback address. */
async function startForwarder(
  port: number,
  localAddress: string,
): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1', localAddress });
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('error', () => undefined).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads a greeting and closes; resolves when the other side has closed too. */
async function hangUp(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.once('data', () => socket.end());
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.on('close', resolve));
}
