// Resets a stream of HTTP/2 so that the peer can tell a part from the whole.
import type { Http2Stream } from 'node:http2';

/** What of a writable stream its implementation may replace. */
interface Finisher {
  _final(callback: (error?: Error | null) => void): void;
}

/**
 * Sends RST_STREAM. node:http2 ends the writing side before it resets, and that end (END_STREAM, or trailers) would leave first:
 * what was cut would look complete. So the end is taken out. And it looks, a tick after each write, whether that was the last one, to
 * end the stream along with it: so the reset comes behind that look.
 */
export function resetStream(stream: Http2Stream, code: number): void {
  if (stream.destroyed) return;
  (stream as unknown as Finisher)._final = (callback) => callback();
  process.nextTick(closeNow, stream, code);
}

function closeNow(stream: Http2Stream, code: number): void {
  if (stream.destroyed) return;
  // The peer has reset it, or it was reset before: nghttp2 has nothing to send for it any more.
  if (stream.closed) stream.destroy();
  else stream.close(code);
}
