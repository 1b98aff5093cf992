// Texts that mean something to HAProxy, to shells or to C, for tests that none of them ever does.
import fc from 'fast-check';
import type { BalancerSpec } from '../../src/spec/balancer.js';

const PIECES: readonly string[] = [
  ...Array.from('ab0 .,:;/()[]{}!%@+*=<>|&?^~-_`\'"\\#$\t\n\r\0\x01\x7fé日\u2028'),
  '${HOME}',
  '%[src]',
  '%ci',
  '{host}',
  '{client.ip}',
  '{{host}}',
  '\\n',
  '\\x41',
  '$1',
  '--',
  '-f',
  ' if ',
  '\n  bind :1\n',
  '\r\n',
  "'\n",
  '" #',
];

/** Of every kind; of what one line holds; of what a token of HTTP holds; of what a path holds. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...PIECES), minLength: 1, maxLength: 8 }),
  // oxlint-disable-next-line no-control-regex -- control characters are what it leaves out
  limited(/^[^\x00-\x1f\x7f]*$/),
  limited(/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/),
  limited(/^[\x21-\x22\x24-\x3e\x40-\x7e]*$/),
);

/** Names in a password file: one line, no colon, a byte a character. */
export const userName: fc.Arbitrary<string> = oddText
  .map((text) => text.replaceAll(/[:\n\r\u0100-\uffff]/g, ''))
  .filter((text) => text.trim() !== '' && !text.startsWith('#'));

/** A spec that asks for the names and passwords of a file. */
export function withUsers(usersFile: string): BalancerSpec {
  return {
    frontends: [
      { name: 'web', protocol: 'http', bind: ':80', pool: 'web', basicAuth: { usersFile } },
    ],
    pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
  };
}

function limited(pattern: RegExp): fc.Arbitrary<string> {
  const units = PIECES.filter((piece) => pattern.test(piece));
  return fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 10 });
}
