// Two hosts with the emitted configurations of keepalived and HAProxy, and a client that asks whoever has the address.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
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

/** Files of keepalived lie where all folders belong to root; each host sees its own. */
const KEEPALIVED = `mount -t tmpfs -o mode=755 none /etc/keepalived && cp -p "$1"/* /etc/keepalived
exec "$2" -n -l -P -f /etc/keepalived/keepalived.conf -p "$1/pid" -r "$1/vrrp.pid"`;

const URL_OF_PAIR = 'http://10.98.0.100:8080/';

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
    ],
    pools: [{ name: 'web', members: ['10.98.0.9:1'], health: 'tcp:1s' }],
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

function start(host: NetHost, words: readonly string[]): ChildProcess {
  const [program = '', ...rest] = [...host.within, ...words];
  const child = spawn(program, rest, { stdio: 'ignore' });
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
    return start(this.host, ['sh', '-c', KEEPALIVED, 'sh', ...args]);
  }

  /** What HAProxy answers to a command. */
  async ask(command: string): Promise<string> {
    const socket = connect(path.join(this.#folder, 'admin.sock'));
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

  restartKeepalived(): void {
    this.#keepalived = this.#startKeepalived();
  }
}

async function servedBy(name: string): Promise<void> {
  await vi.waitFor(async () => expect(await network.ask(URL_OF_PAIR)).toBe(name), 40_000);
}

async function holds(node: Node): Promise<void> {
  await vi.waitFor(() => expect(network.addressesOf(node.host)).toContain('10.98.0.100/'), 40_000);
}

async function lacks(node: Node): Promise<void> {
  await vi.waitFor(
    () => expect(network.addressesOf(node.host)).not.toContain('10.98.0.100/'),
    40_000,
  );
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

    test('track: a node whose pool has too few members hands over to the other one', async () => {
      const first = await Node.start(2);
      await servedBy('n2');
      const second = await Node.start(3, { track: [{ pool: 'web', lowerBy: 50 }], priority: 220 });
      // Better by 20, until its check has found that nobody is there.
      await vi.waitFor(async () => {
        expect(await second.ask('show stat -1 2 -1')).toMatch(/^web,BACKEND,.*,DOWN,/m);
      }, 40_000);
      await servedBy('n2');
      await holds(first);
      await first.killHaproxy();
      await servedBy('n3');
    });
  },
);
