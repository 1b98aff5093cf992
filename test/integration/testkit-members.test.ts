// Scripted members over real sockets: what a client sees of each step.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, test } from 'vitest';
import { startMember, type TestMember } from '../../src/testkit/index.js';

/** What a client sees: the status and body, or the code of the error. */
async function ask(member: TestMember): Promise<string> {
  try {
    const response = await fetch(`http://${member.address}/`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(10_000),
    });
    return `${response.status} ${(await response.text()).trim()}`;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? String(error);
  }
}

/** Sends `text` and returns what came back until the other side ended, or the error. */
async function talk(port: number, text: string): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: false });
  let received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString();
    if (received.length >= text.length) socket.end();
  });
  socket.write(text);
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.once('error', resolve);
    socket.once('close', () => resolve(undefined));
  });
  return error?.code ?? received;
}

describe('startMember', () => {
  test('answers with its name, counts, and dies and comes back on the same port', async () => {
    await using member = await startMember({ name: 'web-1' });
    expect(await ask(member)).toBe('200 web-1');
    const { port } = member;
    await member.kill();
    expect(await ask(member)).toBe('ECONNREFUSED');
    await member.start();
    expect(member.port).toBe(port);
    expect(await ask(member)).toBe('200 web-1');
    expect(member.requests).toBe(2);
  });

  test('refuses the first connections, then answers with a status, then well', async () => {
    await using member = await startMember('refuse the first 2, then status 503 the first 1, ok');
    expect(await ask(member)).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await ask(member)).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await ask(member)).toBe('503 member');
    expect(await ask(member)).toBe('200 member');
  });

  test('a port that refuses for good is closed, and opens when another script is played', async () => {
    await using member = await startMember();
    await member.play('refuse');
    expect(await ask(member)).toBe('ECONNREFUSED');
    await member.play('ok');
    expect(await ask(member)).toBe('200 member');
  });

  test('drips its answer, cuts it in half, resets', async () => {
    await using member = await startMember({
      steps: [
        { body: 'abcdef', drip: { bytes: 2, every: 1 }, first: 1 },
        { body: 'abcdef', do: 'half-close', first: 1 },
        { do: 'reset' },
      ],
    });
    expect(await ask(member)).toBe('200 abcdef');
    expect(await ask(member)).toMatch(/UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_SOCKET/);
    expect(await ask(member)).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });

  test('a paused one takes requests and answers none until it goes on', async () => {
    await using member = await startMember();
    member.pause();
    const aborter = new AbortController();
    const silent = fetch(`http://${member.address}/`, { signal: aborter.signal });
    while (member.requests === 0) await new Promise((resolve) => setImmediate(resolve));
    aborter.abort();
    await expect(silent).rejects.toThrow();
    member.resume();
    expect(await ask(member)).toBe('200 member');
  });

  test('tcp: sends back what comes, or its side ends at once, or it resets', async () => {
    await using member = await startMember({
      protocol: 'tcp',
      steps: [{ first: 1 }, { do: 'half-close', first: 1 }, { do: 'reset' }],
    });
    expect(await talk(member.port, 'hello')).toBe('hello');
    expect(await talk(member.port, 'hello')).toBe('');
    expect(await talk(member.port, 'hello')).toBe('ECONNRESET');
  });

  test('udp: keeps silent for the first datagram, then sends back', async () => {
    await using member = await startMember({
      protocol: 'udp',
      steps: [{ do: 'hang', first: 1 }, { body: 'second' }],
    });
    const socket = createSocket('udp4');
    socket.send('a', member.port, '127.0.0.1');
    socket.send('b', member.port, '127.0.0.1');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(answer.toString()).toBe('second');
    expect(member.requests).toBe(2);
    socket.close();
  });

  test('a port that is taken is an error, not a member', async () => {
    await using first = await startMember();
    await expect(startMember({ port: first.port })).rejects.toThrow('EADDRINUSE');
  });
});
