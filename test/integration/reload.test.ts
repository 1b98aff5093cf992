// What `apply` does to a running balancer, and what it leaves alone.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { EVENT_NAMES } from '../../src/model/events.js';
import { Pool } from '../../src/pool/pool.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import type { FrontendSpec } from '../../src/spec/frontend.js';
import type { MemberSpec } from '../../src/spec/member.js';
import type { PoolSpec } from '../../src/spec/pool.js';
import { Load, send } from '../support/http-client.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';
import { freePort } from '../support/servers/server-process.js';
import { connectTcp } from '../support/tcp-peers.js';

const PUBLIC: FrontendSpec = { name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' };

function member({ name, address }: HttpMember, more: Partial<MemberSpec> = {}): MemberSpec {
  return { name, address, ...more };
}

/** A spec of one frontend and one pool, changed as asked. */
function webSpec(
  members: readonly MemberSpec[],
  change: { frontend?: Partial<FrontendSpec>; pool?: Partial<PoolSpec> } = {},
): BalancerSpec {
  return {
    name: 'web-lb',
    frontends: [{ ...PUBLIC, ...change.frontend }],
    pools: [{ name: 'web', members, ...change.pool }],
  };
}

async function start(spec: BalancerSpec): Promise<{ balancer: Balancer; port: number }> {
  const balancer = keep(new Balancer(spec));
  const { public: addresses } = await balancer.start();
  return { balancer, port: addresses?.[0]?.port ?? 0 };
}

async function startMembers<const Names extends readonly string[]>(
  ...names: Names
): Promise<{ [Index in keyof Names]: HttpMember }> {
  const members = await Promise.all(names.map((name) => HttpMember.start(name)));
  return members.map((started) => keep(started)) as { [Index in keyof Names]: HttpMember };
}

describe('Balancer.apply', () => {
  test('moves members in and out under load, without one failed request', async () => {
    const members = await startMembers('a', 'b', 'c', 'd');
    const { balancer, port } = await start(webSpec(members.slice(0, 2).map((m) => member(m))));
    const load = new Load(port);
    for (let round = 0; round < 40; round++) {
      const picked = members.filter((_, i) => (round + i) % 4 !== 0);
      await balancer.apply(
        webSpec(picked.map((m, i) => member(m, { weight: 1 + ((round + i) % 5) }))),
      );
      await load.answered(20);
    }
    await load.stop();
    expect(load.faults).toEqual([]);
    expect([...load.answers.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('returns what changed, by name and field', async () => {
    const [one, two] = await startMembers('one', 'two');
    const { balancer } = await start(webSpec([member(one)]));
    const diff = await balancer.apply(webSpec([member(one, { weight: 5 }), member(two)]));
    expect(diff).toMatchObject({
      isEmpty: false,
      changes: 2,
      pools: {
        changed: [
          {
            name: 'web',
            members: { added: ['two'], changed: [{ name: 'one', fields: ['weight'] }] },
          },
        ],
      },
    });
  });

  test('changes nothing on a dry run', async () => {
    const [one, two] = await startMembers('one', 'two');
    const { balancer } = await start(webSpec([member(one)]));
    const before = balancer.spec;
    const diff = await balancer.apply(webSpec([member(two)]), { dryRun: true });
    expect(diff.changes).toBe(2);
    expect(balancer.spec).toEqual(before);
  });

  test('compares with what runs, live edits included', async () => {
    const [one, two] = await startMembers('one', 'two');
    const { balancer, port } = await start(webSpec([member(one)]));
    balancer.pool('web').add({ name: 'two', address: two.address, weight: 7 });
    await balancer.pool('web').remove('one');
    expect(balancer.spec.pools[0]?.members).toMatchObject([{ name: 'two', weight: 7 }]);
    const same = await balancer.apply(webSpec([member(two, { weight: 7 })]));
    expect(same.isEmpty).toBe(true);
    await expect(send(port)).resolves.toMatchObject({ body: 'two' });
    const back = await balancer.apply(webSpec([member(one)]));
    expect(back.pools.changed[0]?.members).toMatchObject({ added: ['one'], removed: ['two'] });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('leaves the running spec alone when the next has faults, and names them all', async () => {
    const [one] = await startMembers('one');
    const { balancer, port } = await start(webSpec([member(one)]));
    const before = balancer.spec;
    const rejected = balancer.events.once('spec:rejected');
    const bad = webSpec([member(one, { weight: 999 })], { frontend: { pool: 'nowhere' } });
    await expect(balancer.apply(bad)).rejects.toMatchObject({
      code: 'EK_SPEC_INVALID',
      issues: [{ path: 'frontends[0].pool' }, { path: 'pools[0].members[0].weight' }],
    });
    expect((await rejected).issues).toBe(2);
    expect(balancer.spec).toEqual(before);
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('leaves the running spec alone when one of the new addresses is taken', async () => {
    const [one, two] = await startMembers('one', 'two');
    const { balancer, port } = await start(webSpec([member(one)]));
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port: busy } = taken.address() as { port: number };
    const free = await freePort();
    const before = balancer.spec;
    const next: BalancerSpec = {
      name: 'web-lb',
      frontends: [
        { ...PUBLIC, maxConnections: 7 },
        { name: 'more', protocol: 'http', bind: `127.0.0.1:${free}`, pool: 'more' },
        { name: 'busy', protocol: 'tcp', bind: `127.0.0.1:${busy}`, pool: 'more' },
      ],
      pools: [
        { name: 'web', members: [member(two)] },
        { name: 'more', members: [member(two)], health: 'tcp:5s' },
      ],
    };
    const heard: string[] = [];
    for (const name of EVENT_NAMES) balancer.on(name, () => heard.push(name));
    await expect(balancer.apply(next)).rejects.toMatchObject({ code: 'EK_BIND' });
    // `more` was bound for a moment: nobody heard of it, and nobody listens there now.
    expect(heard).toEqual(['spec:rejected']);
    await expect(send(free)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(balancer.spec).toEqual(before);
    expect(balancer.status().pools).toHaveLength(1);
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    taken.close();
    // What was wrong is repaired: the same spec goes through.
    await once(taken, 'close');
    await expect(balancer.apply(next)).resolves.toMatchObject({ isEmpty: false });
    await expect(send(port)).resolves.toMatchObject({ body: 'two' });
  });

  test('goes back when a pool built by hand can not take its settings', async () => {
    const [one, two] = await startMembers('one', 'two');
    const byHand = new Pool({ name: 'z-by-hand', members: [one.address] });
    const balancer = keep(
      new Balancer({
        ...webSpec([member(one)]),
        pools: [...(webSpec([member(one)]).pools ?? []), byHand],
      }),
    );
    await balancer.start();
    const before = balancer.spec;
    const next: BalancerSpec = {
      ...webSpec([member(two)]),
      pools: [
        { name: 'web', members: [member(two)] },
        { name: 'z-by-hand', members: [one.address], health: 'shared' },
      ],
      monitors: [{ name: 'shared', type: 'tcp' }],
    };
    await expect(balancer.apply(next)).rejects.toMatchObject({ code: 'EK_UNKNOWN_NAME' });
    expect(balancer.spec).toEqual(before);
  });

  test('gives an apply up that hangs when the balancer closes', async () => {
    const [one] = await startMembers('one');
    const extensions = { find: () => new Promise(() => undefined) };
    const balancer = keep(new Balancer(webSpec([member(one)]), { extensions }));
    await balancer.start();
    const hangs: PoolSpec = {
      name: 'hangs',
      discovery: { type: 'custom', use: 'find', interval: '1s' },
    };
    const spec = webSpec([member(one)]);
    const applying = balancer.apply({ ...spec, pools: [...(spec.pools ?? []), hangs] });
    applying.catch(() => undefined);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await balancer.close();
    await expect(applying).rejects.toMatchObject({ code: 'EK_CLOSED' });
  });

  test('keeps a listener on port 0, and connections that wait in its queue', async () => {
    const [one, two] = await startMembers('one', 'two');
    const { balancer, port } = await start(webSpec([member(one)]));
    // Connected, but not accepted yet when the change comes.
    const client = connect(port, '127.0.0.1');
    const applied = balancer.apply(webSpec([member(two)], { frontend: { maxConnections: 9 } }));
    client.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await applied;
    expect(balancer.status().frontends[0]?.addresses).toEqual([{ address: '127.0.0.1', port }]);
    let text = '';
    client.setEncoding('utf8');
    for await (const chunk of client) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('opens new frontends and closes those that are gone after their last request', async () => {
    const { answer, finish } = heldAnswer();
    const slow = keep(await HttpMember.start('slow', { answer }));
    const [one] = await startMembers('one');
    const { balancer, port } = await start(webSpec([member(slow)]));
    const reply = send(port);
    await slow.sees(1);
    const closed = balancer.events.once('frontend:closed');
    await balancer.apply({
      name: 'web-lb',
      frontends: [{ name: 'other', protocol: 'http', bind: '127.0.0.1:0', pool: 'next' }],
      pools: [{ name: 'next', members: [member(one)] }],
    });
    const address = balancer.status().frontends[0]?.addresses[0];
    await expect(send(address?.port ?? 0)).resolves.toMatchObject({ body: 'one' });
    await expect(send(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(() => balancer.frontend('public')).toThrow('has no frontend "public"');
    expect(() => balancer.pool('web')).toThrow('has no pool "web"');
    finish();
    await expect(reply).resolves.toMatchObject({ body: 'slow' });
    await expect(closed).resolves.toMatchObject({ frontend: 'public', completed: 1, aborted: 0 });
  });

  test('lets a removed member finish what it has', async () => {
    const { answer, finish } = heldAnswer();
    const slow = keep(await HttpMember.start('slow', { answer }));
    const [one] = await startMembers('one');
    const { balancer, port } = await start(webSpec([member(slow)]));
    const reply = send(port);
    await slow.sees(1);
    await balancer.apply(webSpec([member(one)]));
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    finish();
    await expect(reply).resolves.toEqual({ status: 200, body: 'slow' });
  });

  test('moves a frontend to another pool, also for connections that are kept', async () => {
    const [one, two] = await startMembers('one', 'two');
    const pools: PoolSpec[] = [
      { name: 'web', members: [member(one)] },
      { name: 'other', members: [member(two)] },
    ];
    const { balancer, port } = await start({ ...webSpec([]), pools });
    const load = new Load(port, 2);
    await load.answered(5);
    await balancer.apply({ ...webSpec([], { frontend: { pool: 'other' } }), pools });
    const before = load.answers.get('one') ?? 0;
    await load.answered(20);
    await load.stop();
    expect(load.faults).toEqual([]);
    // Two clients: at most one request each was under way.
    expect((load.answers.get('one') ?? 0) - before).toBeLessThanOrEqual(2);
    expect(load.answers.get('two')).toBeGreaterThanOrEqual(18);
  });

  test('serves who queues in a pool, or tries again, when the pool is taken away', async () => {
    // One place per member, many clients, and a member that refuses: the queue is never empty, and retries pause.
    const dead = await freePort();
    const slow = await Promise.all(
      ['one', 'two'].map((name) =>
        HttpMember.start(name, {
          answer: (_request, response) => setTimeout(() => response.end(name), 3),
        }),
      ),
    );
    for (const one of slow) keep(one);
    const spec = (round: number): BalancerSpec => {
      const name = `web-${round}`;
      const members: MemberSpec[] = [
        ...slow.map((one) => member(one, { maxConnections: 1 })),
        { name: 'dead', address: `127.0.0.1:${dead}`, maxConnections: 1 },
      ];
      const retries = { attempts: 3, backoff: '100ms', budgetPercent: 100 };
      return {
        name: 'web-lb',
        frontends: [{ ...PUBLIC, pool: name }],
        pools: [{ name, members, retries }],
      };
    };
    const { balancer, port } = await start(spec(0));
    const load = new Load(port, 24);
    for (let round = 1; round <= 12; round++) {
      await vi.waitUntil(() => (balancer.status().pools[0]?.queued ?? 0) > 5, { timeout: 10_000 });
      await balancer.apply(spec(round));
      await load.answered(30);
    }
    await load.stop();
    expect(load.faults).toEqual([]);
  });

  test('serves requests that a rate limit holds though their pool is gone', async () => {
    const [one, two] = await startMembers('one', 'two');
    const rateLimit = {
      requests: 1,
      window: '1s',
      algorithm: 'gcra',
      burst: 1,
      action: 'delay',
      maxDelay: '9s',
    } as const;
    const spec = (to: HttpMember): BalancerSpec => ({
      name: 'web-lb',
      frontends: [{ ...PUBLIC, pool: to.name, rateLimit }],
      pools: [{ name: to.name, members: [member(to)] }],
    });
    const { balancer, port } = await start(spec(one));
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    const held = send(port);
    await vi.waitUntil(() => balancer.status().frontends[0]?.totals.delayed === 1);
    await balancer.apply(spec(two));
    await expect(held).resolves.toMatchObject({ status: 200, body: 'one' });
    await expect(send(port)).resolves.toMatchObject({ body: 'two' });
  });

  test('cuts what a pool that is gone still has at its deadline', async () => {
    const { answer } = heldAnswer();
    const slow = keep(await HttpMember.start('slow', { answer }));
    const [one] = await startMembers('one');
    const old: PoolSpec = { name: 'old', members: [member(slow)], drain: { timeout: '400ms' } };
    const next: PoolSpec = { name: 'next', members: [member(one)] };
    const spec = (pool: PoolSpec): BalancerSpec => ({
      name: 'web-lb',
      frontends: [{ ...PUBLIC, pool: pool.name }],
      pools: [pool],
    });
    const { balancer, port } = await start(spec(old));
    const reply = send(port);
    await slow.sees(1);
    await balancer.apply(spec(next));
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    await expect(reply).resolves.toMatchObject({ status: 503 });
  });

  test('watches with the new settings when a shared monitor changes', async () => {
    const [one] = await startMembers('one');
    one.healthStatus = 503;
    const monitor = { name: 'shared', type: 'http', path: '/health', interval: '50ms' } as const;
    const spec = (expected: string): BalancerSpec => ({
      ...webSpec([member(one)], { pool: { health: 'shared' } }),
      monitors: [{ ...monitor, expect: { status: expected } }],
    });
    const balancer = keep(new Balancer(spec('200')));
    const isDown = balancer.events.once('member:down');
    await balancer.start();
    await expect(isDown).resolves.toMatchObject({ member: 'one', reason: 'status 503' });
    const isUp = balancer.events.once('member:up');
    const diff = await balancer.apply(spec('503'));
    expect(diff.monitors.changed).toMatchObject([{ name: 'shared', fields: ['expect'] }]);
    await expect(isUp).resolves.toMatchObject({ member: 'one' });
  });

  test('carries counters, health and work in flight over', async () => {
    const [one] = await startMembers('one');
    const { balancer, port } = await start(webSpec([member(one)]));
    await send(port);
    await balancer.apply(webSpec([member(one, { weight: 3 })]));
    await send(port);
    const { frontends, pools } = balancer.status();
    expect(frontends[0]?.totals.requests).toBe(2);
    expect(pools[0]?.members[0]).toMatchObject({ weight: 3, totals: { picked: 2 } });
  });

  test('holds connections by the new queue timeout of a pool whose frontend stays as it is', async () => {
    const [one] = await startMembers('one');
    const tcp = { protocol: 'tcp', maxConnections: 1 } as const;
    const spec = (timeout: string): BalancerSpec =>
      webSpec([member(one)], { frontend: tcp, pool: { queue: { timeout } } });
    const { balancer, port } = await start(spec('1h'));
    await balancer.apply(spec('50ms'));
    const first = await connectTcp(port);
    const second = await connectTcp(port);
    await expect(second.ending).resolves.toBe('reset');
    first.socket.destroy();
  });

  test('makes one change after the other, and each sees the one before', async () => {
    const members = await startMembers('a', 'b', 'c');
    const { balancer } = await start(webSpec([]));
    const diffs = await Promise.all(
      members.map((_, i) => balancer.apply(webSpec(members.slice(0, i + 1).map((m) => member(m))))),
    );
    expect(diffs.map((diff) => diff.pools.changed[0]?.members.added)).toEqual([
      ['a'],
      ['b'],
      ['c'],
    ]);
  });

  test('goes on after a change that failed', async () => {
    const [one] = await startMembers('one');
    const { balancer } = await start(webSpec([]));
    const results = await Promise.allSettled([
      balancer.apply({ ...webSpec([]), name: 'another' }),
      balancer.apply(webSpec([member(one)])),
    ]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'EK_STATE' } },
      { status: 'fulfilled' },
    ]);
  });

  test('turns a tcp frontend into udp by a new one of the same name', async () => {
    const [one] = await startMembers('one');
    const { balancer } = await start(webSpec([member(one)], { frontend: { protocol: 'tcp' } }));
    await balancer.apply(webSpec([member(one)], { frontend: { protocol: 'udp' } }));
    expect(balancer.status().frontends).toMatchObject([{ name: 'public', protocol: 'udp' }]);
  });

  test('changes a balancer that has not been started yet', async () => {
    const [one, two] = await startMembers('one', 'two');
    const balancer = keep(new Balancer(webSpec([member(one)])));
    await balancer.apply(webSpec([member(two)]));
    const { public: addresses } = await balancer.start();
    await expect(send(addresses?.[0]?.port ?? 0)).resolves.toMatchObject({ body: 'two' });
  });
});

/** An answer that waits until `finish` is called. */
function heldAnswer(): {
  answer: (request: unknown, response: { end: (body: string) => void }) => void;
  finish: () => void;
} {
  let finish: () => void = () => undefined;
  return {
    answer: (_request, response) => {
      finish = () => response.end('slow');
    },
    finish: () => finish(),
  };
}
