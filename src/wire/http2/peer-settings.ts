// What the peer says of itself in SETTINGS (RFC 9113 6.5.2).
import { ErrorCode, type ErrorCodeValue, INITIAL_WINDOW, MAX_WINDOW } from './frame.js';

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const SMALLEST_MAX_FRAME = 16_384;
const LARGEST_MAX_FRAME = 16_777_215;
/** Bytes of one setting. */
export const SETTING_BYTES = 6;

/** The settings that the writing side follows. Frames are never longer than every peer must take. */
export class PeerSettings {
  /** Bytes of its table of HPACK. */
  tableBytes = 4096;
  /** The smallest that it was since before the last frame: what is larger was dropped meanwhile (RFC 7541 4.2). */
  smallestTableBytes = 4096;
  /** Window of a new stream. */
  initialWindow: number = INITIAL_WINDOW;

  /** Takes the payload of a frame, whose length was looked at: what is wrong with it, 0 = nothing. */
  read(bytes: Uint8Array, from: number, to: number): ErrorCodeValue | 0 {
    this.smallestTableBytes = this.tableBytes;
    for (let at = from; at < to; at += SETTING_BYTES) {
      const id = (bytes[at]! << 8) | bytes[at + 1]!;
      const value = uint32(bytes, at + 2);
      if (id === HEADER_TABLE_SIZE) {
        this.tableBytes = value;
        this.smallestTableBytes = Math.min(this.smallestTableBytes, value);
      } else if (id === ENABLE_PUSH) {
        if (value > 1) return ErrorCode.protocolError;
      } else if (id === INITIAL_WINDOW_SIZE) {
        if (value > MAX_WINDOW) return ErrorCode.flowControlError;
        this.initialWindow = value;
      } else if (id === MAX_FRAME_SIZE) {
        if (value < SMALLEST_MAX_FRAME || value > LARGEST_MAX_FRAME) return ErrorCode.protocolError;
      }
    }
    return 0;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
