// Real HTTP clients through a frontend: curl's versions of every framing, and wrk's load.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith, programPath } from '../support/program.js';
import { Stage } from '../support/tcp-peers.js';

const run = promisify(execFile);
const stage = new Stage();
let url = '';
let folder = '';

/** Answers with the method, the version and the hash of the body. */
async function startMember(): Promise<string> {
  const server = http.createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (part: Buffer) => hash.update(part));
    request.on('end', () => {
      const text = `${request.method} ${request.httpVersion} ${hash.digest('hex')}\n`;
      if (request.url === '/chunked') response.write(text.slice(0, 5));
      response.end(request.url === '/chunked' ? text.slice(5) : text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.add({
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-http-'));
  const members = [await startMember(), await startMember()];
  const { port } = await stage.open(members, { protocol: 'http' });
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

describeWith(['curl'], 'curl through an http frontend', () => {
  const curl = async (...options: string[]): Promise<string> => {
    const { stdout } = await run(programPath('curl'), ['-sS', '-m', '20', ...options]);
    return stdout;
  };

  test('gets, keeps its connection, and speaks HTTP/1.0', async () => {
    const out = await curl('-w', '%{http_version} %{num_connects}\n', `${url}/a`, `${url}/chunked`);
    expect(out.match(/GET 1\.1 /g)).toHaveLength(2);
    expect(out.match(/^1\.1 \d$/gm)).toEqual(['1.1 1', '1.1 0']);
    expect(await curl('-0', `${url}/chunked`)).toMatch(/^GET 1\.1 /);
  });

  test('uploads with a length, in chunks, and after 100-continue', async () => {
    const body = randomBytes(3_000_000);
    const file = path.join(folder, 'body');
    await writeFile(file, body);
    const wanted = createHash('sha256').update(body).digest('hex');
    const variants = [
      ['--data-binary', `@${file}`],
      ['--data-binary', `@${file}`, '-H', 'Transfer-Encoding: chunked'],
      ['--data-binary', `@${file}`, '-H', 'Expect: 100-continue'],
      ['-T', file],
    ];
    for (const options of variants) {
      expect(await curl(...options, `${url}/up`)).toContain(wanted);
    }
  });

  test('is told about a head that is too long', async () => {
    const status = await curl('-w', '%{http_code}', '-H', `X: ${'a'.repeat(20_000)}`, url);
    expect(status).toMatch(/431$/);
  });
});

describeWith(['wrk'], 'wrk through an http frontend', () => {
  test('sees no error in seconds of keep-alive load', async () => {
    const { stdout } = await run(programPath('wrk'), ['-t1', '-c32', '-d2s', `${url}/`]);
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
    expect(Number(/(\d+) requests in/.exec(stdout)?.[1])).toBeGreaterThan(100);
  });
});
