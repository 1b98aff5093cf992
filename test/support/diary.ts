// What happens to one connection of the data plane, noted for a test.
import type { ByteSocket } from '../../src/upstream/byte-socket.js';
import { ReaderSlot } from '../../src/upstream/socket-reader.js';

/** What happened to a connection, in order. */
export class Diary {
  readonly socket: ByteSocket;
  readonly lines: string[] = [];
  readonly #wakers: (() => void)[] = [];

  constructor(socket: ByteSocket) {
    this.socket = socket;
    for (const event of ['connect', 'secure', 'end', 'drain', 'finish', 'close']) {
      socket.on(event, () => this.note(event));
    }
    socket.on('error', (error: NodeJS.ErrnoException) => this.note(`error ${error.code}`));
  }

  note(line: string): void {
    this.lines.push(line);
    for (const wake of this.#wakers.splice(0)) wake();
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
  }
}

/** What a socket is opened with. */
export interface Reading {
  readonly slot: ReaderSlot;
  readonly first: Buffer;
}

/** Collects what a socket reads. */
export function collector(
  first: Buffer,
  onRead?: (text: string) => void,
): Reading & { readonly text: () => string } {
  const texts: string[] = [];
  const slot = new ReaderSlot({
    nextBuffer: () => undefined,
    onRead: (buffer, length) => {
      const text = buffer.toString('latin1', 0, length);
      texts.push(text);
      onRead?.(text);
    },
  });
  return { slot, first, text: () => texts.join('') };
}
