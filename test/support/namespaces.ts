// A network of its own for a test: hosts as network namespaces, all on one bridge, which is in the client's.
import { execFileSync } from 'node:child_process';
import { runProgram } from './run-program.js';

/** One host of the network. */
export interface NetHost {
  readonly name: string;
  /** Put before a command it runs there. */
  readonly within: readonly string[];
}

/** A client and hosts `10.98.0.<n>` and `fd98::<n>`; the client is number 1. Needs root. */
export class TestNetwork implements AsyncDisposable {
  readonly client: NetHost;
  readonly hosts: readonly NetHost[];

  private constructor(names: readonly [string, ...string[]]) {
    const [client, ...others] = names;
    this.client = hostOf(client);
    this.hosts = others.map((name) => hostOf(name));
  }

  static make(count: number): TestNetwork {
    const prefix = `ek${process.pid}`;
    const others = Array.from({ length: count }, (_, i) => `${prefix}h${i + 2}`);
    const network = new TestNetwork([`${prefix}c`, ...others]);
    try {
      network.#build();
    } catch (error) {
      network.#tearDown();
      throw error;
    }
    return network;
  }

  #build(): void {
    const { client, hosts } = this;
    for (const { name } of [client, ...hosts]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('-n', client.name, 'link', 'add', 'br0', 'type', 'bridge');
    addAddresses(client.name, 'br0', 1);
    for (const [i, { name }] of hosts.entries()) {
      const port = `p${i + 2}`;
      ip(
        '-n',
        client.name,
        'link',
        'add',
        port,
        'type',
        'veth',
        'peer',
        'name',
        'eth0',
        'netns',
        name,
      );
      ip('-n', client.name, 'link', 'set', port, 'master', 'br0', 'up');
      addAddresses(name, 'eth0', i + 2);
    }
  }

  /** Plugs the cable of a host in or out. */
  setLink(host: NetHost, state: 'up' | 'down'): void {
    ip('-n', this.client.name, 'link', 'set', `p${this.hosts.indexOf(host) + 2}`, state);
  }

  /** Addresses of a host's interface, one text. */
  addressesOf(host: NetHost): string {
    return ip('-n', host.name, '-o', 'addr', 'show', 'dev', 'eth0');
  }

  /** The body that a client gets for a URL; undefined = no answer within a second. */
  async ask(url: string): Promise<string | undefined> {
    const [program = '', ...words] = this.client.within;
    const { code, stdout } = await runProgram(program, [
      ...words,
      'curl',
      '-s',
      '-m',
      '1',
      '-g',
      url,
    ]);
    return code === 0 ? stdout : undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#tearDown();
    return Promise.resolve();
  }

  #tearDown(): void {
    for (const { name } of [...this.hosts, this.client]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was not made.
      }
    }
  }
}

function hostOf(name: string): NetHost {
  return { name, within: ['ip', 'netns', 'exec', name] };
}

function addAddresses(name: string, device: string, number: number): void {
  ip('-n', name, 'addr', 'add', `10.98.0.${number}/24`, 'dev', device);
  ip('-n', name, 'addr', 'add', `fd98::${number}/64`, 'dev', device, 'nodad');
  ip('-n', name, 'link', 'set', device, 'up');
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
