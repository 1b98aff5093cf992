// The downgrade of a request of HTTP/2 to the text of HTTP/1.1: the fence behind node:http2's own.
import { describe, expect, test } from 'vitest';
import { HeaderField } from '../../../../src/wire/http2/header-field.js';
import { renderRequest } from '../../../../src/wire/http2/request-text.js';

type Pairs = readonly (readonly [string, string])[];

const START: Pairs = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a.test'],
  [':path', '/x?y=1'],
];

/** The plain request with further fields, or pseudo-header fields of other values (undefined = without it). */
function render(fields: Pairs, pseudo: Record<string, string | undefined> = {}, isEnded = true) {
  const start = START.map(
    ([name, value]) => [name, name in pseudo ? pseudo[name] : value] as const,
  );
  const all = [...start.filter(([, value]) => value !== undefined), ...fields] as Pairs;
  return renderRequest(
    all.map(([name, value]) => new HeaderField(name, value)),
    isEnded,
  );
}

describe('renderRequest', () => {
  test('writes the head that HTTP/1.1 has', () => {
    expect(
      render([
        ['accept', '*/*'],
        ['x-a', ''],
      ]),
    ).toBe('GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\naccept: */*\r\nx-a: \r\n\r\n');
  });

  test.each<[string, Pairs, Record<string, string | undefined>, boolean, string]>([
    ['no body and no length', [], {}, true, 'GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\n\r\n'],
    [
      'a body without a length is chunked',
      [],
      { ':method': 'POST' },
      false,
      'POST /x?y=1 HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    [
      'a length stays',
      [['content-length', '7']],
      { ':method': 'POST' },
      false,
      'POST /x?y=1 HTTP/1.1\r\nhost: a.test\r\ncontent-length: 7\r\n\r\n',
    ],
    [
      'a length of 0 without a body',
      [['content-length', '0']],
      {},
      true,
      'GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\ncontent-length: 0\r\n\r\n',
    ],
    [
      'the pieces of Cookie are joined',
      [
        ['cookie', 'a=1'],
        ['x-b', '2'],
        ['cookie', 'c=3'],
      ],
      {},
      true,
      'GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\nx-b: 2\r\ncookie: a=1; c=3\r\n\r\n',
    ],
    [
      'host in the place of :authority',
      [['host', 'b.test']],
      { ':authority': undefined },
      true,
      'GET /x?y=1 HTTP/1.1\r\nhost: b.test\r\n\r\n',
    ],
    [
      'host beside the same :authority',
      [['host', 'A.test']],
      {},
      true,
      'GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\n\r\n',
    ],
    [
      'te: trailers',
      [['te', 'Trailers']],
      {},
      true,
      'GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\nte: trailers\r\n\r\n',
    ],
    [
      'OPTIONS *',
      [],
      { ':method': 'OPTIONS', ':path': '*' },
      true,
      'OPTIONS * HTTP/1.1\r\nhost: a.test\r\n\r\n',
    ],
    [
      'a method that nobody knows',
      [],
      { ':method': 'BREW' },
      true,
      'BREW /x?y=1 HTTP/1.1\r\nhost: a.test\r\n\r\n',
    ],
    [
      'bytes above ASCII in a value',
      [['x-a', 'caf\u00e9']],
      {},
      true,
      'GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\nx-a: caf\u00e9\r\n\r\n',
    ],
  ])('%s', (_, fields, pseudo, isEnded, text) => {
    expect(render(fields, pseudo, isEnded)).toBe(text);
  });

  test.each<[string, Pairs, Record<string, string | undefined>?, boolean?]>([
    ['a line end in a value', [['x-a', 'b\r\nx-evil: 1']]],
    ['a bare CR in a value', [['x-a', 'b\rc']]],
    ['a bare LF in a value', [['x-a', 'b\nc']]],
    ['NUL in a value', [['x-a', 'b\0c']]],
    ['DEL in a value', [['x-a', 'b\x7fc']]],
    ['a character that is no byte in a value', [['x-a', 'b\u0100c']]],
    ['a character whose lower byte is a line end', [['x-a', 'b\u010a\u010dc']]],
    ['a blank before a value', [['x-a', ' b']]],
    ['a blank behind a value', [['x-a', 'b\t']]],
    ['a capital in a name', [['X-a', 'b']]],
    ['a colon in a name', [['x-a: 1\r\nx', 'b']]],
    ['a blank in a name', [['x a', 'b']]],
    ['a blank behind a name', [['transfer-encoding ', 'chunked']]],
    ['an empty name', [['', 'b']]],
    ['a line end in a name', [['x\r\nx-evil', 'b']]],
    [
      'a pseudo-header field behind the others',
      [
        ['x-a', 'b'],
        [':path', '/'],
      ],
    ],
    ['a pseudo-header field twice', [[':path', '/other']]],
    ['a pseudo-header field of answers', [[':status', '200']]],
    ['a pseudo-header field of extended CONNECT', [[':protocol', 'websocket']]],
    ['a pseudo-header field that nobody knows', [[':smuggle', 'x']]],
    ['transfer-encoding', [['transfer-encoding', 'chunked']], {}, false],
    [
      'connection',
      [
        ['connection', 'x-a'],
        ['x-a', '1'],
      ],
    ],
    ['keep-alive', [['keep-alive', 'timeout=5']]],
    ['proxy-connection', [['proxy-connection', 'close']]],
    ['upgrade', [['upgrade', 'h2c']]],
    ['http2-settings', [['http2-settings', 'AAMAAABkAAQAAP__']]],
    ['te of another kind', [['te', 'gzip']]],
    ['te with more than trailers', [['te', 'trailers, gzip']]],
    [
      'two lengths',
      [
        ['content-length', '1'],
        ['content-length', '1'],
      ],
      {},
      false,
    ],
    ['a list of lengths', [['content-length', '1, 1']], {}, false],
    ['a length with a sign', [['content-length', '+1']], {}, false],
    ['a length in hexadecimal', [['content-length', '0x1']], {}, false],
    ['an empty length', [['content-length', '']], {}, false],
    ['a length that no number can hold', [['content-length', '99999999999999999']], {}, false],
    ['a length without a body', [['content-length', '5']], {}, true],
    ['host that differs from :authority', [['host', 'b.test']]],
    [
      'two hosts',
      [
        ['host', 'a.test'],
        ['host', 'a.test'],
      ],
    ],
    ['an empty host', [['host', '']], { ':authority': undefined }],
    ['no host at all', [], { ':authority': undefined }],
    ['an empty :authority', [], { ':authority': '' }],
    ['a blank in :authority', [], { ':authority': 'a.test b' }],
    ['a line end in :authority', [], { ':authority': 'a.test\r\nx-evil: 1' }],
    ['no :method', [], { ':method': undefined }],
    ['an empty :method', [], { ':method': '' }],
    ['a blank in :method', [], { ':method': 'GET /admin HTTP/1.1\r\nx:' }],
    ['a line end in :method', [], { ':method': 'GET\r\n' }],
    ['no :scheme', [], { ':scheme': undefined }],
    ['another :scheme', [], { ':scheme': 'ftp' }],
    ['a :scheme that is a URL', [], { ':scheme': 'https://a.test/?' }],
    ['no :path', [], { ':path': undefined }],
    ['an empty :path', [], { ':path': '' }],
    ['a blank in :path', [], { ':path': '/a b' }],
    ['a whole line in :path', [], { ':path': '/ HTTP/1.1\r\nhost: evil\r\n\r\nGET /' }],
    ['a tab in :path', [], { ':path': '/a\tb' }],
    ['a fragment in :path', [], { ':path': '/a#b' }],
    ['a :path of absolute form', [], { ':path': 'http://evil.test/' }],
    ['a :path without its slash', [], { ':path': 'a' }],
    ['an asterisk for GET', [], { ':path': '*' }],
    ['a byte above ASCII in :path', [], { ':path': '/caf\u00e9' }],
  ])('%s is refused', (_, fields, pseudo = {}, isEnded = true) => {
    expect(render(fields, pseudo, isEnded)).toMatchObject({ status: 400 });
  });

  test('CONNECT is refused as a method', () => {
    const pseudo = { ':method': 'CONNECT', ':scheme': undefined, ':path': undefined };
    expect(render([], { ...pseudo, ':authority': 'a.test:443' })).toMatchObject({ status: 405 });
  });
});
