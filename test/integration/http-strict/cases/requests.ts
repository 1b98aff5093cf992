// Requests and the verdict on each: the parser's unit tests and the live suite share this table.

/** One request as it stands on the wire; bytes as latin1. */
export interface RequestCase {
  readonly name: string;
  readonly bytes: string;
  /** Status of the refusal; 0 = accepted. */
  readonly status: number;
}

const cases: RequestCase[] = [];
let group = '';

function request(name: string, bytes: string, status: number): void {
  cases.push({ name: `${group}: ${name}`, bytes, status });
}

/** A GET with more header lines; `lines` brings its own line ends. */
function get(name: string, lines: string, status: number): void {
  request(name, `GET /x HTTP/1.1\r\nHost: example.test\r\n${lines}\r\n`, status);
}

/** A POST whose header lines frame `body`. */
function post(name: string, lines: string, body: string, status: number): void {
  request(name, `POST /x HTTP/1.1\r\nHost: example.test\r\n${lines}\r\n${body}`, status);
}

function line(first: string, status: number, name: string = show(first)): void {
  request(name, `${first}\r\nHost: example.test\r\n\r\n`, status);
}

/** Makes bytes readable in a test's name. */
export function show(bytes: string): string {
  const text = JSON.stringify(bytes.length > 60 ? `${bytes.slice(0, 57)}...` : bytes);
  return text.replace(
    /[\x7f-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function byteName(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

const CONTROLS = [...Array(32).keys(), 127];
const CHUNKED_BODY = '5\r\nhello\r\n0\r\n\r\n';

group = 'request line';
for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', 'PROPFIND'])
  line(`${method} / HTTP/1.1`, 0);
line("!#$%&'*+-.^_`|~09azAZ / HTTP/1.1", 0, 'a method of every token character');
line(`${'M'.repeat(100)} / HTTP/1.1`, 0, 'a method of 100 letters');
for (const target of [
  '/',
  '/a/b?c=d',
  '//',
  '/?',
  '/%00',
  '/|{}^"<>\\`',
  '/~-._',
  "/:@!$&'()*+,;=",
  '/a//b/../c',
  '/?q=http://b/',
])
  line(`GET ${target} HTTP/1.1`, 0);
line('GET / HTTP/1.2', 0);
line('GET / HTTP/1.9', 0);
line('GET / HTTP/1.0', 0);
request('HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', 0);
request('one empty line before', '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 0);
for (const first of [
  ' GET / HTTP/1.1',
  'GET  / HTTP/1.1',
  'GET /  HTTP/1.1',
  'GET / HTTP/1.1 ',
  'GET / HTTP/1.1\t',
  'GET\t/ HTTP/1.1',
  'GET /\tHTTP/1.1',
  'GET\x0b/\x0bHTTP/1.1',
  'GET\xa0/ HTTP/1.1',
  'GET / x HTTP/1.1',
  'GET / HTTP/1.1 HTTP/1.1',
  'GET',
  'GET ',
  'GET /',
  'GET / ',
  'GET  HTTP/1.1',
  'GET HTTP/1.1',
  '/ HTTP/1.1',
  'HTTP/1.1 200 OK',
  'GET / http/1.1',
  'GET / Http/1.1',
  'GET / HTTP/1.10',
  'GET / HTTP/1',
  'GET / HTTP/1.',
  'GET / HTTP/.1',
  'GET / HTTP/1,1',
  'GET / HTTP/1.1.1',
  'GET / HTTP/ 1.1',
  'GET / HTTP /1.1',
  'GET / HTTP/11.1',
  'GET / HTTP/01.1',
  'GET / HTTP/1.01',
  'GET / HTTP/1.x',
  'GET / HTTP/x.1',
  'GET / HTTP/+1.1',
  'GET / HTTP/-1.1',
  'GET / HTTP/1.1x',
  'GET / HTTPS/1.1',
  'GET / HTTP\\1.1',
  'GET / ICY/1.1',
  'GET / FOO',
  'GET / HTTP',
  'GET / H',
  'GET / HTTP/2',
  'GET / RTSP/1.0',
  'GET: / HTTP/1.1',
  'G(T / HTTP/1.1',
  'G@T / HTTP/1.1',
  'G"T / HTTP/1.1',
  'G{T / HTTP/1.1',
  'G\xe4T / HTTP/1.1',
  'GET /\xe4 HTTP/1.1',
  'GET /\xc3\xa4 HTTP/1.1',
  'GET /\xff HTTP/1.1',
  'GET /#fragment HTTP/1.1',
  'GET /?a#b HTTP/1.1',
  'GET # HTTP/1.1',
  'GET x HTTP/1.1',
  'GET ?x HTTP/1.1',
  'GET . HTTP/1.1',
  'GET \\ HTTP/1.1',
  'GET x/y HTTP/1.1',
  'GET * HTTP/1.1',
  'POST * HTTP/1.1',
  'OPTIONS ** HTTP/1.1',
  'OPTIONS */ HTTP/1.1',
  'OPTIONS *?x HTTP/1.1',
  'GET example.test HTTP/1.1',
  'GET example.test:80 HTTP/1.1',
  '{"method":"GET"}',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
])
  line(first, 400);
for (const version of ['2.0', '3.0', '0.9', '9.9', '0.0', '2.1'])
  line(`GET / HTTP/${version}`, 505);
request('the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505);
request('two empty lines before', '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 400);
request('a bare LF before', '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 400);
request('a bare CR before', '\rGET / HTTP/1.1\r\nHost: a\r\n\r\n', 400);
request('a blank line before', ' \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 400);
request('a simple request of HTTP/0.9', 'GET /\r\n', 400);
request('bare LF line ends', 'GET / HTTP/1.1\nHost: a\n\n', 400);
request('the first line ends in LF', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400);
request('the first line ends in CR', 'GET / HTTP/1.1\rHost: a\r\n\r\n', 400);
request('the first line ends in CR CR LF', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', 400);
for (const code of CONTROLS) {
  const byte = String.fromCharCode(code);
  line(`G${byte}T / HTTP/1.1`, 400, `${byteName(code)} in the method`);
  line(`GET /a${byte}b HTTP/1.1`, 400, `${byteName(code)} in the target`);
  line(`GET / HTTP/1${byte}1`, 400, `${byteName(code)} in the version`);
}

group = 'absolute form';
const absolute = (target: string, host: string, status: number, method = 'GET'): void =>
  request(
    `${method} ${target} with Host ${host}`,
    `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    status,
  );
absolute('http://example.test/', 'example.test', 0);
absolute('HTTP://example.test/a?b', 'example.test', 0);
absolute('http://EXAMPLE.test/', 'example.TEST', 0);
absolute('http://example.test:80/', 'example.test', 0);
absolute('http://example.test/', 'example.test:80', 0);
absolute('http://example.test:/', 'example.test', 0);
absolute('http://example.test:8080/', 'example.test:8080', 0);
absolute('http://example.test', 'example.test', 0);
absolute('http://example.test?q', 'example.test', 0);
absolute('https://example.test/', 'example.test', 0);
absolute('https://example.test:443/', 'example.test', 0);
absolute('http://[::1]:8080/', '[::1]:8080', 0);
absolute('http://example.test', 'example.test', 0, 'OPTIONS');
absolute('http://other.test/', 'example.test', 400);
absolute('http://example.test:81/', 'example.test', 400);
absolute('http://example.test:443/', 'example.test', 400);
absolute('https://example.test:80/', 'example.test', 400);
absolute('http://example.test.evil/', 'example.test', 400);
absolute('http://example.tes/', 'example.test', 400);
absolute('http://user@example.test/', 'example.test', 400);
absolute('http://user:pw@example.test/', 'example.test', 400);
absolute('http://user@example.test/', 'user@example.test', 400);
absolute('http://example.test@evil.test/', 'example.test', 400);
absolute('http:///', 'example.test', 400);
absolute('http://', 'example.test', 400);
absolute('http://:80/', 'example.test', 400);
absolute('http:/example.test/', 'example.test', 400);
absolute('http:example.test', 'example.test', 400);
absolute('http://example.test:99999/', 'example.test', 400);
absolute('http://example.test:x/', 'example.test', 400);
absolute('http://[::1/', '[::1]', 400);
absolute('http://exa[mple.test/', 'example.test', 400);
absolute('ftp://example.test/', 'example.test', 400);
absolute('file:///etc/passwd', 'example.test', 400);
absolute('gopher://example.test/', 'example.test', 400);
absolute('httpx://example.test/', 'example.test', 400);
absolute('://example.test/', 'example.test', 400);
absolute('http://example.test\\@evil.test/', 'example.test', 400);
request('HTTP/1.0 without Host', 'GET http://example.test/ HTTP/1.0\r\n\r\n', 0);
request('without Host on HTTP/1.1', 'GET http://example.test/ HTTP/1.1\r\n\r\n', 400);
group = 'CONNECT';
for (const target of [
  '/',
  '*',
  'example.test',
  'example.test:',
  ':80',
  'http://example.test:80/',
  'example.test:80/',
  'a@example.test:80',
  'example.test:99999',
  '[::1:80',
])
  request(target, `CONNECT ${target} HTTP/1.1\r\nHost: example.test:80\r\n\r\n`, 400);

group = 'Host';
const host = (value: string, status: number): void =>
  request(show(value), `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`, status);
for (const value of [
  'a',
  'example.test',
  'example.test.',
  'EXAMPLE.test:8080',
  'example.test:',
  'example.test:0',
  'example.test:65535',
  '127.0.0.1',
  '127.0.0.1:80',
  '[::1]',
  '[::1]:80',
  '[2001:db8::1]',
  '[::ffff:192.0.2.1]',
  '[1:2:3:4:5:6:7:8]',
  '[::]',
  '[1::]',
  '[v1.a:b]',
  'a_b.test',
  'a%20b',
  'xn--bcher-kva.test',
  "a!$&'()*+,;=b",
  '  example.test  ',
  '\texample.test\t',
])
  host(value, 0);
for (const value of [
  '',
  ' ',
  ':80',
  ':',
  'a b',
  'a\tb',
  'a, b',
  'a/b',
  'a/',
  '/',
  'http://a',
  'user@a',
  'a?b',
  'a#b',
  'a:b',
  'a:80:80',
  'a:-1',
  'a:+80',
  'a:80 ,',
  'a: 80',
  'a :80',
  'a:65536',
  'a:8080x',
  'a:99999999999999999999',
  'a"b',
  'a<b',
  'a\\b',
  'a^b',
  'a`b',
  'a{b}',
  'a|b',
  '%',
  '%2',
  '%zz',
  'a%0',
  '[',
  ']',
  '[]',
  '[::1',
  '::1',
  '[::1]a',
  '[::1]:x',
  '[:::1]',
  '[1::2::3]',
  '[1:2:3:4:5:6:7]',
  '[1:2:3:4:5:6:7:8:9]',
  '[12345::]',
  '[::g]',
  '[::1%25eth0]',
  '[::1.2.3]',
  '[::1.2.3.256]',
  '[127.0.0.1]',
  '[example.test]',
  '[v1]',
  '[v.a]',
  'b\xfccher.test',
  '\xff',
])
  host(value, 400);
request('missing', 'GET / HTTP/1.1\r\n\r\n', 400);
request('missing on HTTP/1.2', 'GET / HTTP/1.2\r\n\r\n', 400);
get('twice, equal', 'Host: example.test\r\n', 400);
get('twice, different', 'Host: evil.test\r\n', 400);
get('twice, the second in capitals', 'HOST: example.test\r\n', 400);
request('twice on HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', 400);
request('empty on HTTP/1.0', 'GET / HTTP/1.0\r\nHost:\r\n\r\n', 400);
request('folded', 'GET / HTTP/1.1\r\nHost:\r\n example.test\r\n\r\n', 400);
request('before the line a blank', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400);
request('asterisk form with Host', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 0);
request('asterisk form without Host', 'OPTIONS * HTTP/1.1\r\n\r\n', 400);

group = 'header lines';
for (let code = 0; code < 256; code++) {
  const byte = String.fromCharCode(code);
  const isToken = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(byte);
  if (byte !== ':' && (!isToken || code === 95))
    get(`${byteName(code)} in a name`, `X${byte}Y: 1\r\n`, isToken ? 0 : 400);
  if (code < 32 || code > 125) {
    const isValue = code === 9 || (code >= 32 && code !== 127);
    get(`${byteName(code)} in a value`, `X: a${byte}b\r\n`, isValue ? 0 : 400);
  }
}
get('an empty value', 'X:\r\n', 0);
get('a value of blanks', 'X: \t \r\n', 0);
get('no blank behind the colon', 'X:1\r\n', 0);
get('colons in a value', 'X: :::\r\n', 0);
get('a name of every token character', "!#$%&'*+-.^_`|~09azAZ: 1\r\n", 0);
get('a blank before the colon', 'X : 1\r\n', 400);
get('a tab before the colon', 'X\t: 1\r\n', 400);
get('an empty name', ': 1\r\n', 400);
get('no colon', 'X\r\n', 400);
get('a folded value', 'X: a\r\n b\r\n', 400);
get('a value folded with a tab', 'X: a\r\n\tb\r\n', 400);
get('a line of blanks', ' \r\n', 400);
get('a value that ends in a bare CR', 'X: 1\rY: 2\r\n', 400);
get('a value that ends in a bare LF', 'X: 1\nY: 2\r\n', 400);
get('a value that ends in CR CR LF', 'X: 1\r\r\n', 400);
get('a value that ends in LF CR', 'X: 1\n\rY: 2\r\n', 400);
get('a bare CR before the end', '\r', 400);
request('a blank before the first line', 'GET / HTTP/1.1\r\n X: 1\r\nHost: a\r\n\r\n', 400);
request('the head ends in a bare LF', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400);
request('the head ends in CR CR LF', 'GET / HTTP/1.1\r\nHost: a\r\n\r\r\n', 400);
get('NUL at the end of a name', 'X\0: 1\r\n', 400);
get('a quoted name', '"X": 1\r\n', 400);
get('100 lines', 'X: 1\r\n'.repeat(99), 0);
get('101 lines', 'X: 1\r\n'.repeat(100), 431);
get('a value of 15 KiB', `X: ${'a'.repeat(15_000)}\r\n`, 0);
get('a value of 20 KB', `X: ${'a'.repeat(20_000)}\r\n`, 431);
get('a name of 20 KB', `${'a'.repeat(20_000)}: 1\r\n`, 431);
get('many lines of 20 KB together', `X: ${'a'.repeat(250)}\r\n`.repeat(80), 431);
line(`GET /${'a'.repeat(15_000)} HTTP/1.1`, 0, 'a target of 15 KB');
line(`GET /${'a'.repeat(20_000)} HTTP/1.1`, 414, 'a target of 20 KB');
line(`${'A'.repeat(20_000)} / HTTP/1.1`, 414, 'a method of 20 KB');

group = 'Content-Length';
for (const value of ['5', '05', '0005', ' 5 ', '\t5\t', '00000000000000000005'])
  post(show(value), `Content-Length: ${value}\r\n`, 'hello', 0);
post('no blank', 'Content-Length:5\r\n', 'hello', 0);
post('other letters', 'cOnTeNt-LeNgTh: 5\r\n', 'hello', 0);
post('0', 'Content-Length: 0\r\n', '', 0);
for (const value of [
  '',
  ' ',
  '+5',
  '-5',
  '-0',
  '+0',
  '5 5',
  '5\t5',
  '5,5',
  '5, 5',
  '5,',
  ',5',
  '5,6',
  '0x5',
  '0X5',
  '5h',
  'h5',
  'abc',
  '5.0',
  '5.',
  '.5',
  '5e0',
  '1e1',
  '"5"',
  "'5'",
  '5;',
  '5;a=b',
  '(5)',
  '5_0',
  '0b101',
  '0o5',
  '\u00b2',
  '5\x0b',
  '\x0b5',
  '5\x00',
  '\x005',
  '5\x0c',
  '5\x80',
  '\xa05',
  '9007199254740992',
  '18446744073709551615',
  '18446744073709551616',
  '18446744073709551621',
  '99999999999999999999999999999999',
  '4294967296000000000005',
])
  post(show(value), `Content-Length: ${value}\r\n`, 'hello', 400);
post('twice, equal', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'hello', 400);
post('twice, different', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'hello', 400);
post('twice, the second empty', 'Content-Length: 5\r\nContent-Length:\r\n', 'hello', 400);
post('twice, one of zero', 'Content-Length: 0\r\nContent-Length: 5\r\n', 'hello', 400);
post('twice in other letters', 'Content-Length: 5\r\ncontent-length: 5\r\n', 'hello', 400);
post('a blank before the colon', 'Content-Length : 5\r\n', 'hello', 400);
post('folded', 'Content-Length:\r\n 5\r\n', 'hello', 400);
post(
  'a line that looks like it is dropped',
  'Content_Length: 3\r\nContent-Length: 5\r\n',
  'hello',
  0,
);
request('on a GET', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', 0);

group = 'Transfer-Encoding';
for (const value of ['chunked', 'Chunked', 'CHUNKED', '  chunked  ', '\tchunked\t'])
  post(show(value), `Transfer-Encoding: ${value}\r\n`, CHUNKED_BODY, 0);
post('no blank', 'Transfer-Encoding:chunked\r\n', CHUNKED_BODY, 0);
post('other letters', 'tRANSFER-eNCODING: chunked\r\n', CHUNKED_BODY, 0);
for (const value of [
  'gzip, chunked',
  'identity, chunked',
  'foo,chunked',
  'gzip , chunked',
  'gzip, deflate, chunked',
  'cow, chunked',
])
  post(show(value), `Transfer-Encoding: ${value}\r\n`, CHUNKED_BODY, 501);
for (const value of [
  '',
  ' ',
  'identity',
  'gzip',
  'foo',
  'xchunked',
  'chunkedx',
  'chunke',
  'chunked;',
  'chunked;x',
  'chunked;q=1',
  'chunked ;x=y',
  'x;y, chunked',
  '"chunked"',
  "'chunked'",
  '"chunked',
  'chunked"',
  'chunked, chunked',
  'chunked,chunked',
  'chunked, gzip',
  'chunked, identity',
  'gzip, chunked, gzip',
  'gzip, chunked, chunked',
  ', chunked',
  'chunked,',
  'chunked ,',
  ',chunked,',
  ',,chunked',
  'gzip,, chunked',
  'chunked chunked',
  'gzip chunked',
  'identity chunked',
  'chunked gzip',
  'chu nked',
  'chunked\x0b',
  '\x0bchunked',
  '\x0cchunked',
  'chunked\x00',
  '\x00chunked',
  'chunked\x7f',
  'chunked\x80',
  '\xa0chunked',
  'chunked\xa0',
  'ch\xfcnked',
  'chun\x6b\x00ed',
  '[chunked]',
  '(chunked)',
  'chunked()',
  'chunked/1.0',
  'chunked:chunked',
  ':chunked',
  '=chunked',
  'Transfer-Encoding: chunked',
  '%63hunked',
  'chunk%65d',
  'trailers',
  'compress',
  'null',
  '*',
])
  post(show(value), `Transfer-Encoding: ${value}\r\n`, CHUNKED_BODY, 400);
for (const code of [...CONTROLS, ...Array.from({ length: 128 }, (_, k) => 128 + k)]) {
  const byte = String.fromCharCode(code);
  if (code !== 9) {
    post(
      `${byteName(code)} before the coding`,
      `Transfer-Encoding: ${byte}chunked\r\n`,
      CHUNKED_BODY,
      400,
    );
    post(
      `${byteName(code)} behind the coding`,
      `Transfer-Encoding: chunked${byte}\r\n`,
      CHUNKED_BODY,
      code === 13 ? 400 : 400,
    );
  }
  post(
    `${byteName(code)} before the colon`,
    `Transfer-Encoding${byte}: chunked\r\n`,
    CHUNKED_BODY,
    400,
  );
  post(
    `${byteName(code)} before the name`,
    `${byte}Transfer-Encoding: chunked\r\n`,
    CHUNKED_BODY,
    400,
  );
}
post('a blank before the colon', 'Transfer-Encoding : chunked\r\n', CHUNKED_BODY, 400);
post('folded', 'Transfer-Encoding:\r\n chunked\r\n', CHUNKED_BODY, 400);
post('folded with a tab', 'Transfer-Encoding:\r\n\tchunked\r\n', CHUNKED_BODY, 400);
post('continued on a folded line', 'Transfer-Encoding: chunked\r\n , gzip\r\n', CHUNKED_BODY, 400);
post('behind a bare LF', 'X: y\nTransfer-Encoding: chunked\r\n', CHUNKED_BODY, 400);
post('behind a bare CR', 'X: y\rTransfer-Encoding: chunked\r\n', CHUNKED_BODY, 400);
post(
  'twice, equal',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'twice, identity last',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'twice, identity first',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  501,
);
post(
  'another coding on a line before chunked',
  'Transfer-Encoding: gzip, br\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  501,
);
post(
  'chunked twice behind another coding',
  'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked, chunked\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'two lines without chunked',
  'Transfer-Encoding: gzip\r\nTransfer-Encoding: br\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'a line behind the one that ends with chunked',
  'Transfer-Encoding: gzip, chunked\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'twice, the second empty',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'twice, the second unknown',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'with Content-Length',
  'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'before Content-Length',
  'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'with Content-Length 0',
  'Transfer-Encoding: chunked\r\nContent-Length: 0\r\n',
  CHUNKED_BODY,
  400,
);
post(
  'identity with Content-Length',
  'Transfer-Encoding: identity\r\nContent-Length: 5\r\n',
  'hello',
  400,
);
post('empty with Content-Length', 'Transfer-Encoding:\r\nContent-Length: 5\r\n', 'hello', 400);
post(
  'unknown list with Content-Length',
  'Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n',
  'hello',
  400,
);
request(
  'on HTTP/1.0',
  `POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  400,
);
request(
  'on HTTP/1.0 with keep-alive',
  `POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  400,
);
request(
  'identity on HTTP/1.0',
  'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n',
  400,
);
request(
  'on a GET',
  `GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  0,
);
request(
  'on a DELETE',
  `DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  0,
);
request(
  'on OPTIONS',
  `OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  0,
);
post(
  'a line that looks like it is dropped',
  'Transfer_Encoding: chunked\r\nContent-Length: 5\r\n',
  'hello',
  0,
);
request('TRACE with a body', 'TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', 400);

group = 'Connection';
for (const value of [
  'keep-alive',
  'Keep-Alive',
  'te',
  'X-Foo',
  'x-foo, x-bar',
  'keep-alive,,TE',
  '',
  ',',
  ' ',
  'cookie',
])
  get(show(value), `Connection: ${value}\r\nX-Foo: 1\r\n`, 0);
for (const value of [
  'Host',
  'host, close',
  'close, Content-Length',
  'transfer-encoding',
  'keep-alive, Transfer-Encoding',
  'close;x',
  '"close"',
  'close keep-alive',
  'close/1',
  'x\xe4',
  Array.from({ length: 33 }, (_, k) => `x${k}`).join(','),
])
  get(show(value), `Connection: ${value}\r\n`, 400);
get('two lines, the second names Host', 'Connection: keep-alive\r\nConnection: host\r\n', 400);
get('Upgrade on two lines', 'Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n', 400);
get('Max-Forwards on two lines', 'Max-Forwards: 1\r\nMax-Forwards: 2\r\n', 400);

/** Several hundred requests and what must become of them. */
export const REQUEST_CASES: readonly RequestCase[] = cases;
