import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HaChannel } from '../../src/ha/channel.js';
import { nodeName } from '../../src/ha/packet.js';
import { type AddressDriver, Balancer, HaPair } from '../../src/index.js';
import {
  freePorts,
  node,
  SECRET,
  specs,
  told,
  until,
  untilActive,
} from '../support/ha/pair-rig.js';

describe('two nodes', () => {
  test('have one active, the better one, and both know it', async () => {
    const [first, second] = (await specs(2)).map((spec) => node(spec));
    await Promise.all([first!.start(), second!.start()]);
    await untilActive(first!);
    await until(() => expect(second!.status().active).toBe(first!.config.bind));
    expect(first!.status()).toMatchObject({ role: 'active', isHeld: true, address: 'memory' });
    expect(second!.status()).toMatchObject({ role: 'backup', isHeld: false });
  });

  test('speak IPv6 as well', async () => {
    const [first, second] = (await specs(2, {}, '::1')).map((spec) => node(spec));
    await Promise.all([first!.start(), second!.start()]);
    await untilActive(first!);
    await until(() => expect(second!.status().active).toBe(first!.config.bind));
  });

  test('hand over without waiting when the active one closes, whatever the interval', async () => {
    const [first, second] = (await specs(2, { advertInterval: '2s' })).map((spec) => node(spec));
    await first!.start();
    await untilActive(first!);
    await second!.start();
    await until(() => expect(first!.status().peers[0]?.state).toBe('alive'));
    await until(() => expect(second!.status().active).toBe(first!.config.bind));
    const events = told(second!);
    await first!.close();
    await untilActive(second!);
    expect(events).toContain(`ha:active: ${first!.config.bind} resigned and named this one`);
  }, 30_000);

  test('give way to a better one that comes back, without a conflict', async () => {
    const [first, second] = (await specs(2)).map((spec) => node(spec));
    await second!.start();
    await untilActive(second!);
    const events = told(second!);
    await first!.start();
    await untilActive(first!);
    await until(() => expect(second!.isActive).toBe(false));
    expect(events.filter((event) => event.startsWith('ha:conflict'))).toEqual([]);
  });

  test('hand over when the priority of the active one sinks', async () => {
    const [first, second] = (await specs(2)).map((spec) => node(spec));
    await Promise.all([first!.start(), second!.start()]);
    await untilActive(first!);
    await until(() => expect(first!.status().peers[0]?.state).toBe('alive'));
    first!.lower(60, 'pool "web" has no members');
    await untilActive(second!);
    expect(first!.status()).toMatchObject({ role: 'backup', priority: 140 });
    first!.lower(0, 'well again');
    await untilActive(first!);
  });

  test('let the next best of three take over', async () => {
    const [first, second, third] = (await specs(3)).map((spec) => node(spec));
    await Promise.all([first!.start(), second!.start(), third!.start()]);
    await untilActive(first!);
    await until(() => {
      for (const { state } of first!.status().peers) expect(state).toBe('alive');
    });
    await first!.close();
    await untilActive(second!);
    await until(() => expect(third!.status().active).toBe(second!.config.bind));
    expect(third!.isActive).toBe(false);
  });

  test('go on when one that closes was a backup', async () => {
    const [first, second] = (await specs(2)).map((spec) => node(spec));
    await Promise.all([first!.start(), second!.start()]);
    await untilActive(first!);
    await until(() => expect(first!.status().peers[0]?.state).toBe('alive'));
    await second!.close();
    await until(() => expect(first!.status().peers[0]?.state).toBe('lost'));
    expect(first!.isActive).toBe(true);
  });
});

/** Stands between two nodes and can cut their connections, not their datagrams. */
describe('a backup whose connection to a living active one breaks', () => {
  test('does not take over, and connects again', async () => {
    const [first, second] = (await specs(2)).map((spec) => node(spec));
    const accepted: net.Socket[] = [];
    const { prototype } = net.Socket;
    const original = prototype.setNoDelay;
    vi.spyOn(prototype, 'setNoDelay').mockImplementation(function (this: net.Socket, on) {
      accepted.push(this);
      return original.call(this, on);
    });
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    await Promise.all([first!.start(), second!.start()]);
    await untilActive(first!);
    const connected = (): void =>
      expect(second!.status().replication.connectedTo).toBe(first!.config.bind);
    await until(connected);
    const events = told(second!);
    for (let round = 0; round < 3; round++) {
      const before = accepted.length;
      for (const socket of accepted) socket.destroy();
      await until(() => expect(accepted.length).toBeGreaterThan(before));
      await until(connected);
    }
    expect(events).toEqual([]);
    expect(first!.isActive).toBe(true);
  });
});

describe('a node', () => {
  test('refuses and counts what others send', async () => {
    const [spec] = await specs(2);
    const pair = node(spec!);
    await pair.start();
    const [host, port] = pair.config.peers[0]!.split(':');
    const socket = dgram.createSocket('udp4').bind(Number(port), host);
    onTestFinished(() => {
      socket.close();
    });
    await once(socket, 'listening');
    const advert = {
      node: nodeName('127.0.0.1', 1, 'ab'.repeat(8)),
      isActive: true,
      priority: 250,
      intervalMs: 100,
      successor: undefined,
      replaces: undefined,
      wantsReply: false,
    };
    const [, ownPort] = pair.config.bind.split(':');
    const send = (bytes: Buffer): void => socket.send(bytes, Number(ownPort), '127.0.0.1');
    let drawn = 0;
    const channel = (secret: string, id: number): HaChannel =>
      new HaChannel({
        id,
        secret,
        peers: ['x'],
        draw: () => (++drawn).toString(16).padStart(16, '0'),
      });
    send(channel('another secret of others', 51).seal('x', advert, Date.now()));
    send(channel(SECRET, 52).seal('x', advert, Date.now()));
    send(channel(SECRET, 51).seal('x', advert, Date.now() - 3_600_000));
    const good = channel(SECRET, 51).seal('x', advert, Date.now());
    send(good);
    send(good);
    send(channel(SECRET, 51).seal('x', advert, Date.now() - 5000));
    send(Buffer.from('hello'));
    await until(() =>
      expect(pair.status().refused).toEqual({
        malformed: 1,
        'unknown-peer': 0,
        'wrong-secret': 1,
        'wrong-id': 1,
        replayed: 1,
        old: 1,
        'clock-jump': 1,
      }),
    );
  });

  test('does not take over while the gateway is silent', async () => {
    const [spec] = await specs(2, { gateway: '192.0.2.1', advertInterval: 20 });
    let answers = false;
    const pair = node(spec!, { askGateway: () => Promise.resolve(answers) });
    const events = told(pair);
    await pair.start();
    await pair.events.once('ha:blocked');
    expect(pair.isActive).toBe(false);
    answers = true;
    await untilActive(pair);
    expect(events.filter((event) => event.startsWith('ha:blocked'))).toHaveLength(1);
  });

  test('hands over when its driver fails, and tells why', async () => {
    const [good, bad] = await specs(2);
    const other = node(bad!);
    const broken: AddressDriver = {
      description: 'broken',
      prepare: () => Promise.resolve(),
      acquire: () => Promise.reject(new Error('no such interface')),
      release: () => Promise.resolve(),
      announce: () => {},
      detach: () => Promise.resolve(),
    };
    const pair = node(good!, { driver: broken });
    const events = told(pair);
    await Promise.all([pair.start(), other.start()]);
    await untilActive(other);
    expect(events).toContain('ha:fault: no such interface');
  });

  test('calls the hooks of the host', async () => {
    const [spec] = await specs(1, { peers: ['127.0.0.1:9'], address: { hook: 'cloud' } });
    const calls: string[] = [];
    const cloud = {
      prepare: () => void calls.push('prepare'),
      acquire: () => void calls.push('acquire'),
      release: () => void calls.push('release'),
    };
    const pair = node({ ...spec!, peers: ['127.0.0.1:9'] }, { extensions: { cloud } });
    await pair.start();
    await untilActive(pair);
    await until(() => expect(pair.status().isHeld).toBe(true));
    await pair.close();
    expect(calls).toEqual(['prepare', 'acquire', 'release']);
  });

  test('keeps the address when it is detached', async () => {
    const [spec] = await specs(2);
    const released = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const driver: AddressDriver = {
      description: 'kept',
      prepare: () => Promise.resolve(),
      acquire: () => Promise.resolve(),
      release: released,
      announce: () => {},
      detach: () => Promise.resolve(),
    };
    const pair = node(spec!, { driver });
    await pair.start();
    await untilActive(pair);
    await pair.detach();
    await pair.close();
    expect(released).not.toHaveBeenCalled();
  });

  test.each([
    ['empty', ''],
    ['short', 'fifteen letters'],
    ['not there', undefined as unknown as string],
  ])('refuses a secret of the host that is %s', async (_what, secret) => {
    const [spec] = await specs(2);
    const refusal = expect.objectContaining({ code: 'EK_SPEC_INVALID' });
    expect(() => new HaPair(spec!, { secret: () => secret })).toThrow(refusal);
    expect(() => new Balancer({ ha: spec! }, { haSecret: () => secret })).toThrow(refusal);
  });

  test('says which address is taken', async () => {
    const [port] = await freePorts(1);
    const taken = net.createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const pair = node({
      id: 1,
      bind: `127.0.0.1:${port}`,
      peers: ['127.0.0.1:9'],
      address: { memory: true },
    });
    await expect(pair.start()).rejects.toMatchObject({ code: 'EK_BIND' });
  });
});
