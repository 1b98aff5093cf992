// Two hosts with the emitted configurations of keepalived and HAProxy, and a client that asks whoever has the address.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { emitHaproxy } from '../../src/haproxy/emit-haproxy.js';
import { emitKeepalived } from '../../src/keepalived/emit-keepalived.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { writeFiles } from '../support/haproxy-check.js';
import { type NetHost, TestNetwork } from '../support/namespaces.js';
import { describeWithNamespaces, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';

/** Files of keepalived lie where all folders belong to root; each host sees its own. */
const KEEPALIVED = `mount -t tmpfs -o mode=755 none /etc/keepalived && cp -p "$1"/* /etc/keepalived
exec "$2" -n -l -P -f /etc/keepalived/keepalived.conf -p "$1/pid" -r "$1/vrrp.pid"`;

const URL_OF_PAIR = 'http://10.98.0.100:8080/';
const URL_OF_PAIR_6 = 'http://[fd98::100]:8080/';

/** The member of the pool is on the client's host. */
const MEMBER_PORT = 9000;
const MEMBER = `require('node:net').createServer((socket) => socket.end()).listen(${MEMBER_PORT})`;

let network: TestNetwork;
let folder: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  network = TestNetwork.make(2);
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-pair-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) await end(child, 'SIGTERM');
  await network[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function specOf(number: 2 | 3, ha: object): BalancerSpec {
  return {
    name: 'pair',
    frontends: [
      {
        name: 'web',
        protocol: 'http',
        bind: [':8080'],
        routes: [{ match: { path: '/' }, respond: { status: 200, body: `n${number}` } }],
        pool: 'web',
      },
      { name: 'db', protocol: 'tcp', bind: [':5432'], pool: 'web' },
    ],
    pools: [
      {
        name: 'web',
        members: [`10.98.0.1:${MEMBER_PORT}`],
        health: { type: 'tcp', interval: '200ms', fall: 2, rise: 1 },
      },
    ],
    ha: {
      id: 51,
      priority: number === 2 ? 200 : 100,
      advertInterval: '200ms',
      bind: `10.98.0.${number}:7946`,
      peers: [`10.98.0.${5 - number}:7946`],
      address: { ip: '10.98.0.100/24', interface: 'eth0' },
      secretEnv: 'PATH',
      ...ha,
    },
  };
}

/** The lower node has nothing to look at; the other one sinks below it when what it looks at fails. */
const TRACK = { lowerBy: 150 };

function startMember(): ChildProcess {
  return start(network.client, [process.execPath, '-e', MEMBER]);
}

function start(host: NetHost, words: readonly string[]): ChildProcess {
  const [program = '', ...rest] = [...host.within, ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  running.push(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** A host with both programs. */
class Node {
  readonly host: NetHost;
  /** What keepalived has said. */
  log: string = '';
  readonly #folder: string;
  #haproxy: ChildProcess;
  #keepalived: ChildProcess;

  private constructor(host: NetHost, own: string) {
    this.host = host;
    this.#folder = own;
    this.#haproxy = this.#startHaproxy();
    this.#keepalived = this.#startKeepalived();
  }

  static async start(number: 2 | 3, ha: object = {}): Promise<Node> {
    const own = path.join(folder, `n${number}`);
    const adminSocket = path.join(own, 'admin.sock');
    const spec = specOf(number, ha);
    const haproxy = emitHaproxy(spec, { adminSocket, stateFile: '/dev/null' });
    const keepalived = emitKeepalived(spec, { adminSocket });
    await writeFiles(path.join(own, 'haproxy'), haproxy.files);
    await writeFiles(path.join(own, 'keepalived'), keepalived.files);
    for (const { path: name, mode } of keepalived.files)
      chmodSync(path.join(own, 'keepalived', name), mode);
    return new Node(network.hosts[number - 2]!, own);
  }

  #startHaproxy(): ChildProcess {
    const file = path.join(this.#folder, 'haproxy', 'haproxy.cfg');
    return start(this.host, [programPath('haproxy'), '-db', '-f', file]);
  }

  #startKeepalived(): ChildProcess {
    const args = [path.join(this.#folder, 'keepalived'), programPath('keepalived')];
    const child = start(this.host, ['sh', '-c', KEEPALIVED, 'sh', ...args]);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    return child;
  }

  /** How a track script that is asked by hand ends. */
  async track(...words: readonly string[]): Promise<number | null> {
    const [program = '', ...within] = this.host.within;
    const script = path.join(this.#folder, 'keepalived', 'evenkeel-track');
    return (await runProgram(program, [...within, script, ...words])).code;
  }

  get adminSocket(): string {
    return path.join(this.#folder, 'admin.sock');
  }

  /** What HAProxy answers to a command. */
  async ask(command: string): Promise<string> {
    const socket = connect(this.adminSocket);
    socket.end(`${command}\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  }

  killHaproxy(): Promise<void> {
    return end(this.#haproxy, 'SIGKILL');
  }

  restartHaproxy(): void {
    this.#haproxy = this.#startHaproxy();
  }

  stopKeepalived(): Promise<void> {
    return end(this.#keepalived, 'SIGTERM');
  }

  /** Nothing of it says good-bye: the address stays where it is, adverts end. */
  async killKeepalived(): Promise<void> {
    const pid = readFileSync(path.join(this.#folder, 'keepalived', 'vrrp.pid'), 'utf8').trim();
    const gone = once(this.#keepalived, 'exit');
    // The parent first, which would start another; by one command, before its child hears of it.
    await runProgram('kill', ['-9', `${this.#keepalived.pid}`, pid]);
    await gone;
    // Where nobody waits for orphans, as in a container, its number would count as running.
    for (const name of ['pid', 'vrrp.pid'])
      rmSync(path.join(this.#folder, 'keepalived', name), { force: true });
  }

  restartKeepalived(): void {
    this.#keepalived = this.#startKeepalived();
  }
}

async function servedBy(name: string, url: string = URL_OF_PAIR): Promise<void> {
  await vi.waitFor(async () => expect(await network.ask(url)).toBe(name), 40_000);
}

async function holds(node: Node, address: string = '10.98.0.100'): Promise<void> {
  await vi.waitFor(() => expect(network.addressesOf(node.host)).toContain(`${address}/`), 40_000);
}

async function lacks(node: Node, address: string = '10.98.0.100'): Promise<void> {
  await vi.waitFor(
    () => expect(network.addressesOf(node.host)).not.toContain(`${address}/`),
    40_000,
  );
}

/** Gives an address to the client's host, or takes it away. */
async function changeClient(change: 'add' | 'del', address: string): Promise<void> {
  const words = ['-n', network.client.name, 'addr', change, address, 'dev', 'br0'];
  expect(await runProgram('ip', words)).toMatchObject({ code: 0 });
}

describeWithNamespaces(
  ['ip', 'curl', 'keepalived', 'haproxy'],
  'a pair of the emitted keepalived and HAProxy',
  () => {
    test('CS-59: the address is on one, follows a kill, a stop and a cut cable, and comes back', async () => {
      const first = await Node.start(2);
      await servedBy('n2');
      const second = await Node.start(3);
      await holds(first);

      // The track script sees that HAProxy is gone.
      await first.killHaproxy();
      await servedBy('n3');
      await lacks(first);
      first.restartHaproxy();
      await servedBy('n2');
      await lacks(second);

      await first.stopKeepalived();
      await servedBy('n3');
      await lacks(first);
      first.restartKeepalived();
      await servedBy('n2');

      network.setLink(first.host, 'down');
      await servedBy('n3');
      network.setLink(first.host, 'up');
      await servedBy('n2');
      await lacks(second);
    });

    test('with preempt off it stays where it is when the better node comes back', async () => {
      const first = await Node.start(2, { preempt: false });
      await servedBy('n2');
      const second = await Node.start(3, { preempt: false });
      await first.killHaproxy();
      await servedBy('n3');
      first.restartHaproxy();
      await vi.waitFor(
        async () => expect(await network.ask('http://10.98.0.2:8080/')).toBe('n2'),
        40_000,
      );
      expect(network.addressesOf(first.host)).not.toContain('10.98.0.100/');
      await servedBy('n3');
      await second.killHaproxy();
      await servedBy('n2');
      await holds(first);
    });

    // The better node comes last: it gets the address only if its script says that all is well.
    test('track: a node hands over while its pool has too few members, and takes back', async () => {
      const member = startMember();
      const second = await Node.start(3);
      await servedBy('n3');
      const first = await Node.start(2, { track: [{ pool: 'web', ...TRACK }] });
      await servedBy('n2');
      await lacks(second);
      await end(member, 'SIGKILL');
      await servedBy('n3');
      await lacks(first);
      startMember();
      await servedBy('n2');
      await lacks(second);
    });

    test('track: a node hands over while its frontend does not listen, and takes back', async () => {
      const second = await Node.start(3);
      await servedBy('n3');
      const first = await Node.start(2, { track: [{ frontend: 'db', ...TRACK }] });
      await servedBy('n2');
      await lacks(second);
      await first.ask('disable frontend db');
      await servedBy('n3');
      await lacks(first);
      await first.ask('enable frontend db');
      await servedBy('n2');
    });

    test('gateway: a node that does not reach it does not take the address, and goes on if it has it', async () => {
      const gateway = '10.98.0.77';
      const second = await Node.start(3);
      await servedBy('n3');
      const first = await Node.start(2, { gateway });
      await vi.waitFor(() => expect(first.log).toContain('VRRP_Script(gateway) failed'), 40_000);
      await servedBy('n3');
      await lacks(first);
      await changeClient('add', `${gateway}/24`);
      await servedBy('n2');
      await lacks(second);

      const asked = ['gateway', gateway, '10.98.0.100', 'eth0'];
      expect([await first.track(...asked), await second.track(...asked)]).toEqual([0, 0]);
      await changeClient('del', `${gateway}/24`);
      expect([await first.track(...asked), await second.track(...asked)]).toEqual([0, 1]);
      await servedBy('n2');
    });

    test('the script tells what holds from what does not', async () => {
      const member = startMember();
      const node = await Node.start(2);
      await servedBy('n2');
      const { adminSocket } = node;
      await vi.waitFor(
        async () => expect(await node.track('pool', adminSocket, 'web', '1')).toBe(0),
        40_000,
      );
      expect(await node.track('pool', adminSocket, 'web', '2')).toBe(1);
      expect(await node.track('pool', adminSocket, 'other', '1')).toBe(1);
      expect(await node.track('frontend', adminSocket, 'db')).toBe(0);
      expect(await node.track('frontend', adminSocket, 'other')).toBe(1);
      expect(await node.track('haproxy', adminSocket)).toBe(0);
      await end(member, 'SIGKILL');
      await vi.waitFor(
        async () => expect(await node.track('pool', adminSocket, 'web', '1')).toBe(1),
        40_000,
      );
      await node.killHaproxy();
      expect(await node.track('haproxy', adminSocket)).toBe(1);
      expect(await node.track('frontend', adminSocket, 'db')).toBe(1);
    });

    test('IPv6: a killed keepalived falls silent, the other one takes over, and gives back', async () => {
      const six = (number: 2 | 3): Promise<Node> =>
        Node.start(number, {
          bind: `[fd98::${number}]:7946`,
          peers: [`[fd98::${5 - number}]:7946`],
          address: { ip: 'fd98::100/64', interface: 'eth0' },
        });
      const first = await six(2);
      await servedBy('n2', URL_OF_PAIR_6);
      const second = await six(3);
      await vi.waitFor(() => expect(second.log).toContain('BACKUP STATE'), 40_000);
      await first.killKeepalived();
      await holds(second, 'fd98::100');
      await servedBy('n3', URL_OF_PAIR_6);
      first.restartKeepalived();
      await lacks(second, 'fd98::100');
      await servedBy('n2', URL_OF_PAIR_6);
    });

    test('IPv4: a killed keepalived falls silent, the other one takes over, and gives back', async () => {
      const first = await Node.start(2);
      await servedBy('n2');
      const second = await Node.start(3);
      await vi.waitFor(() => expect(second.log).toContain('BACKUP STATE'), 40_000);
      await first.killKeepalived();
      await holds(second);
      await servedBy('n3');
      first.restartKeepalived();
      await lacks(second);
      await servedBy('n2');
    });
  },
);
