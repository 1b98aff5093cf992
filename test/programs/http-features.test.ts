// Features of http frontends with real programs: password files of htpasswd and openssl, requests of curl.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ok, startHttpMember } from '../support/http-peers.js';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());
const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-features-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeWith(['curl', 'htpasswd', 'openssl'], 'basicAuth', () => {
  const PASSWORDS = ['s3cret', 'pässwörd mit Leerzeichen', 'x'.repeat(70), '$2y$05$'];

  test.each([
    ['htpasswd -B', (password: string) => htpasswd('-bnB', password)],
    ['htpasswd -B -C 10', (password: string) => htpasswd('-bnBC', '10', password)],
    ['htpasswd -s', (password: string) => htpasswd('-bns', password)],
    ['openssl passwd -5', (password: string) => openssl('-5', password)],
    ['openssl passwd -6', (password: string) => openssl('-6', password)],
  ])('files of %s', async (_, make) => {
    const usersFile = path.join(folder, 'users');
    writeFileSync(usersFile, PASSWORDS.map((password, i) => `u${i}:${make(password)}\n`).join(''));
    const member = stage.add(await startHttpMember(() => ok('in')));
    const { port } = await stage.open([member], { protocol: 'http', basicAuth: { usersFile } });
    const status = async (login: string): Promise<string> => {
      const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-u', login];
      return (await runProgram('curl', [...args, `http://127.0.0.1:${port}/`])).stdout;
    };
    for (const [i, password] of PASSWORDS.entries()) {
      expect([password, await status(`u${i}:${password}`)]).toEqual([password, '200']);
      expect([password, await status(`u${i}:${password.slice(1)}`)]).toEqual([password, '401']);
    }
    expect(await status('nobody:s3cret')).toBe('401');
    expect(readFileSync(usersFile, 'utf8')).not.toContain('s3cret');
  });

  function htpasswd(...args: readonly string[]): string {
    const [options = '', ...rest] = args;
    const password = rest.pop() ?? '';
    const whole = [options, ...rest, 'user', password];
    const line = execFileSync(programPath('htpasswd'), whole, { encoding: 'utf8' });
    return line.trim().slice('user:'.length);
  }

  function openssl(kind: string, password: string): string {
    return execFileSync(programPath('openssl'), ['passwd', kind, password], {
      encoding: 'utf8',
    }).trim();
  }
});

describeWith(['curl'], 'compression', () => {
  test.each(['gzip', 'br'])('curl reads what it asked for: %s', async (algorithm) => {
    const text = 'Lorem ipsum dolor sit amet. '.repeat(20_000);
    const member = stage.add(await startHttpMember(() => ok(text, 'Content-Type: text/html\r\n')));
    const { port } = await stage.open([member], {
      protocol: 'http',
      compression: { algorithms: [algorithm as 'gzip' | 'br'] },
    });
    const args = ['-s', '--compressed', '-w', '%{size_download}', `http://127.0.0.1:${port}/`];
    const { stdout } = await runProgram('curl', args);
    expect(stdout.slice(0, text.length) === text).toBe(true);
    const supports = (await runProgram('curl', ['--version'])).stdout.includes('brotli');
    if (algorithm === 'gzip' || supports) {
      expect(Number(stdout.slice(text.length))).toBeLessThan(text.length / 20);
    }
  });
});
