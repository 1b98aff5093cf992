// A real DNS server behind a udp frontend.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Frontend } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';
import { startNamed } from '../support/servers/named.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const zone = (address: string) => ({ name: 'lb.test', records: [`www 1 IN A ${address}`] });

async function open(...ports: number[]): Promise<{ port: number; frontend: Frontend }> {
  const pool = new Pool({ name: 'dns', members: ports.map((port) => `127.0.0.1:${port}`) });
  const frontend = stage.add(
    new Frontend({ name: 'dns', protocol: 'udp', bind: '127.0.0.1:0', pool }),
  );
  const [bound] = await frontend.listen();
  return { port: bound?.port ?? 0, frontend };
}

describeWith(['named', 'dig'], 'dig and named', () => {
  test('are answered by both servers, and by the one that is left when the other is killed', async () => {
    await using first = await startNamed(zone('192.0.2.1'));
    await using second = await startNamed(zone('192.0.2.2'));
    const { port } = await open(first.port, second.port);
    const dig = async (): Promise<string> => {
      const { stdout } = await runProgram(
        programPath('dig'),
        `+short +time=1 +tries=5 -p ${port} @127.0.0.1 www.lb.test`.split(' '),
      );
      // A lost datagram is complained about in the lines before the answer.
      return stdout.trim().split('\n').at(-1) ?? '';
    };
    const answers = [await dig(), await dig(), await dig(), await dig()];
    expect(new Set(answers)).toEqual(new Set(['192.0.2.1', '192.0.2.2']));
    await first.stop('SIGKILL');
    for (let i = 0; i < 6; i++) expect(await dig()).toBe('192.0.2.2');
  });
});

describeWith(['named', 'dnsperf'], 'dnsperf and named', () => {
  test('lose no query of 4,000', async () => {
    await using server = await startNamed(zone('192.0.2.1'));
    const { port, frontend } = await open(server.port);
    const queries = path.join(server.folder, 'queries');
    writeFileSync(queries, 'www.lb.test A\n'.repeat(4000));
    const { stdout } = await runProgram(
      programPath('dnsperf'),
      `-s 127.0.0.1 -p ${port} -d ${queries} -c 8 -n 1`.split(' '),
    );
    expect(stdout).toMatch(/Queries completed:\s+4000 \(100\.00%\)/);
    expect(stdout).toMatch(/Response codes:\s+NOERROR 4000/);
    expect(frontend.status().totals.connections).toBe(8);
  });
});
