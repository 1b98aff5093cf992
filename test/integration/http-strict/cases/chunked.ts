// Chunked bodies and the verdict on each: shared by the unit tests and, in both directions, by the live suite.

/** A chunked body as it stands on the wire; bytes as latin1. */
export interface ChunkedCase {
  readonly name: string;
  readonly bytes: string;
  /** What is forwarded of it; undefined = refused. */
  readonly forwarded?: string;
}

const cases: ChunkedCase[] = [];

function good(name: string, bytes: string, forwarded: string = bytes): void {
  cases.push({ name, bytes, forwarded });
}

function bad(name: string, bytes: string): void {
  cases.push({ name, bytes });
}

const END = '0\r\n\r\n';
const PLAIN = `5\r\nhello\r\n${END}`;

good('no data', END);
good('one chunk', PLAIN);
good('two chunks', `5\r\nhello\r\n6\r\n world\r\n${END}`);
good('capital hexadecimal', `A\r\n0123456789\r\n${END}`);
good('small hexadecimal', `a\r\n0123456789\r\n${END}`);
good('leading zeros', `0005\r\nhello\r\n${END}`);
good('a last chunk of several zeros', '5\r\nhello\r\n000\r\n\r\n');
good('a size of 16 digits', `0000000000000005\r\nhello\r\n${END}`);
good('data that looks like the end', `9\r\n0\r\n\r\nGET \r\n${END}`);
good('a chunk of 4000 bytes', `fa0\r\n${'x'.repeat(4000)}\r\n${END}`);
good('an extension', `5;a=b\r\nhello\r\n${END}`, PLAIN);
good('an extension without a value', `5;a\r\nhello\r\n${END}`, PLAIN);
good('a quoted extension', `5;a="b;c"\r\nhello\r\n${END}`, PLAIN);
good('an extension of the last chunk', '5\r\nhello\r\n0;last\r\n\r\n', PLAIN);
good('an extension of 256 bytes', `5;${'a'.repeat(255)}\r\nhello\r\n${END}`, PLAIN);
good(
  'extensions of several chunks',
  `2;a\r\nhe\r\n3;b\r\nllo\r\n${END}`,
  `2\r\nhe\r\n3\r\nllo\r\n${END}`,
);
good('a trailer', '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n');
good('two trailers', '0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n');
for (const name of [
  'Transfer-Encoding',
  'Content-Length',
  'Host',
  'Connection',
  'Trailer',
  'TE',
  'Upgrade',
  'Keep-Alive',
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'Cache-Control',
  'Expect',
  'Max-Forwards',
  'Range',
  'If-Match',
  'Content-Encoding',
  'Content-Type',
  'Content-Range',
  'Location',
  'Date',
  'Vary',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'Forwarded',
  'x_forwarded_for',
  'content_length',
])
  good(
    `the trailer ${name} is dropped`,
    `0\r\n${name}: 5\r\nX-Sum: 1\r\n\r\n`,
    '0\r\nX-Sum: 1\r\n\r\n',
  );
good('a forbidden trailer alone', '0\r\ncontent-length: 5\r\n\r\n', END);
good(
  'an extension and a trailer',
  '5;x\r\nhello\r\n0;y\r\nX-Sum: 1\r\nhost: b\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
);

bad('an empty size', `\r\nhello\r\n${END}`);
bad('an empty size with an extension', `;a\r\nhello\r\n${END}`);
for (const size of [
  '+5',
  '-5',
  '0x5',
  '0X5',
  ' 5',
  '\t5',
  '5 ',
  '5\t',
  '5 ;a',
  '5h',
  'g',
  '5.',
  '5,',
  '5_0',
  '"5"',
  '\x005',
  '5\0',
  '5\x0b',
  '\x0b5',
  '\xa05',
  '5\x7f',
  '5:',
  '\n5',
  '5\x80',
])
  bad(`the size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n${END}`);
bad('a size of 17 digits', `00000000000000005\r\nhello\r\n${END}`);
bad('a size above 2^53-1', `20000000000000\r\nhello\r\n${END}`);
bad('a size of 2^64+5', `10000000000000005\r\nhello\r\n${END}`);
bad('a size of 2^64-1', `ffffffffffffffff\r\nhello\r\n${END}`);
bad('a size of 2^32+5 in the wrong place', `100000005g\r\nhello\r\n${END}`);
bad('a size that ends in LF', `5\nhello\r\n${END}`);
bad('a size that ends in CR', `5\rhello\r\n${END}`);
bad('a size that ends in CR CR LF', `5\r\r\nhello\r\n${END}`);
bad('a size that ends in LF CR', `5\n\rhello\r\n${END}`);
bad('data longer than its size', `4\r\nhello\r\n${END}`);
bad('data shorter than its size', `6\r\nhello\r\n${END}`);
bad('data without CRLF', `5\r\nhello${END}`);
bad('data that ends in LF', `5\r\nhello\n${END}`);
bad('data that ends in CR', `5\r\nhello\r${END}`);
bad('data that ends in other bytes', `5\r\nhelloXX${END}`);
bad('data that ends in one other byte and LF', `5\r\nhelloX\n${END}`);
bad('data that ends in CR and another byte', `5\r\nhello\rX${END}`);
bad('data that ends in LF CR', `5\r\nhello\n\r${END}`);
bad('the last chunk ends in LF', '5\r\nhello\r\n0\n\r\n');
bad('the last chunk ends in LF LF', '5\r\nhello\r\n0\n\n');
bad('the body ends in LF', '5\r\nhello\r\n0\r\n\n');
bad('the body ends in CR and another byte', '5\r\nhello\r\n0\r\n\rX');
bad('an extension of 257 bytes', `5;${'a'.repeat(256)}\r\nhello\r\n${END}`);
bad('an extension that ends in LF', `5;a\nhello\r\n${END}`);
bad('an extension that ends in CR', `5;a\rhello\r\n${END}`);
bad('an empty extension that ends in LF', `5;\nhello\r\n${END}`);
bad('a quoted LF in an extension', `5;a="\n"\r\nhello\r\n${END}`);
bad('NUL in an extension', `5;a\0\r\nhello\r\n${END}`);
bad('a control character in an extension', `5;a\x01\r\nhello\r\n${END}`);
bad('DEL in an extension', `5;a\x7f\r\nhello\r\n${END}`);
bad('an extension of the last chunk that ends in LF', '5\r\nhello\r\n0;a\n\r\n');
bad('17 KiB of extensions', `${`1;${'a'.repeat(250)}\r\nx\r\n`.repeat(70)}${END}`);
bad('a trailer without a colon', '0\r\nX\r\n\r\n');
bad('a trailer with a blank before the colon', '0\r\nX : 1\r\n\r\n');
bad('a trailer without a name', '0\r\n: 1\r\n\r\n');
bad('a folded trailer', '0\r\nX: 1\r\n 2\r\n\r\n');
bad('a blank first', '0\r\n X: 1\r\n\r\n');
bad('a trailer that ends in LF', '0\r\nX: 1\n\r\n');
bad('a trailer that ends in CR', '0\r\nX: 1\rY: 2\r\n\r\n');
bad('a trailer that ends in CR CR LF', '0\r\nX: 1\r\r\n\r\n');
bad('NUL in a trailer', '0\r\nX: \0\r\n\r\n');
bad('a control character in a trailer name', '0\r\nX\x01: 1\r\n\r\n');
bad('a request line among the trailers', '0\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n');
bad('trailers that end in LF', '0\r\nX: 1\r\n\n');
bad('9 KB of trailers', `0\r\n${`X: ${'a'.repeat(200)}\r\n`.repeat(45)}\r\n`);
bad('65 trailers', `0\r\n${'X: 1\r\n'.repeat(65)}\r\n`);

/** Chunked bodies, each whole, and what is forwarded of them. */
export const CHUNKED_CASES: readonly ChunkedCase[] = cases;
