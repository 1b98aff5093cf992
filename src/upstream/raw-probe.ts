// Finds out once whether connections can do without Node's streams on this version of it.
import { probeOverLoopback } from './loopback-probe.js';
import { hasNativeTcp, RawSocket } from './raw-socket.js';
import { ReaderSlot } from './socket-reader.js';

/** More than the kernel takes at once, so that a write is seen to wait. */
const BULK_BYTES = 8 * 1024 * 1024;

let works = false;
let probing: Promise<boolean> | undefined;

/** Whether the probe has been made and went well. */
export function canUseRaw(): boolean {
  return works;
}

/** Makes the probe, over loopback, at the first call. Until then, and where it fails, connections are Node's sockets. */
export function probeRaw(): Promise<boolean> {
  probing ??= (
    hasNativeTcp() ? probeOverLoopback(() => ({ serve, converse })) : Promise.resolve(false)
  ).then((result) => {
    works = result;
    return result;
  });
  return probing;
}

/** Answers the first bytes with bulk and ends; its own end must be the last that it hears of. */
function serve(handle: object, failed: () => void): RawSocket {
  let text = '';
  const slot = new ReaderSlot({
    nextBuffer: () => undefined,
    onRead: (buffer, length) => {
      text += buffer.toString('latin1', 0, length);
      if (text !== 'ping') return;
      const isTaken = socket.write(Buffer.alloc(BULK_BYTES));
      if (isTaken || socket.writableLength === 0) failed();
      socket.on('drain', () => socket.end());
    },
  });
  const socket = new RawSocket(handle, slot, Buffer.allocUnsafeSlow(16));
  socket.on('error', failed);
  socket.resume();
  return socket;
}

function converse(port: number, finish: (works: boolean) => void): RawSocket {
  let length = 0;
  const slot = new ReaderSlot({
    nextBuffer: () => undefined,
    onRead: (_buffer, read) => {
      length += read;
    },
  });
  const socket = RawSocket.dial('127.0.0.1', port, slot, Buffer.allocUnsafeSlow(65_536));
  socket.on('connect', () => socket.write('ping', 'latin1'));
  socket.on('end', () => socket.end());
  socket.on('error', () => finish(false));
  socket.on('close', () => finish(length === BULK_BYTES && socket.readableEnded));
  return socket;
}
