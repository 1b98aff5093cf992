// How long a TCP connection may be silent, and what happens then.
import { afterEach, describe, expect, test } from 'vitest';
import { connectTcp, Stage, startTcpMember, type TcpPeer } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const LONG = '1h';

interface Limits {
  readonly client?: string;
  readonly server?: string;
  readonly tunnel?: string;
}

async function pair({ client = LONG, server = LONG, tunnel = LONG }: Limits): Promise<{
  client: TcpPeer;
  member: TcpPeer;
}> {
  const server_ = stage.add(await startTcpMember());
  const { port } = await stage.open(
    [server_],
    { timeouts: { client, tunnel } },
    { timeouts: { server } },
  );
  const peer = await connectTcp(port);
  return { client: peer, member: await server_.next() };
}

async function expectBothReset(...peers: TcpPeer[]): Promise<void> {
  for (const peer of peers) expect(await peer.ending).toBe('reset');
}

describe('an idle TCP connection', () => {
  test('on which nobody has spoken is cut by the shorter of client and server', async () => {
    const { client, member } = await pair({ client: '100ms' });
    await expectBothReset(client, member);
  });

  test('on which the client waits for the member is cut by timeouts.server', async () => {
    const { client, member } = await pair({ server: '100ms' });
    client.send('hello?');
    await expectBothReset(client, member);
    expect(member.text).toBe('hello?');
  });

  test('on which the member waits for the client is cut by timeouts.client', async () => {
    const { client, member } = await pair({ client: '100ms' });
    member.send('login: ');
    await expectBothReset(client, member);
    expect(client.text).toBe('login: ');
  });

  test('on which both have spoken is cut by timeouts.tunnel and by nothing shorter', async () => {
    const { client, member } = await pair({ client: '100ms', server: '100ms', tunnel: '600ms' });
    client.send('a');
    await member.read(1);
    member.send('b');
    await client.read(1);
    const began = performance.now();
    await expectBothReset(client, member);
    expect(performance.now() - began).toBeGreaterThan(500);
  });

  test('whose client has said its last word is cut by timeouts.server', async () => {
    const { client, member } = await pair({ server: '100ms' });
    member.send('b');
    await client.read(1);
    client.socket.end('a');
    expect(await member.ending).toBe('end');
    expect(await client.ending).toBe('reset');
  });

  test('goes on for as long as one side sends', async () => {
    const { client, member } = await pair({ client: '300ms', server: '300ms' });
    for (let i = 1; i <= 10; i++) {
      client.send('x');
      await member.read(i);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    client.socket.end();
    expect(await member.ending).toBe('end');
    member.socket.end();
    expect(await client.ending).toBe('end');
  });
});
