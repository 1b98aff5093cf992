// The server's side of TLS, on our own handles and on Node's streams: the same to its users.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { resetSocket } from '../../src/frontend/reset-socket.js';
import type { TlsConfig } from '../../src/spec/config.js';
import type { ServerTerms } from '../../src/tls/server-terms.js';
import { ServerTls } from '../../src/tls/server-tls.js';
import {
  ACCEPT_OPTIONS,
  type Accepted,
  acceptFrom,
  probeAccept,
} from '../../src/upstream/accept.js';
import type { ByteSocket } from '../../src/upstream/byte-socket.js';
import { putTlsOn } from '../../src/upstream/put-tls-on.js';
import { RawTlsSocket } from '../../src/upstream/raw-tls-socket.js';
import type { SecureSocket } from '../../src/upstream/secure-socket.js';
import { queuedBytes, ReaderSlot } from '../../src/upstream/socket-reader.js';
import { takeHandle } from '../../src/upstream/take-handle.js';
import { canUseRawTls, probeTls } from '../../src/upstream/tls-probe.js';
import {
  hasGoodCertificate,
  releaseControl,
  wrapTlsHandle,
} from '../../src/upstream/tls-socket.js';
import { TestAuthority } from '../support/authority.js';
import { collector, Diary, type Reading } from '../support/diary.js';

const BULK = 8 * 1024 * 1024;

const authority = new TestAuthority();
const own = authority.issue({ names: ['a.test'], keyType: 'ec' });
const other = authority.issue({ names: ['b.test'], keyType: 'ec' });
const robot = authority.issue({ names: ['robot'], keyType: 'ec' });
const stranger = new TestAuthority('another one').issue({ names: ['stranger'], keyType: 'ec' });

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

beforeAll(async () => {
  await probeAccept();
  await probeTls();
  // Were it false, half of this file would say nothing.
  expect(canUseRawTls()).toBe(true);
});

type Kind = 'raw' | 'Node';

function terms(config: Partial<TlsConfig> = {}): ServerTerms {
  const owner = { onReplaced: () => {}, onRejected: () => {} };
  const whole: TlsConfig = {
    certificates: [own, other],
    selfSigned: false,
    minVersion: '1.2',
    alpn: ['h2', 'http/1.1'],
    clientAuth: { mode: 'none' },
    ...config,
  };
  return new ServerTls(whole, systemClock, owner).terms;
}

const both = terms();

interface Opening {
  readonly reading?: Reading;
  readonly side?: ServerTerms;
  readonly client?: tls.ConnectionOptions;
}

class Server {
  readonly port: number;
  readonly #arrivals: Accepted[] = [];
  #wake = (): void => {};

  private constructor(server: net.Server) {
    this.port = (server.address() as net.AddressInfo).port;
    acceptFrom(server, {
      onAccept: (accepted) => {
        this.#arrivals.push(accepted);
        this.#wake();
      },
      onAcceptFault: () => {},
    });
  }

  static async start(): Promise<Server> {
    const server = net.createServer(ACCEPT_OPTIONS).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    return new Server(server);
  }

  async next(): Promise<Accepted> {
    while (this.#arrivals.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrivals.shift()!;
  }
}

function wrap(kind: Kind, accepted: Accepted, { slot, first }: Reading, side: ServerTerms): Diary {
  let socket: SecureSocket;
  if (kind === 'raw') {
    socket = accepted.openTls(slot, first, side);
    expect(socket).toBeInstanceOf(RawTlsSocket);
  } else {
    const plain = accepted.open(slot, first);
    socket = wrapTlsHandle(takeHandle(plain)!, slot, first, side);
    expect(socket).toBeInstanceOf(tls.TLSSocket);
  }
  socket.once('secure', () => releaseControl(socket));
  // Node leaves it to its user.
  socket.on('error', () => socket.destroy());
  closers.push(() => socket.destroy());
  return new Diary(socket);
}

/** Both ends of a connection, the handshake done. */
async function open(kind: Kind, { reading, side, client }: Opening = {}) {
  const server = await Server.start();
  const peer = tls.connect({
    port: server.port,
    host: '127.0.0.1',
    ca: authority.ca,
    servername: 'a.test',
    allowHalfOpen: true,
    ...client,
  } as tls.ConnectionOptions);
  peer.on('error', () => {});
  closers.push(() => peer.destroy());
  const connected = once(peer, 'secureConnect');
  const read = reading ?? collector(Buffer.alloc(16));
  const diary = wrap(kind, await server.next(), read, side ?? both);
  await Promise.all([diary.until('secure'), connected]);
  const lines = diary.lines.splice(0);
  expect(lines).toEqual(['secure']);
  return { diary, socket: diary.socket as SecureSocket, peer };
}

async function readAll(peer: net.Socket): Promise<string> {
  let text = '';
  peer.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(peer, 'end');
  return text;
}

async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(['raw', 'Node'] as const)('the server side of TLS on a %s socket', (kind) => {
  test('passes bytes both ways, keeps half-closes, and closes once both sides have ended', async () => {
    const reading = collector(Buffer.alloc(16));
    const { diary, socket, peer } = await open(kind, { reading });
    peer.end('a question longer than its buffer');
    await diary.until('end');
    expect(reading.text()).toBe('a question longer than its buffer');
    expect(socket).toMatchObject({ readableEnded: true, writable: true, destroyed: false });
    expect(socket.write('an ', 'latin1')).toBe(true);
    expect(socket.write(Buffer.from('answer'))).toBe(true);
    socket.end();
    expect(await readAll(peer)).toBe('an answer');
    await diary.until('close');
    expect(diary.lines).toEqual(['end', 'finish', 'close']);
    expect(socket.destroyed).toBe(true);
  });

  test('knows what was agreed on', async () => {
    const { socket } = await open(kind, {
      client: { ALPNProtocols: ['http/1.1'], servername: 'A.test' },
    });
    expect(socket).toMatchObject({
      servername: 'A.test',
      alpnProtocol: 'http/1.1',
      encrypted: true,
    });
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(socket.getCipher()).toMatchObject({ standardName: 'TLS_AES_128_GCM_SHA256' });
    expect(socket.localAddress).toBe('127.0.0.1');
    expect(socket.getX509Certificate()?.checkHost('a.test')).toBe('a.test');
    expect(socket.getPeerX509Certificate()).toBeUndefined();
  });

  test('knows that nothing was', async () => {
    const { socket } = await open(kind, {
      client: { servername: '', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined },
    });
    expect(socket.servername || '').toBe('');
    expect(socket.alpnProtocol || '').toBe('');
    expect(socket.getProtocol()).toBe('TLSv1.2');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'chooses the certificate by name: %s',
    async (version) => {
      const { socket, peer } = await open(kind, {
        client: { servername: 'b.test', maxVersion: version, ALPNProtocols: ['h2'] },
      });
      expect(peer.getPeerX509Certificate()?.checkHost('b.test')).toBe('b.test');
      expect(socket.getX509Certificate()?.checkHost('b.test')).toBe('b.test');
      // The chosen context answers it.
      expect(socket.alpnProtocol).toBe('h2');
    },
  );

  test('refuses a client that wants none of the protocols', async () => {
    const server = await Server.start();
    const peer = tls.connect({ port: server.port, ca: authority.ca, ALPNProtocols: ['x'] });
    const refusal = once(peer, 'error');
    const diary = wrap(kind, await server.next(), collector(Buffer.alloc(16)), both);
    expect(
      ((await refusal.catch((error: unknown) => [error])) as [NodeJS.ErrnoException])[0].code,
    ).toMatch(/NO_APPLICATION_PROTOCOL/);
    await diary.until('close');
    expect(diary.lines).not.toContain('secure');
  });

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s with certificates of clients', (version) => {
    const asks = terms({ clientAuth: { mode: 'request', ca: authority.ca } });
    const requires = terms({ clientAuth: { mode: 'require', ca: authority.ca } });

    test.each([
      ['none', {}, undefined, false],
      ['a good one', robot, 'CN=robot', true],
      ['a bad one', stranger, 'CN=stranger', false],
    ] as const)('asks for one and judges %s', async (_, shown, subject, isGood) => {
      const { socket } = await open(kind, {
        side: asks,
        client: { ...shown, maxVersion: version },
      });
      expect(socket.getPeerX509Certificate()?.subject).toBe(subject);
      expect(hasGoodCertificate(socket)).toBe(isGood);
    });

    test('knows it again in a session that is resumed', async () => {
      const client = { ...robot, maxVersion: version };
      const first = await open(kind, { side: asks, client });
      const ticket =
        version === 'TLSv1.2'
          ? first.peer.getSession()!
          : ((await once(first.peer, 'session')) as [Buffer])[0];
      const again = await open(kind, { side: asks, client: { ...client, session: ticket } });
      expect(again.peer.isSessionReused()).toBe(true);
      expect(again.socket.getPeerX509Certificate()?.subject).toBe('CN=robot');
      expect(hasGoodCertificate(again.socket)).toBe(true);
    });

    test('ends a handshake without one that is required', async () => {
      const server = await Server.start();
      const peer = tls.connect({
        port: server.port,
        ca: authority.ca,
        servername: 'a.test',
        maxVersion: version,
      });
      const refusal = new Promise<NodeJS.ErrnoException>((resolve) => peer.on('error', resolve));
      const diary = wrap(kind, await server.next(), collector(Buffer.alloc(16)), requires);
      expect((await refusal).code).toMatch(/HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED|ECONNRESET/);
      await diary.until('close');
      expect(diary.lines).not.toContain('secure');
    });

    test('leaves a bad one that is required to its user', async () => {
      const { socket } = await open(kind, {
        side: requires,
        client: { ...stranger, maxVersion: version },
      });
      expect(hasGoodCertificate(socket)).toBe(false);
    });
  });

  test('resumes sessions by tickets, in the context of another socket kind as well', async () => {
    const first = await open(kind);
    const [session] = (await once(first.peer, 'session')) as [Buffer];
    for (const next of ['raw', 'Node'] as const) {
      const { peer } = await open(next, { client: { session } });
      expect(peer.isSessionReused()).toBe(true);
    }
  });

  test('refuses to renegotiate', async () => {
    const { diary, peer, socket } = await open(kind, { client: { maxVersion: 'TLSv1.2' } });
    const answer = new Promise<Error | null>((resolve) => {
      peer.renegotiate({}, resolve);
      peer.on('error', resolve).on('close', () => resolve(new Error('closed')));
    });
    expect(await answer).toBeInstanceOf(Error);
    socket.destroy();
    await diary.until('close');
  });

  test('says how much waits, and when all of it has left', async () => {
    const { diary, socket, peer } = await open(kind);
    let taken = 0;
    expect(socket.write(Buffer.alloc(BULK, 'x'), () => taken++)).toBe(false);
    expect(socket.writableLength).toBe(BULK);
    expect(queuedBytes(socket)).toBeGreaterThan(0);
    expect(socket.write('y', 'latin1', () => taken++)).toBe(false);
    expect(socket.write(Buffer.from('z'), () => taken++)).toBe(false);
    expect(socket.writableLength).toBe(BULK + 2);
    socket.end();
    const text = await readAll(peer);
    expect(text.length).toBe(BULK + 2);
    expect(text.endsWith('xyz')).toBe(true);
    await diary.until('finish');
    expect(taken).toBe(3);
    expect(socket).toMatchObject({ writableLength: 0, writableFinished: true });
    // Node tells of no drain once the end was asked for.
    expect(diary.lines).toEqual(['finish']);
  });

  test('keeps the order of many small writes', async () => {
    const { socket, peer } = await open(kind);
    let expected = '';
    for (let i = 0; i < 200; i++) {
      const text = `${i}\u00e9,`;
      expected += text;
      if (i % 3 === 0) socket.write(Buffer.from(text, 'latin1'));
      else socket.write(text, 'latin1');
      if (i % 50 === 0) await turns(1);
    }
    socket.end();
    expect(await readAll(peer)).toBe(expected);
  });

  test('tells the drain after a refusal', async () => {
    const { diary, socket, peer } = await open(kind);
    let isTaken = false;
    expect(
      socket.write('z'.repeat(BULK), 'latin1', () => {
        isTaken = true;
      }),
    ).toBe(false);
    peer.resume();
    await diary.until('drain');
    expect(socket.writableLength).toBe(0);
    await turns(1);
    expect(isTaken).toBe(true);
    expect(diary.lines).toEqual(['drain']);
  });

  test('may write more when it hears of the drain, and end', async () => {
    const { socket, peer } = await open(kind);
    socket.once('drain', () => {
      socket.write('and more', 'latin1');
      socket.end();
    });
    socket.write(Buffer.alloc(100_000, 'x'));
    expect((await readAll(peer)).slice(-9)).toBe('xand more');
  });

  test('may end when it hears of the drain', async () => {
    const { diary, socket, peer } = await open(kind);
    socket.once('drain', () => socket.end());
    socket.write(Buffer.alloc(100_000, 'x'));
    expect((await readAll(peer)).length).toBe(100_000);
    await diary.until('finish');
    expect(diary.lines).toEqual(['drain', 'finish']);
  });

  test('writes nothing when there is nothing to write', async () => {
    const { socket, peer } = await open(kind);
    const told = new Promise<void>((resolve) => socket.write(Buffer.alloc(0), resolve));
    socket.write('', 'latin1');
    socket.write('a', 'latin1');
    await told;
    socket.end();
    expect(await readAll(peer)).toBe('a');
  });

  test('reads nothing while it is paused, not even the end', async () => {
    const reading = collector(Buffer.alloc(16));
    const { diary, socket, peer } = await open(kind, { reading });
    socket.pause();
    expect(socket.isPaused()).toBe(true);
    peer.end('late');
    await once(peer, 'finish');
    await turns();
    expect(reading.text()).toBe('');
    expect(diary.lines).toEqual([]);
    socket.resume();
    expect(socket.isPaused()).toBe(false);
    await diary.until('end');
    expect(reading.text()).toBe('late');
  });

  test('lets its peer feel a pause', async () => {
    const { socket, peer } = await open(kind);
    socket.pause();
    let isAll = false;
    peer.write(Buffer.alloc(4 * BULK), () => {
      isAll = true;
    });
    await turns(50);
    expect(isAll).toBe(false);
    socket.resume();
    await vi.waitFor(() => expect(isAll).toBe(true), { timeout: 20_000 });
  });

  test('reads into the buffer that the reader names', async () => {
    const buffers: Buffer[] = [];
    const second = Buffer.alloc(4);
    const slot = new ReaderSlot({
      nextBuffer: () => second,
      onRead: (buffer) => void buffers.push(buffer),
    });
    const first = Buffer.alloc(2);
    const { diary, peer } = await open(kind, { reading: { slot, first } });
    peer.end('abcdefgh');
    await diary.until('end');
    expect(buffers[0]).toBe(first);
    expect(buffers.slice(1).every((buffer) => buffer === second)).toBe(true);
    expect(first.toString('latin1')).toBe('ab');
    expect(second.toString('latin1')).toContain('gh');
  });

  test('may be destroyed by its reader; what else was read is not told', async () => {
    const reading = collector(Buffer.alloc(1), () => socket.destroy());
    const { diary, socket, peer } = await open(kind, { reading });
    peer.write('many bytes');
    await diary.until('close');
    expect(reading.text()).toBe('m');
    expect(diary.lines).toEqual(['close']);
  });

  test('may be destroyed, and written to, as soon as the handshake is done', async () => {
    for (const greeting of ['', 'hello']) {
      const server = await Server.start();
      const peer = tls.connect({ port: server.port, ca: authority.ca, servername: 'a.test' });
      peer.on('error', () => {});
      closers.push(() => peer.destroy());
      const text = readAll(peer).catch(() => '');
      const diary = wrap(kind, await server.next(), collector(Buffer.alloc(16)), both);
      diary.socket.once('secure', () => {
        if (greeting === '') diary.socket.destroy();
        else diary.socket.write(greeting, 'latin1');
        diary.socket.end();
      });
      expect(await text).toBe(greeting);
      peer.destroy();
      await diary.until('close');
      expect(diary.lines[0]).toBe('secure');
    }
  });

  test('tells the writers of what will never leave', async () => {
    const { diary, socket } = await open(kind);
    let told = 0;
    const taken = new Promise<void>((resolve) => {
      socket.write(Buffer.alloc(BULK), () => told++);
      socket.write('behind it', 'latin1', () => told++);
      socket.write(Buffer.alloc(10), () => {
        told++;
        resolve();
      });
    });
    socket.destroy();
    await taken;
    expect(told).toBe(3);
    await diary.until('close');
    expect(diary.lines).toEqual(['close']);
    expect(socket.write('more', 'latin1')).toBe(false);
    expect(socket.writable).toBe(false);
  });

  test('tells a reset by its peer', async () => {
    const { relay, diary, socket } = await openThrough(kind);
    relay.reset();
    await diary.until('close');
    expect(diary.lines).toEqual(['error ECONNRESET', 'close']);
    expect(socket).toMatchObject({ destroyed: true, readableEnded: false });
  });

  test('lets what was written leave before it is destroyed soon', async () => {
    const { diary, socket, peer } = await open(kind);
    socket.write('w'.repeat(BULK), 'latin1');
    socket.destroySoon();
    expect(socket.destroyed).toBe(false);
    expect((await readAll(peer)).length).toBe(BULK);
    await diary.until('close');
    expect(diary.lines).toEqual(['finish', 'close']);
  });

  test('fails with the error that it is destroyed with', async () => {
    const { diary, socket } = await open(kind);
    socket.destroy(Object.assign(new Error('no more'), { code: 'E_ENOUGH' }));
    socket.destroy();
    await diary.until('close');
    expect(diary.lines).toEqual(['error E_ENOUGH', 'close']);
  });

  test('fails with the code of OpenSSL where there is no TLS, and answers with an alert', async () => {
    const server = await Server.start();
    const peer = net.connect(server.port, '127.0.0.1');
    closers.push(() => peer.destroy());
    peer.write(`GET / HTTP/1.1\r\n\r\n${'x'.repeat(200)}`);
    const diary = wrap(kind, await server.next(), collector(Buffer.alloc(16)), both);
    const codes: (string | undefined)[] = [];
    diary.socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code));
    const chunks: Buffer[] = [];
    peer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
    await Promise.all([diary.until('close'), once(peer, 'close')]);
    // HTTP is closed without a word.
    expect(Buffer.concat(chunks).length).toBeLessThanOrEqual(7);
    expect(diary.lines).not.toContain('secure');
    expect(codes).toEqual(['ERR_SSL_HTTP_REQUEST']);
  });

  test('ends when its peer does so in the middle of the handshake', async () => {
    const server = await Server.start();
    const peer = net.connect(server.port, '127.0.0.1');
    closers.push(() => peer.destroy());
    peer.end(Buffer.from([22, 3, 1, 0, 200, 1]));
    const diary = wrap(kind, await server.next(), collector(Buffer.alloc(16)), both);
    await diary.until('end');
    expect(diary.lines).toEqual(['end']);
    diary.socket.destroy();
    await diary.until('close');
  });

  test('fails with the same code when a record was forged', async () => {
    const { relay, diary } = await openThrough(kind);
    relay.inject(Buffer.from([23, 3, 3, 0, 32, ...Array.from({ length: 32 }, () => 1)]));
    await diary.until('close');
    expect(diary.lines[0]).toMatch(/^error ERR_SSL_.*BAD_RECORD_MAC/);
    expect(diary.lines.at(-1)).toBe('close');
  });

  test('says close_notify before its FIN, and takes that of its peer for the end', async () => {
    const { relay, diary, socket, peer } = await openThrough(kind, 'TLSv1.2');
    socket.write('the last word', 'latin1');
    socket.end();
    peer.on('data', () => {});
    await relay.serverEnded;
    const last = relay.recordTypes().at(-1);
    expect(last).toBe(21);
    peer.end();
    await diary.until('close');
    expect(diary.lines).toEqual(expect.arrayContaining(['end', 'finish', 'close']));
  });

  test('an end that comes without close_notify is an end', async () => {
    const { relay, diary } = await openThrough(kind);
    relay.endClient();
    await diary.until('end');
    expect(diary.lines).toEqual(['end']);
  });

  test('stays when garbage is collected, and is gone afterwards', async () => {
    v8.setFlagsFromString('--expose-gc');
    const collect = vm.runInNewContext('gc') as () => void;
    const reading = collector(Buffer.alloc(16));
    const { diary, peer } = await open(kind, { reading });
    for (let i = 0; i < 3; i++) {
      collect();
      await turns();
    }
    peer.end('still there');
    await diary.until('end');
    expect(reading.text()).toBe('still there');
    diary.socket.destroy();
    await diary.until('close');
    collect();
    await turns();
  });

  test('is asked nothing of OpenSSL once it is gone', async () => {
    const { diary, socket } = await open(kind);
    socket.destroy();
    await diary.until('close');
    await turns();
    socket.pause();
    socket.resume();
    socket.end();
    expect(socket.getX509Certificate()).toBeUndefined();
    expect(socket.getPeerX509Certificate()).toBeUndefined();
    expect(queuedBytes(socket)).toBe(0);
    expect(socket.localAddress).toBeUndefined();
    expect(diary.lines).toEqual(['close']);
  });
});

test('a raw socket that is reset with a write under way, a hundred times: the peer sees no end', async () => {
  for (let i = 0; i < 100; i++) {
    const { diary, socket, peer } = await open('raw');
    let length = 0;
    peer.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    socket.write(Buffer.alloc(BULK));
    socket.write('behind it', 'latin1');
    (socket as RawTlsSocket).resetAndDestroy();
    await diary.until('close');
    await new Promise((resolve) => peer.once('end', resolve).once('close', resolve));
    expect(length).toBeLessThan(BULK);
    for (const close of closers.splice(0)) close();
  }
});

test('a raw socket goes on with what was read before there was TLS', async () => {
  const server = await Server.start();
  const peer = tls.connect({
    port: server.port,
    host: '127.0.0.1',
    ca: authority.ca,
    servername: 'b.test',
  });
  peer.on('error', () => {});
  closers.push(() => peer.destroy());
  peer.write('hello');
  const accepted = await server.next();
  let before: ByteSocket | undefined;
  const hello = await new Promise<Buffer>((resolve) => {
    const slot = new ReaderSlot({
      nextBuffer: () => undefined,
      onRead: (buffer, length) => {
        plain.pause();
        resolve(Buffer.from(buffer.subarray(0, length)));
      },
    });
    // Less than the ClientHello: the rest comes from the kernel.
    const plain = accepted.open(slot, Buffer.alloc(100));
    before = plain;
    plain.resume();
  });
  const reading = collector(Buffer.alloc(16));
  const socket = putTlsOn(before!, reading.slot, reading.first, both, hello);
  expect(socket).toBeInstanceOf(RawTlsSocket);
  closers.push(() => socket.destroy());
  const diary = new Diary(socket);
  await diary.until('secure');
  expect(socket.servername).toBe('b.test');
  peer.end();
  await diary.until('end');
  expect(reading.text()).toBe('hello');
});

test('a raw socket that was told to end, and is reset while it still writes: the peer sees no end', async () => {
  const { relay, diary, socket } = await openThrough('raw');
  socket.write(Buffer.alloc(BULK));
  socket.write('behind it', 'latin1');
  socket.end();
  resetSocket(socket);
  await diary.until('close');
  expect(diary.lines).toEqual(['close']);
  expect(await relay.serverClosed).toBe('reset');
});

test('a raw socket that has said all is not reset any more: its peer gets it whole', async () => {
  const { relay, diary, socket, peer } = await openThrough('raw');
  const text = readAll(peer);
  socket.write('all of it', 'latin1');
  socket.end();
  await diary.until('finish');
  resetSocket(socket);
  await diary.until('close');
  expect(await text).toBe('all of it');
  expect(await relay.serverClosed).toBe('ended');
});

test('a raw socket that is not read finds out by a write of nothing that its peer has gone', async () => {
  const { relay, diary, socket } = await openThrough('raw');
  socket.pause();
  let told = 0;
  socket.write('', 'latin1', () => told++);
  await turns();
  expect(told).toBe(1);
  expect(diary.lines).toEqual([]);
  relay.reset();
  while (!socket.destroyed) {
    socket.write('', 'latin1', () => told++);
    await turns(1);
  }
  await diary.until('close');
  expect(diary.lines).toEqual(['error ENOTCONN', 'close']);
});

test('a raw socket bears a client that wants to renegotiate three times, and no more', async () => {
  const server = await Server.start();
  const peer = tls.connect({ port: server.port, ca: authority.ca, servername: 'a.test' });
  closers.push(() => peer.destroy());
  peer.on('error', () => {});
  const accepted = await server.next();
  // Clients at hand give up after the first refusal, so it is said in OpenSSL's place.
  const { TLSWrap } = (process as unknown as Bindings).binding('tls_wrap');
  const spy = vi.spyOn(TLSWrap.prototype, 'useUserBuffer');
  const diary = wrap('raw', accepted, collector(Buffer.alloc(16)), both);
  const handle = spy.mock.contexts.at(-1) as { onhandshakestart(): void };
  spy.mockRestore();
  await diary.until('secure');
  for (let i = 0; i < 3; i++) handle.onhandshakestart();
  expect(diary.socket.destroyed).toBe(false);
  handle.onhandshakestart();
  expect(diary.socket.destroyed).toBe(true);
  await diary.until('close');
});

interface Bindings {
  binding(name: 'tls_wrap'): { TLSWrap: { prototype: { useUserBuffer(buffer: Buffer): void } } };
}

function hasPeer(socket: net.Socket): boolean {
  const { _handle } = socket as unknown as { _handle: { getpeername(out: object): number } };
  return _handle.getpeername({}) === 0;
}

/** A connection whose bytes on the wire can be seen, and added to. */
async function openThrough(kind: Kind, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3') {
  const server = await Server.start();
  const seen: Buffer[] = [];
  let lower: net.Socket | undefined;
  let serverEnded: Promise<unknown> = Promise.resolve();
  let serverClosed: Promise<string> = Promise.resolve('');
  const between = net.createServer({ allowHalfOpen: true }, (client) => {
    const raw = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    lower = raw;
    serverEnded = new Promise((resolve) => raw.once('end', resolve));
    serverClosed = new Promise((resolve) => {
      // libuv tells of a reset that comes right behind bytes as an end, but then there is no peer any more.
      raw.once('error', () => resolve('reset'));
      raw.once('end', () => resolve(hasPeer(raw) ? 'ended' : 'reset'));
    });
    raw.on('data', (chunk: Buffer) => seen.push(chunk));
    client.pipe(raw);
    raw.pipe(client);
    for (const socket of [raw, client]) {
      socket.on('error', () => {});
      closers.push(() => socket.destroy());
    }
  });
  between.listen(0, '127.0.0.1');
  closers.push(() => between.close());
  await once(between, 'listening');
  const peer = tls.connect({
    port: (between.address() as net.AddressInfo).port,
    host: '127.0.0.1',
    ca: authority.ca,
    servername: 'a.test',
    allowHalfOpen: true,
    maxVersion,
  } as tls.ConnectionOptions);
  peer.on('error', () => {});
  closers.push(() => peer.destroy());
  // The server's last words of the handshake: a reset that meets them is taken for an end.
  const ready = once(peer, maxVersion === 'TLSv1.3' ? 'session' : 'secureConnect');
  const diary = wrap(kind, await server.next(), collector(Buffer.alloc(16)), both);
  await Promise.all([diary.until('secure'), ready]);
  diary.lines.length = 0;
  const relay = {
    serverEnded,
    /** How the server's side has ended. */
    serverClosed,
    inject: (bytes: Buffer) => lower!.write(bytes),
    endClient: () => lower!.end(),
    reset: () => lower!.resetAndDestroy(),
    /** Of what the server has sent. */
    recordTypes(): number[] {
      const bytes = Buffer.concat(seen);
      const types: number[] = [];
      for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
        types.push(bytes[at]!);
      }
      return types;
    },
  };
  return { relay, diary, socket: diary.socket as SecureSocket, peer };
}
