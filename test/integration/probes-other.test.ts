// The udp, exec and grpc probes, and a checker on real sockets with the real clock.
import { ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { describe, expect, test, vi } from 'vitest';
import { HealthChecker } from '../../src/health/health-checker.js';
import { freePort } from '../support/servers/server-process.js';
import { ask } from '../unit/health/ask.js';

/** Listens for datagrams for as long as `use` runs. */
async function withUdp<T>(
  onMessage: (socket: Socket, message: Buffer, port: number) => void,
  use: (port: number) => Promise<T>,
  host = '127.0.0.1',
): Promise<T> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => onMessage(socket, message, from.port));
  socket.bind(0, host);
  await once(socket, 'listening');
  try {
    return await use(socket.address().port);
  } finally {
    socket.close();
    await once(socket, 'close');
  }
}

function answerPong(socket: Socket, _: Buffer, port: number): void {
  socket.send('pong 7', port, '127.0.0.1');
}

describe('udp probe', () => {
  test('sends the payload as it is and takes any answer', async () => {
    const seen: string[] = [];
    const answer = (socket: Socket, message: Buffer, port: number): void => {
      seen.push(message.toString('latin1'));
      socket.send('yes', port, '127.0.0.1');
    };
    await withUdp(answer, async (port) => {
      const text = await ask({ port }, { type: 'udp', send: { text: 'héllo' } });
      expect(text).toEqual({ ok: true, reason: 'answer of 3 bytes' });
      await ask({ port }, { type: 'udp', send: { hex: '00ff10' } });
      await ask({ port }, { type: 'udp' });
    });
    expect(seen).toEqual(['h\xc3\xa9llo', '\x00\xff\x10', '']);
  });

  test('the answer must begin with the expected bytes', async () => {
    await withUdp(answerPong, async (port) => {
      const good = { status: '2xx', payload: { text: 'pong' } };
      const bad = { status: '2xx', payload: { hex: '706f6e6721' } };
      expect((await ask({ port }, { type: 'udp', expect: good })).ok).toBe(true);
      const result = await ask({ port }, { type: 'udp', expect: bad });
      expect(result).toEqual({ ok: false, reason: 'unexpected answer "pong 7"' });
    });
  });

  test('a port where nobody listens is refused at once', async () => {
    const port = await withUdp(
      () => undefined,
      (free) => Promise.resolve(free),
    );
    expect(await ask({ port }, { type: 'udp' })).toEqual({ ok: false, reason: 'connect refused' });
  });

  test('a server that says nothing is waited for until the abort', async () => {
    const timeout = new AbortController();
    await withUdp(
      () => timeout.abort(new Error('timeout after 2s')),
      async (port) => {
        const result = await ask({ port }, { type: 'udp' }, { signal: timeout.signal });
        expect(result).toEqual({ ok: false, reason: 'timeout after 2s' });
      },
    );
  });

  test('asks over IPv6 too', async () => {
    await withUdp(
      (socket, _, port) => socket.send('y', port, '::1'),
      async (port) => {
        expect((await ask({ host: '::1', port }, { type: 'udp' })).ok).toBe(true);
      },
      '::1',
    );
  });
});

/** An exec monitor. */
const exec = (...command: string[]) => ({ type: 'exec', command }) as const;
const allowed = { allowExec: true };

describe.skipIf(process.platform === 'win32')('exec probe', () => {
  test.each([
    [['sh', '-c', 'exit 0'], true, 'exit 0'],
    [['sh', '-c', 'exit 3'], false, 'exit 3'],
    [['sh', '-c', 'echo "disk full"; echo more; exit 2'], false, 'exit 2: disk full'],
    [['sh', '-c', 'kill -9 $$'], false, 'killed by SIGKILL'],
    [['/no/such/program'], false, 'program not found'],
  ])('%j is good: %s', async (command, ok, reason) => {
    expect(await ask({ port: 1 }, exec(...command), allowed)).toEqual({ ok, reason });
  });

  test('there is no shell between: arguments arrive as they are', async () => {
    const command = ['printf', '%s', '$HOME; `id` | x "y"'];
    const { reason } = await ask({ port: 1 }, exec(...command), allowed);
    expect(reason).toBe('exit 0: $HOME; `id` | x "y"');
  });

  test('the environment is PATH and the member, nothing else', async () => {
    process.env['EVENKEEL_TEST_SECRET'] = 'not for checks';
    const print = 'console.log(JSON.stringify(process.env))';
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-exec-'));
    const file = path.join(folder, 'environment');
    const write = `require('fs').writeFileSync(process.argv[1], JSON.stringify(process.env)); ${print}`;
    await ask({ host: '10.0.0.9', port: 8080 }, exec(process.execPath, '-e', write, file), allowed);
    const seen: unknown = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(folder, { recursive: true });
    delete process.env['EVENKEEL_TEST_SECRET'];
    expect(seen).toEqual({
      PATH: process.env['PATH'],
      EVENKEEL_HOST: '10.0.0.9',
      EVENKEEL_PORT: '8080',
      EVENKEEL_MEMBER: 'web-1',
    });
  });

  test('without descriptors for a program the check fails, and nothing else', async () => {
    // As Node does it then: no pid, no streams, and an error in the next tick.
    const spawn = vi.spyOn(ChildProcess.prototype as unknown as { spawn: () => number }, 'spawn');
    spawn.mockImplementation(function (this: ChildProcess) {
      const error = Object.assign(new Error('spawn true EMFILE'), { code: 'EMFILE' });
      process.nextTick(() => this.emit('error', error));
      return -24;
    });
    try {
      const result = await ask({ port: 1 }, exec('true'), allowed);
      expect(result).toEqual({ ok: false, reason: 'too many open files here' });
    } finally {
      spawn.mockRestore();
    }
  });

  test('an abort kills the program and what it started', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-exec-'));
    const file = path.join(folder, 'pids');
    const script = `sleep 300 & echo "$$ $!" > "${file}.new"; mv "${file}.new" "${file}"; wait`;
    const timeout = new AbortController();
    const checking = ask({ port: 1 }, exec('sh', '-c', script), {
      ...allowed,
      signal: timeout.signal,
    });
    const pids = (await textOf(file)).trim().split(' ').map(Number);
    timeout.abort(new Error('timeout after 2s'));
    expect(await checking).toEqual({ ok: false, reason: 'timeout after 2s' });
    for (const pid of pids) await goneProcess(pid);
    rmSync(folder, { recursive: true });
  });

  test('of a long output only the beginning is kept, and the program is not held up', async () => {
    const script = "head -c 1000000 /dev/zero | tr '\\0' x";
    const { reason } = await ask({ port: 1 }, exec('sh', '-c', script), allowed);
    expect(reason).toBe(`exit 0: ${'x'.repeat(200)}`);
  });
});

/** The content of a file as soon as it is there. */
async function textOf(file: string): Promise<string> {
  for (let tries = 0; tries < 400; tries++) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      await sleep(10);
    }
  }
  throw new Error(`${file} did not appear`);
}

/** Resolves when no such process runs; a zombie counts as gone. */
async function goneProcess(pid: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    try {
      process.kill(pid, 0);
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await sleep(10);
  }
  throw new Error(`process ${pid} is still there`);
}

/** A grpc-js server; `answers` gives the status number per service, undefined = NOT_FOUND. */
async function withGrpc<T>(
  answers: Readonly<Record<string, number>> | undefined,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const server = new Server();
  if (answers !== undefined) addHealth(server, answers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  try {
    return await use(port);
  } finally {
    server.forceShutdown();
  }
}

describe('grpc probe', () => {
  test.each([
    ['', true, 'SERVING'],
    ['store.Cart', false, 'NOT_SERVING'],
    ['store.Old', false, 'UNKNOWN'],
    ['store.Unheard', false, 'grpc status 5'],
  ])('service "%s" is good: %s', async (service, ok, reason) => {
    await withGrpc({ '': 1, 'store.Cart': 2, 'store.Old': 0 }, async (port) => {
      expect(await ask({ port }, { type: 'grpc', service })).toEqual({ ok, reason });
    });
  });

  test('a service with a long name is asked for in full', async () => {
    const service = `store.${'x'.repeat(300)}`;
    await withGrpc({ [service]: 1 }, async (port) => {
      expect((await ask({ port }, { type: 'grpc', service })).ok).toBe(true);
    });
  });

  test('a server without the health service is bad', async () => {
    await withGrpc(undefined, async (port) => {
      const result = await ask({ port }, { type: 'grpc' });
      expect(result).toEqual({ ok: false, reason: 'grpc status 12' });
    });
  });
});

const asBuffer = (bytes: Buffer): Buffer => bytes;

/** The health service without generated code: field 1 in, field 1 out. */
function addHealth(server: Server, answers: Readonly<Record<string, number>>): void {
  const definition = {
    check: {
      path: '/grpc.health.v1.Health/Check',
      requestStream: false,
      responseStream: false,
      requestSerialize: asBuffer,
      requestDeserialize: (message: Buffer) => ({ service: readService(message) }),
      responseSerialize: (value: number) => Buffer.from(value === 0 ? [] : [0x08, value]),
      responseDeserialize: asBuffer,
    },
  } as const;
  server.addService(definition, {
    check: (
      call: { request: { service: string } },
      reply: (error: { code: number } | null, value?: number) => void,
    ) => {
      const answer = answers[call.request.service];
      if (answer === undefined) reply({ code: status.NOT_FOUND });
      else reply(null, answer);
    },
  });
}

/** `0a LENGTH text`, the length a varint of one or two bytes. */
function readService(message: Buffer): string {
  if (message.length === 0) return '';
  const [, low = 0, high = 0] = message;
  const isLong = low > 127;
  const length = isLong ? (low & 127) + (high << 7) : low;
  const start = isLong ? 3 : 2;
  if (message[0] !== 0x0a || message.length !== start + length) throw new Error('malformed');
  return message.toString('utf8', start);
}

describe('HealthChecker with the real clock', () => {
  test('sees a server go and come back', async () => {
    const port = await freePort();
    const open = async (): Promise<() => Promise<unknown>> => {
      const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
      await once(server, 'listening');
      return () => {
        const closed = once(server, 'close');
        server.close();
        return closed;
      };
    };
    const monitor = { type: 'tcp', interval: '20ms', timeout: '2s', fall: 2, rise: 2 } as const;
    await using checker = new HealthChecker(monitor);
    const flips: string[] = [];
    let onFlip: (() => void) | undefined;
    const until = async (count: number): Promise<void> => {
      while (flips.length < count) await new Promise<void>((resolve) => (onFlip = resolve));
    };
    let close = await open();
    checker.watch(
      { host: '127.0.0.1', port, name: 'web-1' },
      {
        onCheck: () => undefined,
        onDrainAsked: () => undefined,
        onHealth: (flip) => {
          flips.push(`${flip.state}: ${flip.reason}`);
          onFlip?.();
        },
      },
    );
    await until(1);
    await close();
    await until(2);
    close = await open();
    await until(3);
    await close();
    expect(flips).toEqual(['up: connected', 'down: connect refused', 'up: connected']);
  });
});
