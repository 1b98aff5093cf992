// Frames on their way to a socket: what waits is counted, and nothing is written behind the end.
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { FrameOutput } from '../../../../src/frontend/http2/frame-output.js';
import type { ByteSocket } from '../../../../src/upstream/byte-socket.js';

/** A socket that takes nothing until it is told to. */
class SlowSocket extends EventEmitter {
  writable = true;
  writableLength = 0;
  /** What it knows of in the kernel's queue: of one write only, as with TLS. */
  queuedBytes = 0;
  written = 0;

  write(data: string | Uint8Array): boolean {
    if (!this.writable) throw new Error('a write behind the end');
    this.written += data.length;
    this.writableLength += data.length;
    this.queuedBytes = data.length;
    return false;
  }

  drain(): void {
    this.writableLength = 0;
    this.queuedBytes = 0;
    this.emit('drain');
  }
}

function open(): { socket: SlowSocket; output: FrameOutput; unblocked: () => number } {
  const socket = new SlowSocket();
  let unblocked = 0;
  const owner = { onUnblocked: () => void unblocked++ };
  const output = new FrameOutput(socket as unknown as ByteSocket, owner);
  return { socket, output, unblocked: () => unblocked };
}

const PAYLOAD = Buffer.alloc(8);
const PING_BYTES = 17;

describe('FrameOutput', () => {
  test('counts what waits in the socket, also what the socket has not begun with', () => {
    const { output, socket, unblocked } = open();
    for (let i = 0; i < 10; i++) {
      output.ping(true, PAYLOAD, 0);
      output.flush();
    }
    expect(output.queuedBytes).toBe(10 * PING_BYTES);
    expect(output.isBlocked).toBe(true);
    socket.drain();
    expect(output.queuedBytes).toBe(0);
    expect(output.takenBytes).toBe(10 * PING_BYTES);
    expect(unblocked()).toBe(1);
  });

  test('takes no more for taken than was taken, where the socket does not know what waits', () => {
    const { output, socket } = open();
    output.ping(true, PAYLOAD, 0);
    output.flush();
    socket.queuedBytes = Number.POSITIVE_INFINITY;
    expect(output.takenBytes).toBe(0);
    expect(output.queuedBytes).toBe(PING_BYTES);
  });

  test('writes nothing to a socket that has ended', () => {
    const { output, socket } = open();
    output.settingsAck();
    socket.writable = false;
    output.flush();
    expect(socket.written).toBe(0);
    expect(output.queuedBytes).toBe(0);
  });
});
