import { describe, expect, test } from 'vitest';
import { parseCredentials } from '../../../src/auth/credentials.js';
import { parseHtpasswd } from '../../../src/auth/htpasswd.js';

const BCRYPT = `$2y$05$${'a'.repeat(53)}`;
const SHA256 = `$5$salt$${'b'.repeat(43)}`;
const SHA512 = `$6$rounds=656000$salt$${'c'.repeat(86)}`;
const SHA1 = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

describe('parseHtpasswd', () => {
  test('reads a user per line; comments, empty lines and what follows the hash are skipped', () => {
    const text = `# staff\r\nann:${BCRYPT}\r\n\n  \nbob:${SHA256}:Bob\ncy:${SHA512}\n\u00e9va:${SHA1}`;
    const { users, faults } = parseHtpasswd(text);
    expect(faults).toEqual([]);
    expect([...users].map(([name, { kind, text }]) => [name, kind, text])).toEqual([
      ['ann', 'bcrypt', BCRYPT],
      ['bob', 'sha-crypt', SHA256],
      ['cy', 'sha-crypt', SHA512],
      ['\u00e9va', 'sha1', SHA1],
    ]);
    expect(users.get('cy')).toMatchObject({
      setting: { digest: 'sha512', rounds: 656_000, salt: 'salt' },
    });
  });

  test.each([
    [
      'a:$apr1$salt$abcdefghijklmnopqrstuv',
      'line 1: user "a": apr1 (MD5) is too weak; make it anew with "htpasswd -B"',
    ],
    [
      'a:$1$salt$abcdefghijklmnopqrstuv',
      'line 1: user "a": MD5 of crypt is too weak; make it anew with "htpasswd -B"',
    ],
    [
      'a:rqXexS6ZhobKA',
      'line 1: user "a": crypt (DES) is too weak; make it anew with "htpasswd -B"',
    ],
    [
      'a:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M',
      'line 1: user "a": y is not supported; make it anew with "htpasswd -B"',
    ],
    [
      'a:$argon2id$v=19$m=65536',
      'line 1: user "a": argon2id is not supported; make it anew with "htpasswd -B"',
    ],
    ['a:{SSHA}abc', 'line 1: user "a": SSHA is not supported; make it anew with "htpasswd -B"'],
    ['a:secret', 'line 1: user "a": is no hash of a password; make it anew with "htpasswd -B"'],
    ['a:', 'line 1: user "a": has no password'],
    ['a:$2x$05$abc', 'line 1: user "a": is no whole bcrypt hash ($2a$, $2b$ or $2y$)'],
    [`a:$2b$18$${'a'.repeat(53)}`, 'line 1: user "a": bcrypt cost must be from 4 to 17, got 18'],
    ['a:$5$salt$short', 'line 1: user "a": is no whole SHA-crypt hash'],
    [
      `a:$5$rounds=999$s$${'b'.repeat(43)}`,
      'line 1: user "a": SHA-crypt rounds must be from 1000 to 1000000, got 999',
    ],
    [
      `a:$6$rounds=1000001$s$${'b'.repeat(86)}`,
      'line 1: user "a": SHA-crypt rounds must be from 1000 to 1000000, got 1000001',
    ],
    ['a:{SHA}abc', 'line 1: user "a": is no whole {SHA} hash'],
    ['nobody', 'line 1: expected "user:hash"'],
    [`:${BCRYPT}`, 'line 1: expected "user:hash"'],
    ['', 'there are no users in it'],
    ['# none\n', 'there are no users in it'],
  ])('refuses %j', (text, fault) => {
    expect(parseHtpasswd(text).faults).toEqual([fault]);
  });

  test('a byte order mark is no part of the first name', () => {
    expect([...parseHtpasswd(`\ufeffa:${BCRYPT}\n`).users.keys()]).toEqual(['a']);
  });

  test('tells every bad line, and names that come twice', () => {
    expect(parseHtpasswd(`a:${BCRYPT}\nb:x\na:${SHA1}\n`).faults).toEqual([
      'line 2: user "b": is no hash of a password; make it anew with "htpasswd -B"',
      'line 3: user "a" is on line 1 already',
    ]);
  });
});

describe('parseCredentials', () => {
  const basic = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;

  test.each([
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Aladdin', 'open sesame'],
    ['bASIC  QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Aladdin', 'open sesame'],
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ', 'Aladdin', 'open sesame'],
    ['Basic dGVzdDoxMjPCow==', 'test', '123£'],
    [basic('a:b:c'), 'a', 'b:c'],
    [basic(':'), '', ''],
    [basic(`a:${'x'.repeat(510)}`), 'a', 'x'.repeat(510)],
  ])('%s', (header, user, password) => {
    expect(parseCredentials(header)).toEqual({ user, password });
  });

  test.each([
    'Basic',
    'Basic ',
    'Bearer abc',
    'Basic a b',
    'Basic QWxh*GRpbg==',
    'Basic QQ==QQ==',
    basic('nocolon'),
    basic('a:b\n'),
    basic('a:\u0000'),
    basic(Buffer.from([0x61, 0x3a, 0xff])),
    basic(`a:${'x'.repeat(511)}`),
    `Basic ${'A'.repeat(100_000)}`,
  ])('refuses %.40s', (header) => {
    expect(parseCredentials(header)).toBeUndefined();
  });
});
