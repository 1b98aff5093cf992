// One short TCP conversation of a check: connect, say something, judge what comes back.
import { connect } from 'node:net';
import type { ProbeResult, ProbeTarget } from '../probe.js';
import { quote } from '../reason.js';

/** Bytes of an answer that a check looks at. */
export const MAX_ANSWER_BYTES: number = 64 * 1024;

/** What to say, and what to make of the answer. */
export interface Conversation {
  /** Sent as soon as the connection is there; absent = the server speaks first. */
  readonly opening?: Uint8Array | string;
  /** Sent, if it can be, before the connection is closed after a verdict. */
  readonly farewell?: Uint8Array | string;
  /**
   * Called with all bytes received so far, each time there are more.
   * Returns the verdict, a further thing to say (once per call), or undefined to wait for more bytes.
   */
  hear(received: Buffer): ProbeResult | Uint8Array | string | undefined;
}

/**
 * Holds a conversation on a connection of its own. Rejects with what went wrong with the connection,
 * and with the signal's reason when it aborts; the socket is gone by then.
 */
export function converse(
  target: ProbeTarget,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    const letGo = whenAborted(socket, signal, reject);
    let isDecided = false;
    const hear = (): ProbeResult | Uint8Array | string | undefined => {
      try {
        return conversation.hear(received);
      } catch {
        // Whatever a server sends, it must not take the process down.
        return failure('malformed answer');
      }
    };
    const decide = (result: ProbeResult): void => {
      if (isDecided) return;
      isDecided = true;
      letGo();
      resolve(result);
      socket.removeAllListeners('data').resume();
      if (conversation.farewell === undefined) socket.destroy();
      else socket.end(conversation.farewell, () => socket.destroy());
    };
    socket.on('connect', () => {
      if (conversation.opening !== undefined) socket.write(conversation.opening);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const next = hear();
      if (next === undefined) {
        if (received.length > MAX_ANSWER_BYTES) decide(failure('the answer is too long'));
      } else if (typeof next === 'string' || next instanceof Uint8Array) socket.write(next);
      else decide(next);
    });
    socket.on('end', () => decide(failure(describeEnd(received))));
    socket.on('error', (error) => {
      letGo();
      reject(error);
    });
  });
}

/** Destroys `socket` and rejects when `signal` aborts; returns how to stop waiting for it. */
export function whenAborted(
  socket: { destroy(): unknown },
  signal: AbortSignal,
  reject: (reason: unknown) => void,
): () => void {
  const onAbort = (): void => {
    socket.destroy();
    reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}

/** A bad result. */
export function failure(reason: string): ProbeResult {
  return { ok: false, reason };
}

/** A good result. */
export function success(reason: string): ProbeResult {
  return { ok: true, reason };
}

function describeEnd(received: Buffer): string {
  if (received.length === 0) return 'connection closed without an answer';
  return `connection closed after ${quote(received)}`;
}
