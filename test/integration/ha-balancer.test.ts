// A pair as part of balancers: frontends that listen only while active, tracked pools, a pair that outlives its balancer.
import { describe, expect, onTestFinished, test } from 'vitest';
import { Balancer, type BalancerSpec } from '../../src/index.js';
import { freePorts, SECRET, specs, until } from '../support/ha/pair-rig.js';
import { send } from '../support/http-client.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';

function balancer(spec: BalancerSpec): Balancer {
  const made = new Balancer(spec, { haSecret: () => SECRET });
  onTestFinished(() => made.close());
  return made;
}

async function untilActive(node: Balancer): Promise<void> {
  await until(() => expect(node.status().ha?.isHeld).toBe(true));
}

describe('two balancers on one host', () => {
  async function start(): Promise<{
    readonly nodes: readonly [Balancer, Balancer];
    readonly spec: BalancerSpec;
    readonly port: number;
  }> {
    const member = keep(await HttpMember.start('one'));
    const [port = 0] = await freePorts(1);
    const [first, second] = await specs(2, { address: { listen: 'local' } });
    const spec: BalancerSpec = {
      frontends: [{ name: 'web', protocol: 'http', bind: [`127.0.0.1:${port}`], pool: 'web' }],
      pools: [{ name: 'web', members: [member.address] }],
    };
    const nodes = [balancer({ ...spec, ha: first! }), balancer({ ...spec, ha: second! })] as const;
    const started = await Promise.all(nodes.map((node) => node.start()));
    expect(started).toEqual([{ web: [] }, { web: [] }]);
    await untilActive(nodes[0]);
    return { nodes, spec: { ...spec, ha: first! }, port };
  }

  test('listen by turns', async () => {
    const { nodes, port } = await start();
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
    expect(nodes[1].status().frontends[0]?.addresses).toEqual([]);
    await until(() => expect(nodes[0].status().ha?.peers[0]?.state).toBe('alive'));
    await nodes[0].close();
    await untilActive(nodes[1]);
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
  });

  test('listen again when they are active again', async () => {
    const { nodes, port } = await start();
    await until(() => expect(nodes[0].status().ha?.peers[0]?.state).toBe('alive'));
    nodes[0].pair?.lower(150, 'a test');
    await untilActive(nodes[1]);
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
    nodes[0].pair?.lower(0, 'a test');
    await untilActive(nodes[0]);
    await until(() => expect(nodes[1].status().ha?.isHeld).toBe(false));
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
  });

  test('stay lowered by the host while pools and frontends say that all is well', async () => {
    const { nodes } = await start();
    await until(() => expect(nodes[0].status().ha?.peers[0]?.state).toBe('alive'));
    nodes[0].pair?.lower(150, 'the database is gone');
    await untilActive(nodes[1]);
    nodes[0].pool('web').add('127.0.0.1:1');
    await until(() => expect(nodes[0].status().frontends[0]?.addresses).toEqual([]));
    expect(nodes[0].status().ha?.priority).toBe(50);
  });

  test('take another spec while they do not listen', async () => {
    const { nodes, spec, port } = await start();
    const [name, more] = ['more', await freePorts(1)];
    const frontend = {
      name,
      protocol: 'http' as const,
      bind: [`127.0.0.1:${more[0]}`],
      pool: 'web',
    };
    const ha = { ...nodes[1].spec.ha! };
    await nodes[1].apply({ ...spec, ha, frontends: [...spec.frontends!, frontend] });
    expect(nodes[1].status().frontends.map(({ addresses }) => addresses)).toEqual([[], []]);
    await until(() => expect(nodes[0].status().ha?.peers[0]?.state).toBe('alive'));
    await nodes[0].close();
    await untilActive(nodes[1]);
    for (const at of [port, more[0]!])
      await expect(send(at)).resolves.toEqual({ status: 200, body: 'one' });
  });
});

describe('a balancer that is a node of a pair', () => {
  test('hands over when a tracked pool has too few members', async () => {
    const member = keep(await HttpMember.start('one'));
    const pools = [{ name: 'web', members: [{ name: 'one', address: member.address }] }];
    const track = [{ pool: 'web', lowerBy: 100 }];
    const [first, second] = await specs(2);
    const nodes = [balancer({ pools, ha: { ...first!, track } }), balancer({ ha: second! })];
    await Promise.all(nodes.map((node) => node.start()));
    await untilActive(nodes[0]!);
    await until(() => expect(nodes[0]!.status().ha?.peers[0]?.state).toBe('alive'));
    await nodes[0]!.pool('web').drain('one');
    await untilActive(nodes[1]!);
    expect(nodes[0]!.status().ha).toMatchObject({ role: 'backup', priority: 100 });
  });

  test('lowers its priority with the first member too few, and raises it again', async () => {
    const pools = [{ name: 'web', members: ['127.0.0.1:9', '127.0.0.1:10'] }];
    const [first] = await specs(2);
    const track = [{ pool: 'web', minEligible: 2, lowerBy: 30 }];
    const node = balancer({ pools, ha: { ...first!, track } });
    await node.start();
    const [one] = node.pool('web').members;
    const shows = (priority: number) =>
      until(() => expect(node.status().ha?.priority).toBe(priority));
    node.pool('web').setState(one!.name, 'maintenance');
    await shows(170);
    // What the host takes off besides stays off, whatever members do.
    node.pair?.lower(100, 'a test');
    await shows(70);
    node.pool('web').setState(one!.name, 'ready');
    await shows(100);
    node.pool('web').setState(one!.name, 'maintenance');
    await shows(70);
    node.pair?.lower(0, 'a test');
    await shows(170);
  });

  test('changes its priority with an apply, and nothing that both must agree on', async () => {
    const [first] = await specs(2);
    const node = balancer({ ha: first! });
    await node.start();
    await node.apply({ ha: { ...first!, priority: 90 } });
    expect(node.status().ha?.priority).toBe(90);
    for (const ha of [{ ...first!, id: 52 }, undefined])
      await expect(node.apply(ha === undefined ? {} : { ha })).rejects.toMatchObject({
        code: 'EK_STATE',
      });
    expect(node.spec.ha?.priority).toBe(90);
  });

  test('gives its pair to the next balancer, and the address stays', async () => {
    const [first] = await specs(2);
    const node = balancer({ ha: first! });
    await node.start();
    await untilActive(node);
    const pair = node.detachPair();
    await node.close();
    expect(pair.status()).toMatchObject({ role: 'active', isHeld: true });
    const next = new Balancer({ ha: pair });
    onTestFinished(() => next.close());
    await next.start();
    expect(next.status().ha).toMatchObject({ role: 'active', isHeld: true });
    await next.close();
    expect(pair.status().isHeld).toBe(false);
  });
});
