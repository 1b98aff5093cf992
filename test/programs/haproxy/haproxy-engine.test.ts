// The second engine: a spec on a real HAProxy, changed while clients come, and everything that can go wrong with it.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import type { BalancerEvents } from '../../../src/model/events.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import type { MemberSpec } from '../../../src/spec/member.js';
import type { PoolSpec } from '../../../src/spec/pool.js';
import { Load, send } from '../../support/http-client.js';
import { type Answer, HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-eng-'));
  cleanups.push(async () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function engineOf(
  spec: BalancerSpec,
  options: Partial<{ directory: string; program: string; prometheus: string }> = {},
) {
  const engine = new HaproxyEngine(spec, { directory: folder(), observeMs: 50, ...options });
  cleanups.push(() => engine.close());
  return engine;
}

function member(server: HttpMember, more: Partial<MemberSpec> = {}): MemberSpec {
  return { name: server.name, address: server.address, ...more };
}

function webSpec(port: number, members: MemberSpec[], pool: Partial<PoolSpec> = {}): BalancerSpec {
  return {
    name: 'web-lb',
    frontends: [{ name: 'public', protocol: 'http', bind: [`127.0.0.1:${port}`], pool: 'web' }],
    pools: [{ name: 'web', members, ...pool }],
  };
}

async function heard<Name extends keyof BalancerEvents>(
  engine: HaproxyEngine,
  name: Name,
): Promise<BalancerEvents[Name]> {
  return engine.events.once(name);
}

/** Resolves when nobody listens on the port any more. */
async function refuses(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (!isOpen) return;
  }
}

const FAST = { type: 'http', path: '/health', interval: 50, fall: 1, rise: 1 } as const;

describeWith(['haproxy'], 'HaproxyEngine', () => {
  test('starts, serves, tells its status, drains and closes', async () => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one)]));
    const isUp = heard(engine, 'balancer:started');
    await expect(engine.start()).resolves.toEqual({ public: [{ address: '127.0.0.1', port }] });
    await isUp;
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
    await engine.refresh();
    expect(engine.status()).toMatchObject({
      name: 'web-lb',
      state: 'running',
      frontends: [{ name: 'public', totals: { requests: 1 } }],
      pools: [{ name: 'web', members: [{ name: 'one', eligible: true, totals: { picked: 1 } }] }],
    });
    await expect(engine.drain()).resolves.toEqual({ completed: 0, aborted: 0, stillOpen: 0 });
    await expect(send(port)).rejects.toThrow(/ECONNREFUSED/);
    await engine.close();
    expect(engine.status().state).toBe('closed');
    await expect(engine.apply(engine.spec)).rejects.toMatchObject({ code: 'EK_CLOSED' });
  });

  test("HAProxy's exporter answers on an address of its own, also after a reload", async () => {
    const one = keep(await HttpMember.start('one'));
    const [port, exporter] = [await freePort(), await freePort()];
    const spec = webSpec(port, [member(one)]);
    const engine = engineOf(spec, { prometheus: `127.0.0.1:${exporter}` });
    await engine.start();
    await send(port);
    const scrape = async (): Promise<string> => (await send(exporter, '/metrics')).body;
    expect(await scrape()).toContain('haproxy_frontend_http_requests_total{proxy="public"} 1');
    expect(await send(exporter, '/')).toMatchObject({ status: 404 });
    await engine.apply({ ...spec, frontends: [{ ...spec.frontends![0]!, name: 'renamed' }] });
    await send(port);
    expect(await scrape()).toContain('haproxy_frontend_http_requests_total{proxy="renamed"} 1');
    expect(engine.status().frontends.map(({ name }) => name)).toEqual(['renamed']);
  });

  test('a log that comes with a change is printed, though there was none at the start', async () => {
    const server = keep(await HttpMember.start('one'));
    const port = await freePort();
    const spec = webSpec(port, [member(server)]);
    const [frontend] = spec.frontends ?? [];
    const engine = engineOf(spec);
    await engine.start();
    await engine.apply({ ...spec, frontends: [{ ...frontend!, accessLog: { format: 'json' } }] });
    const write = vi.spyOn(process.stdout, 'write');
    try {
      const printed = new Promise<string>((resolve) => {
        write.mockImplementation((chunk) => {
          if (String(chunk).includes('"member"')) resolve(String(chunk));
          return true;
        });
      });
      await send(port, '/logged');
      expect(JSON.parse(await printed)).toMatchObject({ target: '/logged', member: 'one' });
    } finally {
      write.mockRestore();
    }
  });

  test('an exporter where somebody else listens is refused, and HAProxy does not start', async () => {
    const port = await freePort();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    cleanups.push(async () => void taken.close());
    const { port: exporter } = taken.address() as AddressInfo;
    const engine = engineOf(webSpec(port, [{ address: '127.0.0.1:9' }]), {
      prometheus: `127.0.0.1:${exporter}`,
    });
    await expect(engine.start()).rejects.toMatchObject({
      message: expect.stringContaining(`127.0.0.1:${exporter}`),
    });
    await expect(send(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a drain lets what is open finish, and cuts the rest at the deadline', async () => {
    const held: (() => void)[] = [];
    const answer: Answer = (_request, response) => void held.push(() => response.end('late'));
    const one = keep(await HttpMember.start('one', { answer }));
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one)]));
    await engine.start();
    const first = send(port, '/first');
    const second = send(port, '/second').catch(() => 'cut');
    await one.sees(2);
    const drained = engine.drain({ deadlineMs: 3000 });
    await refuses(port);
    held[one.seen.indexOf('GET /first')]?.();
    await expect(first).resolves.toMatchObject({ status: 200, body: 'late' });
    // What came while it asked HAProxy may be among them.
    await expect(drained).resolves.toMatchObject({ aborted: 1, stillOpen: 0 });
    expect((await drained).completed).toBeGreaterThanOrEqual(1);
    await expect(second).resolves.toBe('cut');
  });

  test('tells of members that go down and come back', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const engine = engineOf(
      webSpec(await freePort(), [member(one), member(two)], { health: FAST }),
    );
    const up = new Set<string>();
    const bothUp = new Promise<void>((resolve) => {
      engine.on('member:up', ({ member: name }) => void (up.add(name).size === 2 && resolve()));
    });
    await engine.start();
    await bothUp;
    const isDown = heard(engine, 'member:down');
    two.healthStatus = 500;
    await expect(isDown).resolves.toMatchObject({ pool: 'web', member: 'two' });
    expect(engine.status().pools[0]?.members[1]).toMatchObject({ health: 'down', eligible: false });
    const isBack = heard(engine, 'member:up');
    two.healthStatus = 200;
    await expect(isBack).resolves.toMatchObject({ member: 'two' });
  });

  test('weights, states and members of a dynamic pool need no reload; a route does', async () => {
    const servers = [];
    for (const name of ['one', 'two', 'three']) servers.push(keep(await HttpMember.start(name)));
    const [one, two, three] = servers as [HttpMember, HttpMember, HttpMember];
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one), member(two)]));
    await engine.start();
    const bodies = async (): Promise<string[]> => {
      const got = [];
      for (let i = 0; i < 6; i++) got.push((await send(port)).body);
      return got.sort();
    };
    await engine.apply(webSpec(port, [member(one, { weight: 2 }), member(two)]));
    expect(await bodies()).toEqual(['one', 'one', 'one', 'one', 'two', 'two']);
    await engine.apply(webSpec(port, [member(one, { state: 'maintenance' }), member(two)]));
    expect(new Set(await bodies())).toEqual(new Set(['two']));
    const isAdded = heard(engine, 'member:added');
    await engine.apply(webSpec(port, [member(one), member(two), member(three)]));
    await expect(isAdded).resolves.toMatchObject({ member: 'three' });
    expect(await bodies()).toEqual(['one', 'one', 'three', 'three', 'two', 'two']);
    const isGone = heard(engine, 'member:removed');
    await engine.apply(webSpec(port, [member(two), member(three)]));
    expect(new Set(await bodies())).toEqual(new Set(['two', 'three']));
    await expect(isGone).resolves.toMatchObject({ member: 'one', aborted: 0 });
    expect(engine.applied).toEqual({ reloads: 0, byCommands: 4 });

    const isReloaded = heard(engine, 'engine:reloaded');
    const before = webSpec(port, [member(two), member(three)]);
    const [frontend] = before.frontends ?? [];
    if (frontend === undefined) throw new Error('no frontend');
    const routes = [{ match: { path: '/no' }, respond: { status: 410 } }];
    const diff = await engine.apply({ ...before, frontends: [{ ...frontend, routes }] });
    expect(diff.frontends.changed).toMatchObject([{ name: 'public', fields: ['routes'] }]);
    await isReloaded;
    await expect(send(port, '/no')).resolves.toMatchObject({ status: 410 });
    expect(engine.applied).toEqual({ reloads: 1, byCommands: 4 });
  });

  test('health and weights live through a reload', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const port = await freePort();
    // The next check comes long after the reload.
    const health = { ...FAST, interval: 50, downInterval: 60_000 };
    const engine = engineOf(webSpec(port, [member(one), member(two)], { health }));
    two.healthStatus = 500;
    const isDown = heard(engine, 'member:down');
    await engine.start();
    await isDown;
    const next = webSpec(port, [member(one), member(two)], { health, timeouts: { server: 9000 } });
    await engine.apply(next);
    expect(engine.applied.reloads).toBe(1);
    const bodies = new Set<string>();
    for (let i = 0; i < 6; i++) bodies.add((await send(port)).body);
    expect(bodies).toEqual(new Set(['one']));
  });

  test('weights, addresses and maintenance are those of the spec after a reload, whatever commands have set before', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const port = await freePort();
    const at = (server: HttpMember, more: Partial<MemberSpec>): MemberSpec => ({
      name: 'm',
      address: server.address,
      ...more,
    });
    const other = member(two);
    const spec = (own: MemberSpec, server: number): BalancerSpec =>
      webSpec(port, [own, other], { health: FAST, timeouts: { server } });
    const engine = engineOf(spec(at(one, {}), 9000));
    await engine.start();
    // By commands: weight and maintenance; then everything back, and elsewhere, by a reload.
    await engine.apply(spec(at(one, { weight: 7 }), 9000));
    await engine.apply(spec(at(one, { weight: 7, state: 'maintenance' }), 9000));
    expect(engine.applied.reloads).toBe(0);
    await engine.apply(spec(at(one, { weight: 1 }), 8000));
    expect(engine.applied.reloads).toBe(1);
    const bodies: string[] = [];
    for (let i = 0; i < 6; i++) bodies.push((await send(port)).body);
    expect(bodies.toSorted()).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
    await engine.apply(webSpec(port, [at(two, {})], { timeouts: { server: 7000 } }));
    for (let i = 0; i < 3; i++) await expect(send(port)).resolves.toMatchObject({ body: 'two' });
  });

  test('a dry run compares and checks, and changes nothing', async () => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one)]));
    await engine.start();
    const diff = await engine.apply(webSpec(port, [member(one, { weight: 7 })]), { dryRun: true });
    expect(diff.changes).toBe(1);
    expect(engine.spec.pools[0]?.members[0]?.weight).toBe(1);
    expect(engine.applied).toEqual({ reloads: 0, byCommands: 0 });
  });
});

describeWith(['haproxy'], 'HaproxyEngine, when things go wrong', () => {
  test('what HAProxy can not do is refused with its path, and nothing runs', async () => {
    const spec: BalancerSpec = {
      frontends: [{ name: 'dns', protocol: 'udp', bind: ['127.0.0.1:5353'], pool: 'dns' }],
      pools: [{ name: 'dns', members: ['127.0.0.1:53'] }],
    };
    const engine = engineOf(spec);
    await expect(engine.start()).rejects.toMatchObject({
      code: 'EK_NOT_SUPPORTED',
      issues: [{ path: 'frontends[0]' }, { path: 'pools[0]' }],
    });
    expect(engine.pid).toBeUndefined();
  });

  test('a missing program is EK_PROGRAM, with what to do', async () => {
    const engine = engineOf(webSpec(await freePort(), []), { program: '/nowhere/haproxy' });
    await expect(engine.start()).rejects.toMatchObject({
      code: 'EK_PROGRAM',
      message: expect.stringContaining('evenkeel haproxy install'),
    });
  });

  test('a directory that can not be written is EK_FILE', async () => {
    const file = path.join(folder(), 'file');
    writeFileSync(file, '');
    const engine = engineOf(webSpec(await freePort(), []), { directory: path.join(file, 'below') });
    await expect(engine.start()).rejects.toMatchObject({ code: 'EK_FILE' });
  });

  test('a directory that becomes unwritable fails the change, and the last good configuration serves', async () => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const directory = folder();
    const engine = engineOf(webSpec(port, [member(one)]), { directory });
    await engine.start();
    const configs = path.join(directory, 'configs');
    // Root may write anywhere: a file in the place of the folder stops root too.
    rmSync(configs, { recursive: true });
    writeFileSync(configs, '');
    chmodSync(configs, 0o400);
    const isRejected = heard(engine, 'spec:rejected');
    const next = engine.apply(webSpec(port, [member(one, { weight: 9 })]));
    await expect(next).rejects.toMatchObject({ code: 'EK_FILE' });
    await isRejected;
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('a port in use is EK_BIND with the field, at the start and at a change', async () => {
    const one = keep(await HttpMember.start('one'));
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    cleanups.push(async () => void taken.close());
    const { port: busy } = taken.address() as { port: number };
    const refused = engineOf(webSpec(busy, [member(one)]));
    await expect(refused.start()).rejects.toMatchObject({
      code: 'EK_BIND',
      message: expect.stringMatching(/^frontends\[0\]\.bind\[0\]: 127\.0\.0\.1:\d+ can't/),
    });
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one)]));
    await engine.start();
    const isRejected = heard(engine, 'spec:rejected');
    const isRolledBack = heard(engine, 'engine:rolled-back');
    await expect(engine.apply(webSpec(busy, [member(one)]))).rejects.toMatchObject({
      code: 'EK_BIND',
    });
    await Promise.all([isRejected, isRolledBack]);
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    await engine.apply(webSpec(port, [member(one, { weight: 3 })]));
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('what HAProxy refuses at a change is told at its field, and the last good configuration serves', async () => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const directory = folder();
    // A HAProxy that finds a fault in the line of the algorithm, once it is told to.
    const [flag, program] = [path.join(folder(), 'refuse'), path.join(folder(), 'haproxy')];
    const alert = `echo "[ALERT]    (1) : config : parsing [$3:$n] : unknown algorithm" >&2`;
    writeFileSync(
      program,
      `#!/bin/sh
PATH="$PATH:/usr/sbin:/usr/local/sbin"
if [ "$1" = -c ] && [ -e ${flag} ]; then
  n=$(grep -n '^ *balance ' "$3" | head -n 1 | cut -d: -f1)
  ${alert}
  exit 1
fi
exec haproxy "$@"
`,
      { mode: 0o755 },
    );
    const engine = engineOf(webSpec(port, [member(one)]), { directory, program });
    await engine.start();
    const configs = readdirSync(path.join(directory, 'configs'));
    writeFileSync(flag, '');
    const isRejected = heard(engine, 'spec:rejected');
    const next = webSpec(port, [member(one, { weight: 9 })], { strategy: 'least-connections' });
    await expect(engine.apply(next)).rejects.toMatchObject({
      issues: [
        {
          path: expect.stringMatching(/^pools\[0\]/),
          code: 'EK_HAPROXY',
          message: expect.stringContaining('unknown algorithm'),
        },
      ],
    });
    await expect(isRejected).resolves.toMatchObject({ issues: 1 });
    expect(readdirSync(path.join(directory, 'configs'))).toEqual(configs);
    expect(engine.spec.pools[0]?.strategy.type).toBe('round-robin');
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    rmSync(flag);
    await engine.apply(next);
    expect(engine.spec.pools[0]?.strategy.type).toBe('least-connections');
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('two engines do not share a directory', async () => {
    const one = keep(await HttpMember.start('one'));
    const directory = folder();
    const engine = engineOf(webSpec(await freePort(), [member(one)]), { directory });
    await engine.start();
    const second = engineOf(webSpec(await freePort(), [member(one)]), { directory });
    await expect(second.start()).rejects.toMatchObject({ code: 'EK_IN_USE' });
  });

  test.each(['master', 'worker'])('a %s that is killed is told, and started again', async (who) => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one)]));
    await engine.start();
    await engine.apply(webSpec(port, [member(one, { weight: 3 })]));
    const [died, restarted] = [heard(engine, 'engine:died'), heard(engine, 'engine:restarted')];
    const master = engine.pid ?? 0;
    const pgrep = spawnSync('pgrep', ['-P', String(master)], { encoding: 'utf8' });
    process.kill(who === 'master' ? master : Number(pgrep.stdout.trim()), 'SIGKILL');
    await died;
    await expect(restarted).resolves.toMatchObject({ attempts: expect.any(Number) });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    expect(engine.pid).not.toBe(master);
    await engine.apply(webSpec(port, [member(one, { weight: 5 })]));
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('a start that is given up leaves nothing', async () => {
    const engine = engineOf(webSpec(await freePort(), []));
    const started = engine.start();
    await engine.close();
    await started.catch(() => undefined);
    expect(engine.pid).toBeUndefined();
    expect(engine.status().state).toBe('closed');
  });

  test('steady clients notice nothing of changes', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const port = await freePort();
    const engine = engineOf(webSpec(port, [member(one), member(two)]));
    await engine.start();
    const load = new Load(port, 4);
    for (let weight = 1; weight <= 5; weight++) {
      await engine.apply(webSpec(port, [member(one, { weight }), member(two)]));
      await load.answered(20);
    }
    await load.stop();
    expect(load.faults).toEqual([]);
  });
});
