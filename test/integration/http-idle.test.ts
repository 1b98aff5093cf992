// Idle connections to members: kept for the present member only, and closed with what they belong to.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Frontend } from '../../src/frontend/frontend.js';
import type { PoolOptions } from '../../src/pool/options.js';
import { ask, connectHttp, get, ok, startHttpMember } from '../support/http-peers.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;
const ALWAYS = { http: { reuse: 'always', idleTimeout: 60_000 } } as const;

describe('HTTP idle connections', () => {
  test('close with the frontend, though it has an emitter of its own', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, frontend, pool } = await stage.open([member], HTTP, ALWAYS);
    await ask(port, get());
    const peer = await member.next();
    expect(peer.socket.readyState).toBe('open');
    await frontend.close();
    expect(await peer.ending).toBe('end');
    await pool.close();
  });

  test('are made anew for the frontends that go on', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, frontend, pool } = await stage.open([member], HTTP, ALWAYS);
    const other = stage.add(new Frontend({ name: 'other', ...HTTP, bind: '127.0.0.1:0', pool }));
    const [bound] = await other.listen();
    await ask(port, get());
    await ask(bound?.port ?? 0, get());
    expect(member.peers).toHaveLength(1);
    await frontend.close();
    await member.peers[0]!.ending;
    await ask(bound?.port ?? 0, get());
    await ask(bound?.port ?? 0, get());
    expect(member.peers).toHaveLength(2);
    await other.close();
    await member.peers[1]!.ending;
  });

  test('close with the pool, and those in use after their answer', async () => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], HTTP, ALWAYS);
    const client = await connectHttp(port);
    client.send(get());
    const first = await member.next();
    first.send(ok());
    await client.reply();
    const slow = await connectHttp(port);
    client.send(get());
    slow.send(get());
    const second = await member.next();
    await vi.waitFor(() => expect(second.received.length).toBeGreaterThan(0));
    await pool.close();
    first.send(ok());
    second.send(ok());
    expect((await client.reply()).status).toBe(200);
    expect((await slow.reply()).status).toBe(200);
    expect(await first.ending).toBe('end');
    expect(await second.ending).toBe('end');
    client.peer.socket.destroy();
    slow.peer.socket.destroy();
  });

  test('are kept for a member that took the name of another', async () => {
    const before = stage.add(await startTcpMember());
    const after = stage.add(await startHttpMember(() => ok()));
    const settings = (address: string): PoolOptions => ({
      name: 'pool',
      ...ALWAYS,
      members: [{ name: 'm', address }],
    });
    const { port, pool } = await stage.open([], HTTP, settings(before.address));
    const slow = await connectHttp(port);
    slow.send(get());
    const old = await before.next();
    await old.read(10);
    const removed = pool.events.once('member:removed');
    pool.update(settings(after.address));
    const client = await connectHttp(port);
    client.send(get());
    await client.reply();
    old.send(ok());
    await slow.reply();
    await removed;
    for (let i = 0; i < 3; i++) {
      client.send(get());
      expect((await client.reply()).status).toBe(200);
    }
    expect(after.peers).toHaveLength(1);
    expect(await old.ending).toBe('end');
    client.peer.socket.destroy();
    slow.peer.socket.destroy();
  });
});
