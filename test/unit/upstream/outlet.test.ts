import type net from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Outlet } from '../../../src/upstream/outlet.js';
import { sharedBytes, sharedReadBuffer } from '../../../src/upstream/read-buffers.js';

/** A socket whose peer reads when told. */
class FakeSocket extends Writable {
  readonly written: Buffer[] = [];
  isReading = true;
  paused = 0;
  #pending: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 16_384, decodeStrings: true });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // The bytes leave when the peer reads: until then whoever changes the buffer corrupts them.
    const leave = (): void => {
      this.written.push(Buffer.from(chunk));
      done();
    };
    if (this.isReading) leave();
    else this.#pending = leave;
  }

  async read(): Promise<void> {
    this.isReading = true;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  pause(): this {
    this.paused++;
    return this;
  }

  resume(): this {
    this.paused--;
    return this;
  }
}

function setUp(): { to: FakeSocket; from: FakeSocket; outlet: Outlet; log: string[] } {
  const to = new FakeSocket();
  const from = new FakeSocket();
  const log: string[] = [];
  const outlet = new Outlet(to as unknown as net.Socket, {
    onBlocked: () => log.push('blocked'),
    onUnblocked: () => log.push('unblocked'),
  });
  outlet.source = from as unknown as net.Socket;
  return { to, from, outlet, log };
}

describe('Outlet', () => {
  test('writes small pieces at once and as they were', () => {
    const { to, outlet, from } = setUp();
    sharedBytes.write('\xe4bc', 'latin1');
    outlet.send(sharedBytes, 0, 3);
    sharedBytes.fill('z', 0, 3);
    expect(Buffer.concat(to.written).toString('latin1')).toBe('\xe4bc');
    expect(from.paused).toBe(0);
    expect(outlet.readBuffer).toBeUndefined();
  });

  test('copies bulk out of the shared buffer, so that the next read cannot change it', async () => {
    const { to, outlet } = setUp();
    to.isReading = false;
    sharedReadBuffer.fill('a', 0, 30_000);
    outlet.send(sharedReadBuffer, 0, 30_000);
    sharedReadBuffer.fill('b', 0, 30_000);
    await to.read();
    expect(to.written[0]!.equals(Buffer.alloc(30_000, 'a'))).toBe(true);
  });

  test('offers a buffer of its own while bulk passes, and takes it back at the end', () => {
    const { outlet } = setUp();
    outlet.send(sharedReadBuffer, 0, 20_000);
    const own = outlet.readBuffer;
    expect(own).toBeDefined();
    outlet.send(own!, 0, 20_000);
    expect(outlet.readBuffer).toBe(own);
    outlet.endMessage();
    expect(outlet.readBuffer).toBeUndefined();
  });

  test('rests its source until the peer has read', async () => {
    const { to, from, outlet, log } = setUp();
    to.isReading = false;
    outlet.send(sharedReadBuffer, 0, 20_000);
    expect(outlet.isBlocked).toBe(true);
    expect(from.paused).toBe(1);
    await to.read();
    expect(outlet.isBlocked).toBe(false);
    expect(from.paused).toBe(0);
    expect(log).toEqual(['blocked', 'unblocked']);
  });

  test('goes on with a former source, and rests the new one, when it changes while blocked', async () => {
    const { to, from, outlet } = setUp();
    const next = new FakeSocket();
    to.isReading = false;
    outlet.send(sharedReadBuffer, 0, 20_000);
    outlet.source = next as unknown as net.Socket;
    expect(from.paused).toBe(0);
    expect(next.paused).toBe(1);
    await to.read();
    expect(next.paused).toBe(0);
  });

  test('keeps a buffer that is still being written when its message ends', async () => {
    const { to, outlet } = setUp();
    outlet.send(sharedReadBuffer, 0, 20_000);
    const own = outlet.readBuffer!;
    to.isReading = false;
    own.fill('c');
    outlet.send(own, 0, 40_000);
    outlet.endMessage();
    // The next message must not get the same buffer while the first is on its way.
    sharedReadBuffer.fill('d');
    outlet.send(sharedReadBuffer, 0, 20_000);
    await to.read();
    await to.read();
    expect(to.written[1]!.equals(Buffer.alloc(40_000, 'c'))).toBe(true);
    expect(to.written[2]!.equals(Buffer.alloc(20_000, 'd'))).toBe(true);
  });
});
