// Every example runs as its header says, ends by itself, and shows what it promises.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const run = promisify(execFile);

/** What an example prints; a warning on standard error is a failure too. */
async function output(name: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [`${FOLDER}${name}`], { timeout: 30_000 });
  expect(stderr).toBe('');
  return stdout;
}

describe('examples', () => {
  test('01: requests are spread by weight', async () => {
    const text = await output('01-two-members.mjs');
    expect(text).toContain('big: 6 requests\nsmall: 2 requests\n');
  });

  test('02: no request is lost when a member dies, and a spare joins', async () => {
    const text = await output('02-failover.mjs');
    expect(text).toContain('answers: one one one\n');
    expect(text).toContain('two is down: connect refused');
    expect(text).toMatch(/answers: (spare one|one spare)\n$/);
  });

  test('04: dns questions move to the server that is left', async () => {
    const lines = (await output('04-udp-dns.mjs')).trim().split('\n');
    const [before, after] = [lines.slice(0, 4), lines.slice(-4)];
    expect(new Set(before)).toEqual(
      new Set(['www.example.test is 192.0.2.1', 'www.example.test is 192.0.2.2']),
    );
    expect(new Set(after)).toEqual(new Set(['www.example.test is 192.0.2.2']));
  });

  test('05: a strategy of the user decides', async () => {
    const text = await output('05-custom-strategy.mjs');
    expect(text).toMatch(/all ready: +a1 a2 a1 a2\n.*: +a2 a2\n.*: +b1 b1\n$/);
  });

  test('06: classes put together serve, and lend members without a proxy', async () => {
    const text = await output('06-composed-from-classes.mjs');
    expect(text).toContain('public: one two\nsecond: two\n');
    expect(text).toMatch(/lease: {2}(one|two) says \1\n$/);
  });

  test('07: a cookie keeps a client with its member', async () => {
    const text = await output('07-sticky.mjs');
    expect(text).toContain(
      '  Set-Cookie: SERVERID=one; path=/; HttpOnly; SameSite=Lax\nkim: one one one\n',
    );
    expect(text).toContain('lee: two two two\n');
    expect(text).toMatch(/drains.*\nkim: one\n {2}Set-Cookie: SERVERID=two; .*\nnew: two\n/);
    expect(text).toContain('kim: one  lee: two\n');
    expect(text).toMatch(/dies.*\n {2}Set-Cookie: SERVERID=two; .*\nkim: two two\n$/);
  });

  test('09: a certificate is replaced under a kept connection', async () => {
    expect(await output('09-https-own-cert.mjs')).toBe(
      'first:  web, as old.test\nnow for fresh.test and localhost\nkept:   web, as old.test\nnew:    web, as fresh.test\n',
    );
  });

  test('10: calls of gRPC are spread one by one', async () => {
    const lines = (await output('10-http2-grpc.mjs')).trim().split('\n');
    expect(lines).toHaveLength(4);
    const names = lines.map((line, i) => {
      expect(line).toMatch(new RegExp(`^call ${i + 1}: (one|two), grpc-status 0$`));
      return line.split(' ')[2];
    });
    expect(names.filter((name) => name === 'one,')).toHaveLength(2);
  });

  test('11: routes send, redirect and answer', async () => {
    const text = await output('11-routes.mjs');
    expect(text).toBe(
      '/: 200 web\n/api/users: 200 api\n/: 200 canary\n/old/page: 301 https://example.com/new/page\n/robots.txt: 200 no robots\n',
    );
  });

  test('08: what is too much is denied, or waits', async () => {
    const text = await output('08-rate-limit.mjs');
    expect(text).toContain('public: 127.0.0.1 is denied: more than 3 in 1m\n');
    expect(text).toMatch(/retry-after: \d+\nratelimit: "public";r=0;t=\d+\n/);
    expect(text).toContain('ratelimit-policy: "public";q=3;w=60\npublic: 200 200 200 429 429\n');
    expect(text).toContain('api:    200 200 200 200 two waited\nalone:  true false\n');
  });

  test('12: a pair of processes serves through a kill, a return and a stop', async () => {
    const text = await output('12-ha-pair.mjs');
    const served = [...text.matchAll(/served by (\w+)/g)].map(([, name]) => name);
    expect(served).toEqual(['first', 'second', 'first', 'second']);
    expect(text).toMatch(/second takes over: .* resigned and named this one\nserved by second\n$/);
  });

  test('13: a failover in virtual time is a test like any other', async () => {
    const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
    const { stdout } = await run(process.execPath, [vitest, 'run', '--root', FOLDER], {
      timeout: 60_000,
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/Tests +1 passed/);
  });

  test('14: a slow member costs less under peak-ewma', async () => {
    const text = await output('14-simulate.mjs');
    const late = [...text.matchAll(/0 failed, (\d+) late/g)].map(([, count]) => Number(count));
    expect(late).toHaveLength(2);
    expect(late[1]!).toBeLessThan(late[0]! / 5);
  });

  test.each(readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name)))(
    '%s says what it shows and how to run it',
    (name) => {
      const [first, second] = readFileSync(`${FOLDER}${name}`, 'utf8').split('\n');
      expect(first).toMatch(/^\/\/ Shows: \S/);
      const command = name.endsWith('.test.mjs')
        ? 'vitest run --root examples'
        : `node examples/${name}`;
      expect(second).toContain(command);
    },
  );
});
