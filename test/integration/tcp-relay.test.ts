// What a TCP relay passes on: bytes, ends, resets, and the pace of the slower side.
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  CountedPauses,
  connectTcp,
  deadPort,
  Stage,
  startEcho,
  startTcpMember,
  type TcpPeer,
} from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

async function pair(): Promise<{ client: TcpPeer; member: TcpPeer }> {
  const server = stage.add(await startTcpMember());
  const { port } = await stage.open([server]);
  const client = await connectTcp(port);
  return { client, member: await server.next() };
}

describe('a TCP relay', () => {
  test('passes bytes both ways', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo]);
    const client = await connectTcp(port);
    client.send('hello');
    expect(await client.read(5)).toBe('hello');
    client.socket.destroy();
  });

  test('lets the member speak first', async () => {
    const { client, member } = await pair();
    member.send('220 ready\r\n');
    expect(await client.read(11)).toBe('220 ready\r\n');
  });

  test('keeps a half-close of the client: the member answers after it', async () => {
    const { client, member } = await pair();
    client.socket.end('question');
    expect(await member.ending).toBe('end');
    expect(member.text).toBe('question');
    member.socket.end('late answer');
    expect(await client.ending).toBe('end');
    expect(client.text).toBe('late answer');
  });

  test('keeps a half-close of the member: the client speaks on after it', async () => {
    const { client, member } = await pair();
    member.socket.end('bye');
    expect(await client.ending).toBe('end');
    client.socket.end('one more thing');
    expect(await member.ending).toBe('end');
    expect(member.text).toBe('one more thing');
  });

  test('delivers the last bytes before a close, 100 times of 100', async () => {
    const server = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () => peer.socket.end(Buffer.alloc(20_000, 'x')));
      }),
    );
    const { port } = await stage.open([server]);
    const lengths = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const client = await connectTcp(port);
        client.send('go');
        await client.ending;
        client.socket.destroy();
        return client.received.length;
      }),
    );
    expect(lengths).toEqual(Array.from({ length: 100 }, () => 20_000));
  });

  test('turns a reset of the member into a reset of the client', async () => {
    const { client, member } = await pair();
    member.send('half of');
    await client.read(7);
    member.socket.resetAndDestroy();
    expect(await client.ending).toBe('reset');
  });

  test('takes a reset right behind some bytes for no end', async () => {
    const server = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () => {
          peer.send('half of');
          peer.socket.resetAndDestroy();
        });
      }),
    );
    const { port, pool } = await stage.open([server]);
    const client = await connectTcp(port);
    client.send('go');
    await client.ending;
    client.socket.destroy();
    expect(client.text).toBe('half of');
    await vi.waitFor(() => expect(pool.members[0]!.state.totals.reset).toBe(1));
  });

  test('turns a reset of the client into a reset of the member', async () => {
    const { client, member } = await pair();
    client.send('half of');
    await member.read(7);
    client.socket.resetAndDestroy();
    expect(await member.ending).toBe('reset');
  });

  test('resets the client when there is no member', async () => {
    const { port, frontend } = await stage.open([]);
    const client = await connectTcp(port).catch(() => undefined);
    if (client !== undefined) expect(await client.ending).toBe('reset');
    expect(frontend.status().totals.failed).toBe(1);
  });

  test('delivers 30 MiB unchanged in both directions at once', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo]);
    const client = await connectTcp(port);
    client.socket.removeAllListeners('data');
    const sent = createHash('sha256');
    const back = createHash('sha256');
    let received = 0;
    let total = 0;
    client.socket.on('data', (chunk: Buffer) => {
      back.update(chunk);
      received += chunk.length;
    });
    for (let i = 0; i < 512; i++) {
      const block = randomBytes(1 + ((i * 7919) % 131_072));
      sent.update(block);
      total += block.length;
      if (!client.socket.write(block)) {
        await new Promise((resolve) => client.socket.once('drain', resolve));
      }
    }
    client.socket.end();
    await client.ending;
    expect(received).toBe(total);
    expect(back.digest('hex')).toBe(sent.digest('hex'));
  });

  test('keeps messages of many small and large sizes in order', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo]);
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectTcp(port)));
    await Promise.all(
      clients.map(async (client, index) => {
        let expected = '';
        for (let i = 0; i < 40; i++) {
          const part = `${index}.${i};`.repeat(1 + ((i * 37 * (index + 1)) % 9000));
          expected += part;
          client.send(part);
          if (i % 3 === 0) await client.read(expected.length);
        }
        expect(await client.read(expected.length)).toBe(expected);
      }),
    );
    for (const client of clients) client.socket.destroy();
  });

  test('reads no further than a slow reader takes', async () => {
    const server = stage.add(
      await startTcpMember((peer) => {
        const block = Buffer.alloc(1024 * 1024);
        const push = (): void => {
          while (peer.socket.writable && peer.socket.write(block));
        };
        peer.socket.on('drain', push);
        push();
      }),
    );
    const { port, frontend } = await stage.open([server]);
    const client = await connectTcp(port);
    client.socket.pause();
    // The kernel's buffers fill up, then nothing moves any more.
    let before = -1;
    const hasSettled = (): boolean => {
      const last = before;
      before = frontend.status().totals.bytesOut;
      return before === last;
    };
    await vi.waitUntil(hasSettled, { interval: 200, timeout: 10_000 });
    expect(before).toBeLessThan(16 * 1024 * 1024);
    client.socket.destroy();
  });
});

describe('dialling', () => {
  test('takes the next member when one refuses, and the client notices nothing', async () => {
    const echo = stage.add(await startEcho());
    const { port, pool } = await stage.open([`127.0.0.1:${await deadPort()}`, echo]);
    for (let i = 0; i < 6; i++) {
      const client = await connectTcp(port);
      client.send('ping');
      expect(await client.read(4)).toBe('ping');
      client.socket.destroy();
    }
    expect(pool.status().members.map(({ totals }) => totals.failed > 0)).toEqual([true, false]);
  });

  test('resets the client when every member refuses', async () => {
    const { port } = await stage.open([`127.0.0.1:${await deadPort()}`]);
    const client = await connectTcp(port);
    expect(await client.ending).toBe('reset');
  });

  test('stops after the tries that the pool allows', async () => {
    const dead = await deadPort();
    const members = Array.from({ length: 5 }, (_, i) => `127.0.0.${i + 1}:${dead}`);
    const { port, frontend } = await stage.open(members, {}, { retries: { attempts: 2 } });
    const retried: number[] = [];
    frontend.events.on('request:retried', ({ attempt }) => retried.push(attempt));
    const client = await connectTcp(port);
    expect(await client.ending).toBe('reset');
    expect(retried).toEqual([1, 2]);
  });

  test('tells of each member what it did, and is done at once when all were tried', async () => {
    const dead = await deadPort();
    const members = Array.from({ length: 3 }, (_, i) => `127.0.0.${i + 1}:${dead}`);
    const pauses = new CountedPauses();
    const environment = { random: pauses };
    const { port, frontend, pool } = await stage.open(members, {}, {}, { environment });
    const reasons: string[] = [];
    frontend.events.on('request:retried', ({ reason }) => reasons.push(reason));
    const client = await connectTcp(port);
    expect(await client.ending).toBe('reset');
    expect(reasons).toEqual([
      `connect ECONNREFUSED 127.0.0.1:${dead}`,
      `connect ECONNREFUSED 127.0.0.2:${dead}`,
    ]);
    expect(pool.members.map(({ state }) => state.totals.retriedAway)).toEqual([1, 1, 0]);
    expect(pauses.count).toBe(1);
  });

  test('gives the member back when the client leaves while it is being dialled', async () => {
    const { port, pool, frontend } = await stage.open(
      // Nobody answers there (RFC 5737): the dial hangs or fails, as the network has it.
      ['192.0.2.1:9'],
      {},
      { timeouts: { connect: '30s' } },
    );
    const client = await connectTcp(port);
    await frontend.close();
    expect(await client.ending).toBe('reset');
    expect(pool.status().members[0]?.active).toBe(0);
  });
});
