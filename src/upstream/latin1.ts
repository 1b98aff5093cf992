// Bytes to text and back, one character per byte: the way every head and every small body is written.

/** What `buffer.toString('latin1')` and `buffer.write` end in; Node has it, the type definitions of Node 20 do not. */
interface Latin1Bytes {
  latin1Slice(from: number, to: number): string;
  latin1Write(text: string, at: number): number;
}

/** `bytes[from..to)` as latin1 text, without the detour over the encoding's name. */
export function latin1(bytes: Buffer, from: number, to: number): string {
  return (bytes as unknown as Latin1Bytes).latin1Slice(from, to);
}

/** Writes latin1 text at `at`; how many bytes that were: fewer than the text has when the room ends. */
export function writeLatin1(bytes: Buffer, text: string, at: number): number {
  return (bytes as unknown as Latin1Bytes).latin1Write(text, at);
}
