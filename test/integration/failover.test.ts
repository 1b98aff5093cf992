// What clients notice when a member fails: as little as can be.
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { BalancerEvents } from '../../src/model/events.js';
import type { PoolSpec } from '../../src/spec/pool.js';
import { Load, send } from '../support/http-client.js';
import { type Answer, HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';

async function start(
  protocol: 'http' | 'tcp',
  members: readonly HttpMember[],
  pool: Partial<PoolSpec> = {},
): Promise<{ balancer: Balancer; port: number }> {
  const balancer = keep(
    new Balancer({
      frontends: [{ name: 'public', protocol, bind: '127.0.0.1:0', pool: 'web' }],
      pools: [
        {
          name: 'web',
          members: members.map((m) => ({ name: m.name, address: m.address })),
          ...pool,
        },
      ],
    }),
  );
  const { public: addresses } = await balancer.start();
  return { balancer, port: addresses?.[0]?.port ?? 0 };
}

/** Never answers. */
const silent: Answer = () => undefined;

describe('failover over http', () => {
  test('sends a GET that was in flight on a killed member to another one, once', async () => {
    const dying = keep(await HttpMember.start('dying', { answer: silent }));
    const other = keep(await HttpMember.start('other'));
    const { balancer, port } = await start('http', [dying, other], { strategy: 'first' });
    const retried = balancer.events.once('request:retried');
    const reply = send(port, '/once');
    await dying.sees(1);
    await dying.die();
    await expect(reply).resolves.toEqual({ status: 200, body: 'other' });
    expect(await retried).toMatchObject({ pool: 'web', from: 'dying', attempt: 1 });
    expect(dying.seen).toEqual(['GET /once']);
    expect(other.seen).toEqual(['GET /once']);
  });

  test('never sends a POST again that a member may have acted on', async () => {
    const dying = keep(await HttpMember.start('dying', { answer: silent }));
    const other = keep(await HttpMember.start('other'));
    const { port } = await start('http', [dying, other], { strategy: 'first' });
    const reply = send(port, '/order', { method: 'POST', body: 'one bike' });
    await dying.sees(1);
    await dying.die();
    await expect(reply).resolves.toMatchObject({ status: 502 });
    expect(other.seen).toEqual([]);
  });

  test('sends a POST elsewhere when nothing of it was sent: the dial failed', async () => {
    const dead = keep(await HttpMember.start('dead'));
    const other = keep(await HttpMember.start('other'));
    await dead.die();
    const { port } = await start('http', [dead, other], { strategy: 'first' });
    const reply = send(port, '/order', { method: 'POST', body: 'one bike' });
    await expect(reply).resolves.toEqual({ status: 200, body: 'other' });
    expect(other.seen).toEqual(['POST /order']);
  });

  test('loses no request of a steady load when a member is killed and comes back', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => HttpMember.start(name)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no members');
    for (const member of [a, b, c]) keep(member);
    const { balancer, port } = await start('http', [a, b, c], { health: FAST_CHECK });
    const load = new Load(port);
    await load.answered(60);
    const isDown = balancer.events.once('member:down');
    await b.die();
    await isDown;
    await load.answered(60);
    const isUp = balancer.events.once('member:up');
    await b.listen();
    await isUp;
    const before = load.answers.get('b') ?? 0;
    await load.answered(60);
    await load.stop();
    expect(load.faults).toEqual([]);
    expect(load.answers.get('b')).toBeGreaterThan(before);
  });

  test('asks a member no more after `fall` failed checks, though it would still answer', async () => {
    const sick = keep(await HttpMember.start('sick'));
    const well = keep(await HttpMember.start('well'));
    const { balancer, port } = await start('http', [sick, well], {
      health: { ...FAST_CHECK, fall: 3, initial: 'up' },
    });
    const load = new Load(port, 4);
    await load.answered(20);
    const checksBefore = sick.checks;
    sick.healthStatus = 503;
    const { reason } = await balancer.events.once('member:down');
    const seenThen = sick.seen.length;
    await load.answered(60);
    await load.stop();
    expect(reason).toBe('status 503');
    expect(sick.checks - checksBefore).toBeGreaterThanOrEqual(3);
    // Four clients: what was on its way when it went down may still arrive.
    expect(sick.seen.length - seenThen).toBeLessThanOrEqual(4);
    expect(load.faults).toEqual([]);
  });

  test('answers 503 at once when every member is down', async () => {
    const only = keep(await HttpMember.start('only'));
    const { balancer, port } = await start('http', [only], { health: FAST_CHECK });
    const isDown = balancer.events.once('member:down');
    only.healthStatus = 500;
    await isDown;
    await expect(send(port)).resolves.toMatchObject({ status: 503 });
    expect(only.seen).toEqual([]);
  });
});

describe('failover over tcp', () => {
  test('dials the next member when the first is dead: the client gets its answer', async () => {
    const dead = keep(await HttpMember.start('dead'));
    const other = keep(await HttpMember.start('other'));
    await dead.die();
    const { balancer, port } = await start('tcp', [dead, other], { strategy: 'first' });
    const retried: BalancerEvents['request:retried'][] = [];
    balancer.on('request:retried', (event) => retried.push(event));
    for (let i = 0; i < 5; i++)
      await expect(send(port)).resolves.toEqual({ status: 200, body: 'other' });
    expect(retried.map(({ from }) => from)).toEqual(Array.from({ length: 5 }).fill('dead'));
  });

  test('ends a connection when its member dies: bytes are not moved to another', async () => {
    const dying = keep(await HttpMember.start('dying', { answer: silent }));
    const other = keep(await HttpMember.start('other'));
    const { port } = await start('tcp', [dying, other], { strategy: 'first' });
    const client = connect(port, '127.0.0.1');
    const faults: string[] = [];
    client.on('error', (error: NodeJS.ErrnoException) => faults.push(error.code ?? ''));
    client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await dying.sees(1);
    const closed = new Promise((resolve) => {
      client.once('close', resolve);
    });
    await dying.die();
    await closed;
    expect(faults).toEqual(['ECONNRESET']);
    expect(other.seen).toEqual([]);
  });

  test('resets at once when no member is left', async () => {
    const dead = keep(await HttpMember.start('dead'));
    await dead.die();
    const { port } = await start('tcp', [dead]);
    await expect(send(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

/** Sees a failure in a fraction of a second. */
const FAST_CHECK = {
  type: 'http',
  path: '/health',
  interval: '40ms',
  fall: 2,
  rise: 2,
  timeout: '1s',
} as const;
