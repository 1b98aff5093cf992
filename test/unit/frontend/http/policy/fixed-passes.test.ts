// Passes that need nothing but the request: ids, HSTS, maintenance, the way to https.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CidrSet } from '../../../../../src/core/cidr.js';
import { seededRandom } from '../../../../../src/core/random.js';
import { PAGE_BYTES, readErrorPages, readPage } from '../../../../../src/frontend/http/page.js';
import { HstsPass, hstsLine } from '../../../../../src/frontend/http/policy/hsts-pass.js';
import { MaintenancePass } from '../../../../../src/frontend/http/policy/maintenance-pass.js';
import { RedirectToHttpsPass } from '../../../../../src/frontend/http/policy/redirect-to-https-pass.js';
import { RequestIdPass } from '../../../../../src/frontend/http/policy/request-id-pass.js';
import { changesOf, judge, type RequestFacts } from './fake-request.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const whole = path.join(folder, name);
  writeFileSync(whole, content);
  return whole;
}

describe('RequestIdPass', () => {
  const pass = (trust: readonly string[] = [], seed = 1): RequestIdPass =>
    new RequestIdPass('X-Request-Id', new CidrSet(trust), seededRandom(seed));

  test('gives every request an id of its own, to the member, the client and whoever asks', async () => {
    const ids = new Set<string>();
    const one = pass();
    for (let i = 0; i < 1000; i++) {
      const { decision } = await judge(one);
      const id = decision.requestId;
      expect(changesOf(decision.request)).toEqual(['-x-request-id', `X-Request-Id: ${id}`]);
      expect(changesOf(decision.always)).toEqual(['-x-request-id', `X-Request-Id: ${id}`]);
      expect(id).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
      ids.add(id);
    }
    expect(ids.size).toBe(1000);
  });

  test('two processes do not give the same', async () => {
    const [a, b] = await Promise.all([judge(pass([], 1)), judge(pass([], 2))]);
    expect(a.decision.requestId).not.toBe(b.decision.requestId);
  });

  const brought = async (facts: RequestFacts, trust = ['192.0.2.0/24']): Promise<string> =>
    (await judge(pass(trust), facts)).decision.requestId;

  test('keeps that of a trusted peer', async () => {
    const headers = { 'x-request-id': '7d2b0e6e-8a4f-4a29-9d4e-0b8f6d3c9a11' };
    expect(await brought({ headers })).toBe(headers['x-request-id']);
    expect(await brought({ headers, source: '198.51.100.1' })).not.toBe(headers['x-request-id']);
    expect(await brought({ headers }, [])).not.toBe(headers['x-request-id']);
  });

  test.each(['', 'a b', 'a"b', 'a;b', 'a,b', '<x>', 'é', 'x'.repeat(129)])(
    'makes one in the place of %j',
    async (id) => {
      expect(await brought({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f]{12}-0$/);
    },
  );

  test('keeps 128 characters', async () => {
    const id = 'x'.repeat(128);
    expect(await brought({ headers: { 'x-request-id': id } })).toBe(id);
  });
});

describe('HstsPass', () => {
  test('replaces what a member says', async () => {
    const pass = new HstsPass({ maxAge: 31_536_000_000, includeSubDomains: true });
    const { verdict, decision } = await judge(pass);
    expect(verdict).toBeUndefined();
    expect(changesOf(decision.response)).toEqual([
      '-strict-transport-security',
      'Strict-Transport-Security: max-age=31536000; includeSubDomains',
    ]);
  });

  test('as a line has whole seconds', () => {
    expect(hstsLine({ maxAge: 1999, includeSubDomains: false })).toBe(
      'Strict-Transport-Security: max-age=1\r\n',
    );
  });
});

describe('MaintenancePass', () => {
  test('answers everybody but those who do it', async () => {
    const config = { status: 503, allow: ['10.0.0.0/8'] };
    const pass = new MaintenancePass(config);
    expect((await judge(pass)).verdict).toEqual({ status: 503, reason: 'maintenance' });
    expect((await judge(pass, { source: '10.1.2.3' })).verdict).toBeUndefined();
  });

  test('shows its page', async () => {
    const page = file('down.html', '<h1>zurück um 9</h1>');
    const { verdict } = await judge(new MaintenancePass({ status: 500, page, allow: [] }));
    expect(verdict).toMatchObject({ status: 500, type: 'text/html; charset=utf-8' });
    const body = typeof verdict === 'object' ? String(verdict.body) : '';
    expect(Buffer.from(body, 'latin1').toString('utf8')).toBe('<h1>zurück um 9</h1>');
  });
});

describe('RedirectToHttpsPass', () => {
  const location = async (port: number, facts: RequestFacts): Promise<unknown> =>
    (await judge(new RedirectToHttpsPass(port), facts)).verdict;
  const answer = (to: string): unknown => ({
    status: 308,
    lines: `Location: ${to}\r\n`,
    reason: 'redirect to https',
  });

  test.each([
    [443, 'Example.com:8080', '/a/b?c=d', 'https://example.com/a/b?c=d'],
    [8443, 'example.com', '/', 'https://example.com:8443/'],
    [8443, '[2001:db8::1]:80', '/x', 'https://[2001:db8::1]:8443/x'],
    [443, 'a.test', '//evil.test/', 'https://a.test//evil.test/'],
    [443, 'a.test', '*', 'https://a.test/'],
    [443, '', '/x', 'https://198.51.100.9/x'],
  ])('to %i: %s%s', async (port, authority, target, to) => {
    expect(await location(port, { authority, target })).toEqual(answer(to));
  });
});

describe('pages', () => {
  test.each([
    ['a.html', 'text/html; charset=utf-8'],
    ['a.HTM', 'text/html; charset=utf-8'],
    ['a.json', 'application/json'],
    ['a.xml', 'application/xml'],
    ['a.svg', 'image/svg+xml'],
    ['a.txt', 'text/plain; charset=utf-8'],
    ['page', 'text/plain; charset=utf-8'],
  ])('%s is %s', (name, type) => {
    expect(readPage(file(name, 'x'), 'here')).toEqual({ body: 'x', type });
  });

  test('are read by status', () => {
    const pages = readErrorPages({ '503': file('503.txt', 'later'), '404': file('404.txt', '') });
    expect(pages?.get(503)?.body).toBe('later');
    expect(pages?.get(404)?.body).toBe('');
    expect(readErrorPages(undefined)).toBeUndefined();
  });

  test('that can not be read say where they stand in the spec', () => {
    const missing = path.join(folder, 'none.html');
    const read = (page: string) => () =>
      readErrorPages({ '503': page, '404': file('404.txt', '') });
    expect(read(missing)).toThrowError(
      expect.objectContaining({
        code: 'EK_FILE',
        message: expect.stringContaining(`errorPages["503"]: can't read "${missing}": ENOENT`),
      }),
    );
    expect(read(folder)).toThrowError(/is no regular file/);
    const long = file('long.html', Buffer.alloc(PAGE_BYTES + 1));
    expect(read(long)).toThrowError(`has ${PAGE_BYTES + 1} bytes, at most ${PAGE_BYTES}`);
  });
});
