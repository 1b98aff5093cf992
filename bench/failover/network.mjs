// Two hosts and a client as network namespaces: their cables end in a bridge, which is the client's.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { nowMs } from './time.mjs';

/** The address that moves. */
export const ADDRESS = '10.98.0.100';
export const PORT = 8080;

/** `n2` is 10.98.0.2, `n3` is 10.98.0.3, the client 10.98.0.1. Needs root. */
export class Network {
  /** @param {string} label keeps two networks of one run apart */
  constructor(label) {
    const prefix = `ekf${process.pid}${label}`;
    this.client = { name: 'client', namespace: `${prefix}c` };
    this.hosts = [2, 3].map((number) => ({
      name: `n${number}`,
      namespace: `${prefix}h${number}`,
      own: `10.98.0.${number}`,
      port: `p${number}`,
    }));
    this.monitors = [];
    /** When a host took the address and when it let go: `{ host, atMs, holds }`, oldest first. */
    this.owners = [];
    try {
      this.#build();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #build() {
    const bridge = this.client.namespace;
    for (const { namespace } of [this.client, ...this.hosts]) {
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'addr', 'add', '10.98.0.1/24', 'dev', 'br0');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (const host of this.hosts) {
      const { namespace, own, port } = host;
      const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
      ip('-n', bridge, 'link', 'add', port, ...peer);
      ip('-n', bridge, 'link', 'set', port, 'master', 'br0', 'up');
      ip('-n', namespace, 'addr', 'add', `${own}/24`, 'dev', 'eth0');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      this.#watch(host);
    }
  }

  /** The kernel itself tells who has the address. */
  #watch(host) {
    const monitor = spawn('ip', ['-n', host.namespace, '-o', '-ts', 'monitor', 'address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.monitors.push(monitor);
    const offsetMs = Date.now() - nowMs();
    createInterface(monitor.stdout).on('line', (line) => {
      const [, stamp, deleted] = /^\[([^\]]+)\] (Deleted )?/.exec(line) ?? [];
      if (stamp === undefined || !line.includes(` ${ADDRESS}/`)) return;
      const holds = deleted === undefined;
      if (this.holds(host.name) === holds) return;
      this.owners.push({ host: host.name, atMs: Date.parse(stamp) - offsetMs, holds });
    });
  }

  /** Whether a host has the address. */
  holds(name) {
    return this.owners.findLast(({ host }) => host === name)?.holds ?? false;
  }

  /** Plugs the cable of a host in or out. */
  setLink({ port }, state) {
    ip('-n', this.client.namespace, 'link', 'set', port, state);
  }

  /** What a switched-off host forgets. */
  forgetAddress({ name, namespace }) {
    if (this.holds(name)) ip('-n', namespace, 'addr', 'del', `${ADDRESS}/24`, 'dev', 'eth0');
  }

  /** Whether there is a connection to a port of a host. */
  isConnected({ namespace }, port) {
    const list = ip('netns', 'exec', namespace, 'ss', '-Htn', 'state', 'established');
    return list.includes(`:${port}`);
  }

  close() {
    for (const monitor of this.monitors) monitor.kill();
    for (const { namespace } of [...this.hosts, this.client]) {
      try {
        ip('netns', 'del', namespace);
      } catch {
        // It was not made.
      }
    }
  }
}

function ip(...words) {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
