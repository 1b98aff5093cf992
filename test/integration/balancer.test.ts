// The life of a balancer: start, addresses, composition, drain, close.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { Frontend } from '../../src/frontend/frontend.js';
import { HealthChecker } from '../../src/health/health-checker.js';
import { EVENT_NAMES } from '../../src/model/events.js';
import { Pool } from '../../src/pool/pool.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { parseMonitor } from '../../src/spec/parse.js';
import type { Strategy } from '../../src/strategy/strategy.js';
import { send } from '../support/http-client.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';

/** An http frontend `public` on a free port, in front of the members. */
function webSpec(members: readonly HttpMember[], name: string = 'web-lb'): BalancerSpec {
  return {
    name,
    frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
    pools: [{ name: 'web', members: members.map((m) => ({ name: m.name, address: m.address })) }],
  };
}

async function startWeb(
  members: readonly HttpMember[],
): Promise<{ balancer: Balancer; port: number }> {
  const balancer = keep(new Balancer(webSpec(members)));
  const { public: addresses } = await balancer.start();
  return { balancer, port: addresses?.[0]?.port ?? 0 };
}

describe('Balancer', () => {
  test('starts with the real addresses, and serves', async () => {
    const one = keep(await HttpMember.start('one'));
    const balancer = keep(new Balancer(webSpec([one])));
    const addresses = await balancer.start();
    expect(addresses).toEqual({
      public: [{ address: '127.0.0.1', port: expect.any(Number) }],
    });
    const port = addresses['public']?.[0]?.port ?? 0;
    expect(port).toBeGreaterThan(0);
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
  });

  test('answers every start the same', async () => {
    const one = keep(await HttpMember.start('one'));
    const balancer = keep(new Balancer(webSpec([one])));
    const [first, second] = await Promise.all([balancer.start(), balancer.start()]);
    expect(second).toBe(first);
    expect(await balancer.start()).toBe(first);
  });

  test('opens nothing when one address of several is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const busy = typeof address === 'object' && address !== null ? address.port : 0;
    const balancer = keep(
      new Balancer({
        frontends: [
          { name: 'free', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' },
          { name: 'busy', protocol: 'tcp', bind: [`127.0.0.1:${busy}`], pool: 'web' },
        ],
        pools: [{ name: 'web', members: ['127.0.0.1:9'] }],
      }),
    );
    const bound = balancer.events.once('frontend:listening');
    await expect(balancer.start()).rejects.toMatchObject({
      code: 'EK_BIND',
      message: expect.stringContaining(`127.0.0.1:${busy}`),
    });
    const { addresses } = await bound;
    await expect(send(addresses[0]?.port ?? 0)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(balancer.status().state).toBe('closed');
    taken.close();
  });

  test('can be stopped while it starts', async () => {
    const balancer = keep(new Balancer(webSpec([keep(await HttpMember.start('one'))])));
    const stop = new AbortController();
    const starting = balancer.start({ signal: stop.signal });
    stop.abort(new Error('changed my mind'));
    await expect(starting).rejects.toThrow('changed my mind');
    expect(balancer.status().state).toBe('closed');
  });

  test('can be closed while it starts, and more than once', async () => {
    const balancer = keep(new Balancer(webSpec([keep(await HttpMember.start('one'))])));
    const starting = balancer.start();
    const closings = [balancer.close(), balancer.close()];
    await expect(starting).rejects.toMatchObject({ code: 'EK_CLOSED' });
    await Promise.all(closings);
    await balancer.close();
    expect(balancer.status().state).toBe('closed');
  });

  test.each(['close', 'drain'] as const)('gives up a start that hangs on %s', async (end) => {
    const balancer = keep(
      new Balancer(
        {
          name: 'hangs',
          pools: [{ name: 'web', discovery: { type: 'custom', use: 'find', interval: '1s' } }],
        },
        { extensions: { find: () => new Promise(() => undefined) } },
      ),
    );
    const starting = balancer.start();
    starting.catch(() => undefined);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await balancer[end]();
    await expect(starting).rejects.toMatchObject({ code: 'EK_CLOSED' });
    await balancer.close();
    expect(balancer.status().state).toBe('closed');
  });

  test('refuses work after its end', async () => {
    const one = keep(await HttpMember.start('one'));
    const balancer = keep(new Balancer(webSpec([one])));
    await balancer.close();
    await expect(balancer.start()).rejects.toMatchObject({ code: 'EK_CLOSED' });
    await expect(balancer.apply(webSpec([one]))).rejects.toMatchObject({ code: 'EK_CLOSED' });
    await expect(balancer.drain()).resolves.toEqual({ completed: 0, aborted: 0, stillOpen: 0 });
  });

  test.each(['close', 'drain'] as const)('does not start again after %s', async (end) => {
    const balancer = keep(new Balancer(webSpec([keep(await HttpMember.start('one'))])));
    await balancer.start();
    const ending = balancer[end]();
    await expect(balancer.start()).rejects.toMatchObject({ code: 'EK_CLOSED' });
    await ending;
    await expect(balancer.start()).rejects.toMatchObject({ code: 'EK_CLOSED' });
  });

  test('refuses to run beside another one of its name, and runs after it', async () => {
    const one = keep(await HttpMember.start('one'));
    const first = keep(new Balancer(webSpec([one])));
    await first.start();
    await expect(keep(new Balancer(webSpec([one]))).start()).rejects.toMatchObject({
      code: 'EK_IN_USE',
    });
    await first.close();
    await expect(keep(new Balancer(webSpec([one]))).start()).resolves.toBeDefined();
  });

  test('runs beside others that were given no name either', async () => {
    const one = keep(await HttpMember.start('one'));
    const { name: _, ...unnamed } = webSpec([one]);
    const [first, second] = [keep(new Balancer(unnamed)), keep(new Balancer(unnamed))];
    await first.start();
    await expect(second.start()).resolves.toBeDefined();
    expect([first.name, second.name]).toEqual(['balancer', 'balancer']);
    // A name that is given on purpose is somebody's own, also when it is the default.
    await keep(new Balancer({ ...unnamed, name: 'balancer' })).start();
    const again = keep(new Balancer({ ...unnamed, name: 'balancer' }));
    await expect(again.start()).rejects.toMatchObject({ code: 'EK_IN_USE' });
    await first.apply({ ...unnamed, description: 'changed' });
    await first.close();
    await expect(second.apply(unnamed)).resolves.toMatchObject({ isEmpty: true });
  });

  test('keeps to the host’s limit of balancers', async () => {
    const one = keep(await HttpMember.start('one'));
    await keep(new Balancer(webSpec([one], 'first'))).start();
    const second = keep(new Balancer(webSpec([one], 'second'), { limits: { maxBalancers: 1 } }));
    await expect(second.start()).rejects.toMatchObject({ code: 'EK_LIMIT' });
  });

  test('tells what it does, in order', async () => {
    const one = keep(await HttpMember.start('one'));
    const balancer = new Balancer(webSpec([one]));
    const heard: string[] = [];
    for (const name of EVENT_NAMES) balancer.on(name, () => heard.push(name));
    await balancer.start();
    await balancer.apply(webSpec([one]));
    await balancer.drain();
    await balancer.close();
    expect(heard).toEqual([
      'frontend:listening',
      'balancer:started',
      'spec:applied',
      'balancer:draining',
      'frontend:draining',
      'frontend:closed',
      'balancer:closed',
    ]);
  });

  test('shows frontends, members and totals in its status', async () => {
    const one = keep(await HttpMember.start('one'));
    const { balancer, port } = await startWeb([one]);
    await send(port);
    await send(port);
    const status = balancer.status();
    expect(status).toMatchObject({
      name: 'web-lb',
      state: 'running',
      frontends: [
        {
          name: 'public',
          protocol: 'http',
          addresses: [{ address: '127.0.0.1', port }],
          totals: { connections: 2, requests: 2, failed: 0 },
        },
      ],
      pools: [{ name: 'web', strategy: 'round-robin', members: [{ name: 'one', eligible: true }] }],
    });
    expect(status.pools[0]?.members[0]?.totals.picked).toBe(2);
    expect(() => JSON.stringify(status)).not.toThrow();
  });
});

describe('Balancer from classes', () => {
  /** Always the last eligible member, and a name of its own. */
  const lastOne: Strategy = {
    name: 'last-one',
    build: (members) => ({
      pick: (_context, isEligible) => [...members].reverse().find((member) => isEligible(member)),
    }),
  };

  test('serves with frontend, pool, checker and strategy that were made by hand', async () => {
    const one = keep(await HttpMember.start('one'));
    const two = keep(await HttpMember.start('two'));
    const health = new HealthChecker(parseMonitor('http:/health:100ms'));
    const pool = new Pool({
      name: 'web',
      strategy: lastOne,
      health,
      members: [one.address, two.address],
    });
    const frontend = new Frontend({
      name: 'public',
      protocol: 'http',
      bind: '127.0.0.1:0',
      pool,
    });
    const balancer = keep(new Balancer({ name: 'by-hand', frontends: [frontend] }));
    expect(balancer.pool('web')).toBe(pool);
    expect(balancer.frontend('public')).toBe(frontend);
    const isUp = balancer.events.once('member:up');
    const { public: addresses } = await balancer.start();
    await isUp;
    await expect(send(addresses?.[0]?.port ?? 0)).resolves.toMatchObject({ body: 'two' });
    expect(balancer.status().pools[0]?.strategy).toBe('last-one');
    await balancer.close();
    await health.close();
  });

  test('knows the code that its parts were built with, also for a later apply', async () => {
    const member = keep(await HttpMember.start('one'));
    const monitor = { type: 'custom', interval: '100ms' } as const;
    const probe = { check: () => Promise.resolve({ ok: true, reason: 'asked' }) };
    const checkers = ['a', 'b'].map((name) => new HealthChecker({ ...monitor, name }, { probe }));
    const find = (): readonly string[] => [member.address];
    const discovery = { type: 'custom', use: 'find' } as const;
    const balancer = keep(
      new Balancer({
        name: 'by-hand',
        pools: [
          { name: 'checked', members: [member.address], health: 'b' },
          new Pool({ name: 'found', members: [], discovery }, { extensions: { find } }),
        ],
        monitors: checkers,
      }),
    );
    const isUp = balancer.events.once('member:up');
    await balancer.start();
    expect(await isUp).toMatchObject({ pool: 'checked', reason: 'asked' });
    expect(balancer.pool('found').members).toHaveLength(1);
    const [first, second] = balancer.spec.monitors;
    const slower = await balancer.apply({
      ...balancer.spec,
      monitors: [first!, { ...second!, interval: 200 }],
    });
    expect(slower.monitors.changed).toEqual([{ name: 'b', fields: ['interval'] }]);
    expect((await balancer.apply(balancer.spec)).isEmpty).toBe(true);
  });

  test('takes instances and plain objects mixed', async () => {
    const one = keep(await HttpMember.start('one'));
    const two = keep(await HttpMember.start('two'));
    const left = new Pool({ name: 'left', members: [one.address] });
    const right = {
      name: 'right',
      strategy: lastOne,
      health: 'shared',
      members: [one.address, two.address],
    };
    const balancer = keep(
      new Balancer({
        frontends: [
          { name: 'a', protocol: 'http', bind: '127.0.0.1:0', pool: left },
          { name: 'b', protocol: 'http', bind: '127.0.0.1:0', pool: 'right' },
        ],
        pools: [right],
        monitors: [{ name: 'shared', type: 'http', path: '/health', interval: '100ms' }],
      }),
    );
    const { a, b } = await balancer.start();
    await expect(send(a?.[0]?.port ?? 0)).resolves.toMatchObject({ body: 'one' });
    await expect(send(b?.[0]?.port ?? 0)).resolves.toMatchObject({ body: 'two' });
  });

  test('keeps a strategy instance when an apply changes the members', async () => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((name) => HttpMember.start(name)),
    );
    if (one === undefined || two === undefined || three === undefined)
      throw new Error('no members');
    for (const member of [one, two, three]) keep(member);
    const spec = webSpec([one, two]);
    const balancer = keep(
      new Balancer({
        ...spec,
        pools: spec.pools?.map((pool) => ({ ...pool, strategy: lastOne })) ?? [],
      }),
    );
    const { public: addresses } = await balancer.start();
    await balancer.apply(webSpec([one, two, three]));
    await expect(send(addresses?.[0]?.port ?? 0)).resolves.toMatchObject({ body: 'three' });
  });

  test('reports faults of the whole, wherever they come from', () => {
    const pool = new Pool({ name: 'web', members: ['127.0.0.1:9'] });
    expect(
      () =>
        new Balancer({
          frontends: [{ name: 'public', protocol: 'http', bind: ':0', pool: 'webb' }],
          pools: [pool],
        }),
    ).toThrow(
      expect.objectContaining({
        issues: [
          expect.objectContaining({
            path: 'frontends[0].pool',
            message: expect.stringContaining('did you mean "web"?'),
          }),
        ],
      }),
    );
  });
});

describe('Balancer.drain', () => {
  /** Starts a balancer with one request under way; `finish` lets the member answer it. */
  async function withOneRequest(): Promise<{
    balancer: Balancer;
    reply: ReturnType<typeof send>;
    finish: () => void;
    port: number;
  }> {
    let finish: () => void = () => undefined;
    const slow = keep(
      await HttpMember.start('slow', {
        answer: (_request, response) => {
          finish = () => void response.end('slow');
        },
      }),
    );
    const { balancer, port } = await startWeb([slow]);
    const reply = send(port);
    reply.catch(() => undefined);
    await slow.sees(1);
    return { balancer, reply, finish: () => finish(), port };
  }

  test('lets what is under way finish, takes nothing new, and counts', async () => {
    const { balancer, reply, finish, port } = await withOneRequest();
    const drained = balancer.drain();
    await balancer.frontend('public').stopped;
    await expect(send(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(balancer.status().state).toBe('draining');
    finish();
    await expect(reply).resolves.toEqual({ status: 200, body: 'slow' });
    await expect(drained).resolves.toEqual({ completed: 1, aborted: 0, stillOpen: 0 });
  });

  test('cuts what is left at the deadline, and counts it', async () => {
    const { balancer, reply } = await withOneRequest();
    await expect(balancer.drain({ deadlineMs: 20 })).resolves.toEqual({
      completed: 0,
      aborted: 1,
      stillOpen: 0,
    });
    await expect(reply).rejects.toThrow();
  });

  test('ends at once when the balancer closes meanwhile', async () => {
    const { balancer, reply } = await withOneRequest();
    const drained = balancer.drain({ deadlineMs: 600_000 });
    await balancer.events.once('frontend:draining');
    await balancer.close();
    await expect(drained).resolves.toMatchObject({ aborted: 1 });
    await expect(reply).rejects.toThrow();
  });

  test('answers every drain the same, and refuses applies from then on', async () => {
    const one = keep(await HttpMember.start('one'));
    const { balancer } = await startWeb([one]);
    const first = balancer.drain();
    expect(balancer.drain()).toBe(first);
    await expect(balancer.apply(webSpec([one]))).rejects.toMatchObject({
      code: 'EK_CLOSED',
      message: 'balancer "web-lb" is draining',
    });
  });

  test('closes an idle kept connection at once', async () => {
    const one = keep(await HttpMember.start('one'));
    const { balancer, port } = await startWeb([one]);
    const client = await idleConnection(port);
    const ended = once(client, 'end');
    await expect(balancer.drain({ deadlineMs: 600_000 })).resolves.toMatchObject({ aborted: 0 });
    await ended;
    client.destroy();
  });
});

/** A connection on which one request has been answered. */
async function idleConnection(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  let text = '';
  while (!text.endsWith('one')) {
    const [chunk] = (await once(client, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  client.resume();
  return client;
}
