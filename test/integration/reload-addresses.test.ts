// Addresses that change hands while the balancer runs: nobody finds the door closed.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import type { FrontendSpec } from '../../src/spec/frontend.js';
import { Load, send } from '../support/http-client.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';
import { freePort } from '../support/servers/server-process.js';

/** A balancer whose pools `one` and `two` have one member each, which answers with its name. */
async function start(
  ...frontends: FrontendSpec[]
): Promise<{ balancer: Balancer; apply: (...next: FrontendSpec[]) => Promise<unknown> }> {
  const members = await Promise.all(['one', 'two'].map((name) => HttpMember.start(name)));
  const pools = members.map((member) => ({
    name: member.name,
    members: [keep(member).address],
  }));
  const spec = (list: FrontendSpec[]): BalancerSpec => ({
    name: 'moving',
    frontends: list,
    pools,
    drain: { timeout: '1s' },
  });
  const balancer = keep(new Balancer(spec(frontends)));
  await balancer.start();
  return { balancer, apply: (...next) => balancer.apply(spec(next)) };
}

function http(name: string, bind: string, pool: string = 'one'): FrontendSpec {
  return { name, protocol: 'http', bind, pool };
}

/** Clients that connect anew for each request. */
class Newcomers {
  readonly faults: string[] = [];
  count = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(port: number) {
    this.#clients = Array.from({ length: 4 }, () => this.#client(port));
  }

  async served(count: number): Promise<void> {
    const goal = this.count + count;
    while (this.count < goal && this.faults.length === 0)
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #client(port: number): Promise<void> {
    while (!this.#isOver)
      try {
        const { status } = await send(port);
        if (status === 200) this.count++;
        else this.faults.push(`status ${status}`);
      } catch (error) {
        this.faults.push(String(error));
      }
  }
}

describe('an address', () => {
  test('goes to a frontend of another name and protocol, and no client notices', async () => {
    const port = await freePort();
    const bind = `127.0.0.1:${port}`;
    const { balancer, apply } = await start(http('f0', bind));
    const newcomers = new Newcomers(port);
    const load = new Load(port, 4);
    for (let round = 1; round <= 30; round++) {
      const protocol = round % 3 === 0 ? 'tcp' : 'http';
      await apply({ name: `f${round}`, protocol, bind, pool: round % 2 === 0 ? 'one' : 'two' });
      await newcomers.served(10);
    }
    await Promise.all([newcomers.stop(), load.stop()]);
    expect(newcomers.faults).toEqual([]);
    expect(balancer.status().frontends).toMatchObject([
      { name: 'f30', addresses: [{ address: '127.0.0.1', port }] },
    ]);
    await balancer.close();
    await expect(send(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is swapped between two frontends under load', async () => {
    const [left, right] = [await freePort(), await freePort()];
    const at = (port: number): string => `127.0.0.1:${port}`;
    const { apply } = await start(http('a', at(left), 'one'), http('b', at(right), 'two'));
    const loads = [new Newcomers(left), new Newcomers(right), new Load(left, 2)];
    for (let round = 0; round < 20; round++) {
      const [x, y] = round % 2 === 0 ? [right, left] : [left, right];
      await apply(http('a', at(x), 'one'), http('b', at(y), 'two'));
      await expect(send(x)).resolves.toMatchObject({ body: 'one' });
      await expect(send(y)).resolves.toMatchObject({ body: 'two' });
    }
    await Promise.all(loads.map((load) => load.stop()));
    expect(loads.flatMap((load) => load.faults)).toEqual([]);
  });

  test('becomes wider and narrower than it was', async () => {
    const port = await freePort();
    const { balancer, apply } = await start(http('a', `127.0.0.1:${port}`));
    await apply(http('a', `:${port}`));
    expect(balancer.status().frontends[0]?.addresses).toEqual([{ address: '::', port }]);
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    await apply(http('b', `127.0.0.1:${port}`, 'two'), http('c', `127.0.0.2:${port}`));
    await expect(send(port)).resolves.toMatchObject({ body: 'two' });
    await apply(http('a', `0.0.0.0:${port}`));
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('is open again when the wider one can not be had', async () => {
    const port = await freePort();
    const foreign = createServer().listen(port, '127.0.0.2');
    await once(foreign, 'listening');
    const { balancer, apply } = await start(http('a', `127.0.0.1:${port}`));
    const before = balancer.spec;
    await expect(apply(http('b', `:${port}`))).rejects.toMatchObject({
      code: 'EK_BIND',
      message: expect.stringContaining(`frontend "b": cannot listen on :${port}`),
    });
    expect(balancer.spec).toEqual(before);
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    foreign.close();
    await once(foreign, 'close');
    await apply(http('b', `:${port}`, 'two'));
    await expect(send(port)).resolves.toMatchObject({ body: 'two' });
  });

  test('that a frontend keeps is not to be had by another', async () => {
    const port = await freePort();
    const { apply } = await start(http('a', `127.0.0.1:${port}`));
    const both = apply(http('a', `127.0.0.1:${port}`), http('b', `:${port}`, 'two'));
    await expect(both).rejects.toMatchObject({ code: 'EK_BIND' });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('of udp goes to another frontend too, and comes back when that fails', async () => {
    const echo = dgram.createSocket('udp4');
    echo.on('message', (message, from) => echo.send(message, from.port, from.address));
    echo.bind(0, '127.0.0.1');
    await once(echo, 'listening');
    const client = dgram.createSocket('udp4');
    const ask = async (port: number): Promise<string> => {
      const answer = once(client, 'message');
      client.send('hello', port, '127.0.0.1');
      return String((await answer)[0]);
    };
    const pools = [{ name: 'echo', members: [`127.0.0.1:${echo.address().port}`] }];
    const spec = (frontends: FrontendSpec[]): BalancerSpec => ({
      name: 'moving',
      frontends,
      pools,
    });
    const udp = (name: string, bind: string): FrontendSpec => {
      return { name, protocol: 'udp', bind, pool: 'echo' };
    };
    const balancer = keep(new Balancer(spec([udp('a', '127.0.0.1:0')])));
    const port = (await balancer.start())['a']?.[0]?.port ?? 0;
    expect(await ask(port)).toBe('hello');
    const foreign = createServer().listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const { port: taken } = foreign.address() as { port: number };
    const bad: FrontendSpec = { ...udp('c', `127.0.0.1:${taken}`), protocol: 'tcp' };
    await expect(balancer.apply(spec([udp('b', `127.0.0.1:${port}`), bad]))).rejects.toMatchObject({
      code: 'EK_BIND',
    });
    expect(await ask(port)).toBe('hello');
    await balancer.apply(spec([udp('b', `127.0.0.1:${port}`)]));
    expect(await ask(port)).toBe('hello');
    // Removed, with a client that lingers: its address can be had in the next change.
    await balancer.apply(spec([]));
    await balancer.apply(spec([udp('c', `127.0.0.1:${port}`)]));
    expect(await ask(port)).toBe('hello');
    foreign.close();
    client.close();
    echo.close();
  });
});
