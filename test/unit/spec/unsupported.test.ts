// What this version does not carry out: refused with its path, after its shape was checked.
import { describe, expect, test } from 'vitest';
import { SpecError } from '../../../src/core/errors.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { codes, faults, spec, withFrontend } from './support.js';

type Row = readonly [what: string, fields: Readonly<Record<string, unknown>>, ...paths: string[]];

const FRONTENDS: readonly Row[] = [
  [
    'acme',
    { protocol: 'https', tls: { acme: { domains: ['a.example.com'] } } },
    'frontends[0].tls.acme',
  ],
  ['what says that it is off', { rateLimit: [], routes: [] }],
];

describe('EK_NOT_SUPPORTED', () => {
  test.each(FRONTENDS)('in a frontend: %s', (_, fields, ...paths) => {
    expect(codes(withFrontend(fields))).toEqual(paths.map((path) => `EK_NOT_SUPPORTED ${path}`));
  });

  test('names the value it is about', () => {
    const tls = { acme: { domains: ['a.example.com'] } };
    expect(faults(withFrontend({ protocol: 'https', tls }))).toEqual([
      'frontends[0].tls.acme: "acme" is not supported by this version',
    ]);
  });

  test('does not hide faults inside of what is refused', () => {
    const route = {
      match: { path: { exakt: '/x' } },
      redirect: { to: '/', status: 300 },
      pool: 'web',
    };
    expect(faults(withFrontend({ routes: [route] }))).toEqual([
      'frontends[0].routes[0]: expected exactly one of pool, split, redirect and respond, got pool and redirect',
      'frontends[0].routes[0].match.path.exact: is missing; expected a path that begins with "/"',
      'frontends[0].routes[0].match.path.exakt: unknown key; did you mean "exact"?',
      'frontends[0].routes[0].redirect.status: expected 301, 302, 303, 307 or 308, got 300',
    ]);
    expect(faults(spec({ ha: { id: 256, priority: 255 } }))).toContain(
      'ha.id: expected a whole number from 1 to 255, got 256',
    );
  });

  test('is the code of the error when there is nothing else, EK_SPEC_INVALID when there is', () => {
    const tls = { acme: { domains: ['a.example.com'] } };
    const https = { protocol: 'https', tls };
    expect(code(withFrontend(https))).toBe('EK_NOT_SUPPORTED');
    expect(code(withFrontend({ ...https, pool: 'none-such' }))).toBe('EK_SPEC_INVALID');
  });
});

function code(input: unknown): string {
  try {
    parseSpec(input);
    return 'no error';
  } catch (error) {
    return error instanceof SpecError ? error.code : 'another error';
  }
}
