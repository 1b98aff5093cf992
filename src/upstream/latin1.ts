// Bytes to text, one character per byte: the way every head and every small body is written.

/** What `buffer.toString('latin1')` ends in; Node has it, the type definitions of Node 20 do not. */
interface Latin1Slicer {
  latin1Slice(from: number, to: number): string;
}

/** `bytes[from..to)` as latin1 text, without the detour over the encoding's name. */
export function latin1(bytes: Buffer, from: number, to: number): string {
  return (bytes as unknown as Latin1Slicer).latin1Slice(from, to);
}
