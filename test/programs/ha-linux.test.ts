// A pair with a real address of Linux: two hosts as network namespaces, and a client that asks whoever has the address.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { RunningCli } from '../support/evenkeel-cli.js';
import { keep } from '../support/keep.js';
import { type NetHost, TestNetwork } from '../support/namespaces.js';
import { describeWithNamespaces } from '../support/program.js';
import { runProgram } from '../support/run-program.js';

const FAMILIES = [
  { family: 'IPv4', ip: '10.98.0.100/24', bare: '10.98.0.100', url: 'http://10.98.0.100:8080/' },
  { family: 'IPv6', ip: 'fd98::100/64', bare: 'fd98::100', url: 'http://[fd98::100]:8080/' },
];

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-ha-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => vi.stubEnv('EVENKEEL_HA_SECRET', 'a secret of the test alone'));
afterAll(() => vi.unstubAllEnvs());

let network: TestNetwork;
beforeEach(() => {
  network = TestNetwork.make(2);
});
afterEach(() => network[Symbol.asyncDispose]());

function specOf(number: number, ip: string, gateway: string | undefined): object {
  const other = number === 2 ? 3 : 2;
  return {
    name: `n${number}`,
    frontends: [
      {
        name: 'web',
        protocol: 'http',
        bind: [':8080'],
        routes: [{ match: {}, respond: { status: 200, body: `n${number}` } }],
      },
    ],
    ha: {
      id: 51,
      priority: number === 2 ? 200 : 100,
      advertInterval: '200ms',
      bind: `10.98.0.${number}:7946`,
      peers: [`10.98.0.${other}:7946`],
      address: { ip, interface: 'eth0' },
      ...(gateway === undefined ? {} : { gateway }),
    },
  };
}

function start(number: 2 | 3, ip: string, gateway?: string): { host: NetHost; run: RunningCli } {
  const host = network.hosts[number - 2]!;
  const file = path.join(folder, `n${number}.json`);
  writeFileSync(file, JSON.stringify(specOf(number, ip, gateway)));
  return { host, run: keep(new RunningCli(file, [], undefined, host.within)) };
}

async function servedBy(url: string, name: string): Promise<void> {
  await vi.waitFor(async () => expect(await network.ask(url)).toBe(name), { timeout: 30_000 });
}

async function lacks(host: NetHost, bare: string): Promise<void> {
  await vi.waitFor(() => expect(network.addressesOf(host)).not.toContain(`${bare}/`), 30_000);
}

describeWithNamespaces(['ip', 'arping', 'ping', 'curl'], 'a pair with an address of Linux', () => {
  test.each(FAMILIES)(
    '$family: the address follows a kill, a restart and a hand-over',
    async ({ ip, bare, url }) => {
      const first = start(2, ip);
      await first.run.line('ha:active');
      const second = start(3, ip);
      await servedBy(url, 'n2');
      expect(network.addressesOf(first.host)).toContain(`${bare}/`);
      expect(network.addressesOf(second.host)).not.toContain(`${bare}/`);

      first.run.signal('SIGKILL');
      await second.run.line('ha:active');
      await servedBy(url, 'n3');
      // Its kernel has it for a few seconds still, then lets go of it, and of nothing else.
      await lacks(first.host, bare);
      expect(network.addressesOf(first.host)).toContain(bare.replace('100', '2'));
      expect(network.addressesOf(first.host)).not.toContain('dynamic');
      await servedBy(url, 'n3');

      // The better one comes back, and takes over from a living node.
      const again = start(2, ip);
      await again.run.line('ha:backup');
      await again.run.line('ha:active');
      await servedBy(url, 'n2');
      await lacks(second.host, bare);

      again.run.signal('SIGTERM');
      await second.run.line('ha:active');
      await servedBy(url, 'n3');
      expect(await again.run.ended()).toBe(0);
      expect(network.addressesOf(first.host)).not.toContain(`${bare}/`);
    },
  );

  test('after a cut cable has healed only one has the address', async () => {
    const { ip, bare, url } = FAMILIES[0]!;
    const first = start(2, ip);
    await first.run.line('ha:active');
    const second = start(3, ip);
    await second.run.line('ha:backup');
    await servedBy(url, 'n2');

    network.setLink(first.host, 'down');
    await second.run.line('ha:active');
    await servedBy(url, 'n3');

    network.setLink(first.host, 'up');
    await first.run.line('ha:conflict');
    await second.run.line('ha:backup');
    await lacks(second.host, bare);
    await servedBy(url, 'n2');
  });

  test('an address whose pair was detached stays, until the next start finds it', async () => {
    const { ip, bare, url } = FAMILIES[0]!;
    const { ha } = specOf(2, ip, undefined) as { ha: object };
    const [host] = network.hosts;
    const index = path.resolve(import.meta.dirname, '../../dist/index.js');
    const script = `
      import { HaPair } from ${JSON.stringify(index)};
      const pair = new HaPair(${JSON.stringify(ha)});
      const isHeld = pair.events.once('ha:acquired');
      await pair.start();
      await isHeld;
      await pair.detach();`;
    const [program = '', ...words] = host!.within;
    const node = [process.execPath, '--input-type=module', '-e', script];
    expect(await runProgram(program, [...words, ...node])).toMatchObject({ code: 0 });
    const address = network.addressesOf(host!);
    expect(address).toMatch(new RegExp(`${bare}/24 [^\n]*valid_lft forever`));
    expect(address).not.toContain('dynamic');

    const next = start(2, ip);
    await next.run.line('ha:acquired');
    await servedBy(url, 'n2');
    next.run.signal('SIGTERM');
    expect(await next.run.ended()).toBe(0);
    expect(network.addressesOf(host!)).not.toContain(`${bare}/`);
  });

  test('with a gateway the one that is cut off stays a backup', async () => {
    const { ip, bare, url } = FAMILIES[0]!;
    const first = start(2, ip, '10.98.0.1');
    await first.run.line('ha:active');
    const second = start(3, ip, '10.98.0.1');
    await second.run.line('ha:backup');

    network.setLink(second.host, 'down');
    await second.run.line('ha:blocked');
    expect(network.addressesOf(second.host)).not.toContain(`${bare}/`);
    await servedBy(url, 'n2');
  });
});
