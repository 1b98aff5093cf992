// What a frontend tells node:http2 of its limits.
import type { ServerSessionOptions } from 'node:http2';
import type { HttpSettings } from '../http/http-settings.js';

/** Longest list of header fields that nghttp2 takes whatever is announced, and what is announced, bytes. */
const HEADER_LIST_BYTES = 65_536;
/** Pairs beyond the limit of header lines that are read, so that they can be answered 431: pseudo-headers, pieces of Cookie. */
const SPARE_PAIRS = 64;

/** What one stream may hold: a piece of its answer, and its window full of request, bytes. */
const STREAM_BYTES = 2 * 65_536;

/** Options of a client's session. What goes beyond them costs the client its stream or its connection, without an answer. */
export function sessionOptions(settings: HttpSettings): ServerSessionOptions {
  return {
    maxHeaderListPairs: settings.limits.headers + SPARE_PAIRS,
    // Frames that are malformed, DATA frames without data among them.
    maxSessionInvalidFrames: 100,
    // Streams opened beyond maxConcurrentStreams before the client knew of it.
    maxSessionRejectedStreams: 100,
    maxSettings: 32,
    // Megabytes: all streams at their fullest, and as much as node:http2 gives for the rest.
    maxSessionMemory: 10 + Math.ceil((settings.maxConcurrentStreams * STREAM_BYTES) / 1e6),
    settings: {
      maxConcurrentStreams: settings.maxConcurrentStreams,
      maxHeaderListSize: HEADER_LIST_BYTES,
      enablePush: false,
    },
  };
}
