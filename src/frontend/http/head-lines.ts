// Header lines that the forwarder adds, as bytes made once.

/** Lines that frame a message or speak of the connection, for `appendLines`. */
export const HeadLines: Readonly<Record<'chunked' | 'close' | 'keepAlive' | 'te', Buffer>> = {
  chunked: line('Transfer-Encoding: chunked'),
  close: line('Connection: close'),
  keepAlive: line('Connection: keep-alive'),
  te: line('Connection: TE'),
};

/** Header lines as bytes, each with its CRLF. */
export function line(...lines: string[]): Buffer {
  return Buffer.from(lines.map((text) => `${text}\r\n`).join(''), 'latin1');
}
