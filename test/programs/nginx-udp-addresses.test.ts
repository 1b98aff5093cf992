// nginx with `:53` on a host of several addresses: answers leave from the one that was asked.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import { keep } from '../support/keep.js';
import { TestNetwork } from '../support/namespaces.js';
import { describeWithNamespaces, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';
import { createFolder, startServer } from '../support/servers/server-process.js';

const ASK = path.join(import.meta.dirname, '..', 'support', 'ask-udp.mjs');
const PORT = 5300;

describeWithNamespaces(['nginx', 'ip'], 'nginx for all addresses of a host', () => {
  test('each answer comes from the address that was asked, IPv4 and IPv6', async () => {
    const network = keep(TestNetwork.make(1));
    const host = network.hosts[0]!;
    const more = ['10.98.0.20/24', '10.98.0.21/24', 'fd98::20/64', 'fd98::21/64'];
    for (const address of more) {
      const words = ['-n', host.name, 'addr', 'add', address, 'dev', 'eth0'];
      const once = address.includes(':') ? ['nodad'] : [];
      expect(await runProgram('ip', [...words, ...once])).toMatchObject({ code: 0 });
    }
    const { files } = emitNginx({
      frontends: [{ name: 'dns', protocol: 'udp', bind: `:${PORT}`, pool: 'dns' }],
      pools: [{ name: 'dns', members: [`127.0.0.1:${PORT + 1}`] }],
    });
    const folder = createFolder('nginx');
    const file = path.join(folder, 'nginx.conf');
    await writeFile(file, files[0]?.content ?? '');
    const own = `daemon off; pid ${folder}/pid; error_log stderr;`;
    const [within = '', ...words] = host.within;
    const nginx = [programPath('nginx'), '-e', 'stderr', '-g', own, '-c', file];
    const isReady = (): Promise<boolean> => Promise.resolve(true);
    keep(
      await startServer({ file: within, args: [...words, ...nginx], folder, port: PORT, isReady }),
    );

    const asked = ['10.98.0.2', '10.98.0.20', '10.98.0.21', '127.0.0.1', '127.0.5.1'];
    asked.push('fd98::2', 'fd98::20', 'fd98::21', '::1', '10.98.0.20', 'fd98::2');
    const node = [process.execPath, ASK, `${PORT}`, ...asked];
    const { stdout } = await runProgram(within, [...words, ...node]);
    expect(JSON.parse(stdout)).toEqual(asked);
  });
});
