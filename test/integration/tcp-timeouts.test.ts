// How long a TCP connection may be silent, and what happens then. Time is the test's own.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';
import { connectTcp, Stage, startTcpMember, type TcpPeer } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const LONG = '1d';
const LONG_MS = 86_400_000;

interface Limits {
  readonly client?: string;
  readonly server?: string;
  readonly tunnel?: string;
}

interface Pair {
  readonly client: TcpPeer;
  readonly member: TcpPeer;
  readonly clock: VirtualClock;
  /** Ends in the access log. */
  readonly ends: unknown[];
}

/** @param early - what the client sends at once: a PROXY header, and more */
async function pair(
  { client = LONG, server = LONG, tunnel = LONG }: Limits,
  early = '',
): Promise<Pair> {
  const clock = new VirtualClock();
  const ends: unknown[] = [];
  const accessLog = (lines: string): void => {
    for (const line of lines.trimEnd().split('\n')) ends.push(JSON.parse(line).end);
  };
  const server_ = stage.add(await startTcpMember());
  const { port } = await stage.open(
    [server_],
    {
      timeouts: { client, tunnel },
      accessLog: 'json',
      ...(early !== '' && { acceptProxyProtocol: { trust: ['127.0.0.1'] } }),
    },
    { timeouts: { server } },
    { environment: { clock }, accessLog },
  );
  const peer = await connectTcp(port);
  if (early !== '') peer.send(early);
  return { client: peer, member: await server_.next(), clock, ends };
}

/** Lets virtual time pass, and real events happen, until both are reset; how long that took, ms. */
async function silenceUntilReset({ client, member, clock }: Pair): Promise<number> {
  const began = clock.now();
  let isOver = false;
  const endings = Promise.all([client.ending, member.ending]).finally(() => {
    isOver = true;
  });
  for (;;) {
    if (isOver) break;
    clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await endings).toEqual(['reset', 'reset']);
  return clock.now() - began;
}

function expectShort(silenceMs: number): void {
  expect(silenceMs).toBeGreaterThanOrEqual(100);
  expect(silenceMs).toBeLessThan(LONG_MS);
}

describe('an idle TCP connection', () => {
  test('on which nobody has spoken is cut by the shorter of client and server', async () => {
    expectShort(await silenceUntilReset(await pair({ client: '100ms' })));
    expectShort(await silenceUntilReset(await pair({ server: '100ms' })));
  });

  test('on which the client waits for the member is cut by timeouts.server', async () => {
    const both = await pair({ server: '100ms' });
    both.client.send('hello?');
    expect(await both.member.read(6)).toBe('hello?');
    expectShort(await silenceUntilReset(both));
  });

  test('on which the member waits for the client is cut by timeouts.client', async () => {
    const both = await pair({ client: '100ms' });
    both.member.send('login: ');
    expect(await both.client.read(7)).toBe('login: ');
    expectShort(await silenceUntilReset(both));
  });

  test('on which both have spoken is cut by timeouts.tunnel and by nothing shorter', async () => {
    const both = await pair({ client: '100ms', server: '100ms', tunnel: '10s' });
    both.client.send('a');
    await both.member.read(1);
    both.member.send('b');
    await both.client.read(1);
    const silenceMs = await silenceUntilReset(both);
    expect(silenceMs).toBeGreaterThanOrEqual(10_000);
    expect(silenceMs).toBeLessThan(LONG_MS);
  });

  test('counts what the client said before there was a member', async () => {
    const spoken = { client: '100ms', server: '100ms', tunnel: '10s' };
    const both = await pair(spoken, 'PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\na');
    expect(await both.member.read(1)).toBe('a');
    both.member.send('b');
    await both.client.read(1);
    const silenceMs = await silenceUntilReset(both);
    expect(silenceMs).toBeGreaterThanOrEqual(10_000);
    expect(silenceMs).toBeLessThan(LONG_MS);
  });

  test('whose client has said its last word is cut by timeouts.server', async () => {
    const { client, member, clock, ends } = await pair({ server: '100ms' });
    member.send('b');
    await client.read(1);
    client.socket.end('a');
    expect(await member.ending).toBe('end');
    clock.advance(200);
    expect(await client.ending).toBe('reset');
    await vi.waitFor(() => {
      clock.advance(1);
      expect(ends).toEqual(['member-timeout']);
    });
  });

  test('goes on for as long as one side sends', async () => {
    const { client, member, clock } = await pair({ client: '300ms', server: '300ms' });
    for (let i = 1; i <= 10; i++) {
      client.send('x');
      await member.read(i);
      clock.advance(200);
    }
    client.socket.end();
    expect(await member.ending).toBe('end');
    member.socket.end();
    expect(await client.ending).toBe('end');
  });
});
