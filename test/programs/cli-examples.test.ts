// The examples that need real servers.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { keep } from '../support/keep.js';
import { describeWith } from '../support/program.js';
import { startNamed } from '../support/servers/named.js';
import { startPostgres } from '../support/servers/postgres.js';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const run = promisify(execFile);

async function output(name: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [`${FOLDER}${name}`, ...args], {
    timeout: 60_000,
  });
  return stdout;
}

describeWith(['postgres', 'psql'], 'example 03', () => {
  test('asks the primary, and the standby when the primary is gone', async () => {
    const primary = keep(await startPostgres());
    const standby = keep(await startPostgres());
    const args = [`127.0.0.1:${primary.port}`, `127.0.0.1:${standby.port}`];
    const before = await output('03-tcp-postgres.mjs', args);
    expect(before.match(/answered by port \d+/g)).toEqual(
      Array.from({ length: 3 }).fill(`answered by port ${primary.port}`),
    );
    await primary.stop('SIGKILL');
    const after = await output('03-tcp-postgres.mjs', args);
    expect(after.match(/answered by port \d+/g)).toEqual(
      Array.from({ length: 3 }).fill(`answered by port ${standby.port}`),
    );
  });
});

describeWith(['named'], 'example 04', () => {
  test('asks real name servers', async () => {
    const zone = (address: string): Parameters<typeof startNamed>[0] => ({
      name: 'example.test',
      records: [`www 1 IN A ${address}`],
    });
    const one = keep(await startNamed(zone('192.0.2.1')));
    const two = keep(await startNamed(zone('192.0.2.2')));
    const servers = [`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`];
    const text = await output('04-udp-dns.mjs', ['www.example.test', ...servers]);
    expect(new Set(text.trim().split('\n'))).toEqual(
      new Set(['www.example.test is 192.0.2.1', 'www.example.test is 192.0.2.2']),
    );
  });
});
