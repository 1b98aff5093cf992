// The engine's directory goes away while HAProxy runs: what it serves is not put at risk, and changes say what is missing.
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { send } from '../../support/http-client.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Running {
  readonly engine: HaproxyEngine;
  readonly directory: string;
  readonly port: number;
  /** The same pool behind a frontend of this name: another name needs a reload. */
  readonly spec: (frontend?: string, weight?: number) => BalancerSpec;
}

async function start(): Promise<Running> {
  const one = keep(await HttpMember.start('one'));
  const port = await freePort();
  const above = mkdtempSync(path.join(tmpdir(), 'evenkeel-dir-'));
  cleanups.push(async () => rmSync(above, { recursive: true, force: true }));
  const directory = path.join(above, 'web');
  const spec = (name = 'public', weight = 1): BalancerSpec => ({
    name: 'web-lb',
    frontends: [{ name, protocol: 'http', bind: [`127.0.0.1:${port}`], pool: 'web' }],
    pools: [{ name: 'web', members: [{ name: 'one', address: one.address, weight }] }],
  });
  const engine = new HaproxyEngine(spec(), { directory, observeMs: 50 });
  cleanups.push(() => engine.close());
  await engine.start();
  return { engine, directory, port, spec };
}

const WAYS: readonly (readonly [string, (directory: string) => void])[] = [
  ['moved away', (directory) => renameSync(directory, `${directory}.away`)],
  ['deleted', (directory) => rmSync(directory, { recursive: true })],
  ['left without its run folder', (directory) => rmSync(`${directory}/run`, { recursive: true })],
];

describeWith(['haproxy'], "HaproxyEngine's directory", () => {
  test.each(WAYS)('%s: changes are refused, and HAProxy serves on', async (_way, lose) => {
    const { engine, directory, port, spec } = await start();
    const { pid } = engine;
    const configs = (): boolean => existsSync(`${directory}/configs/000002`);
    lose(directory);
    for (const next of [spec('renamed'), spec('public', 5)])
      for (const dryRun of [false, true])
        await expect(engine.apply(next, { dryRun })).rejects.toMatchObject({
          code: 'EK_FILE',
          message: expect.stringMatching(`^the directory ${directory} can't be used: .*run.* gone`),
        });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    expect(engine.pid).toBe(pid);
    expect(engine.spec.frontends.map(({ name }) => name)).toEqual(['public']);
    // What comes back must not find another one in its place.
    expect(configs()).toBe(false);
  });

  test('moved back, it takes changes by reload and by commands again', async () => {
    const { engine, directory, port, spec } = await start();
    renameSync(directory, `${directory}.away`);
    await expect(engine.apply(spec('renamed'))).rejects.toMatchObject({ code: 'EK_FILE' });
    renameSync(`${directory}.away`, directory);
    await engine.apply(spec('renamed'));
    await engine.apply(spec('renamed', 5));
    expect(engine.applied).toEqual({ reloads: 1, byCommands: 1 });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('made anew, it takes changes by reload, and belongs to this engine again', async () => {
    const { engine, directory, port, spec } = await start();
    rmSync(directory, { recursive: true });
    mkdirSync(`${directory}/run`, { recursive: true });
    await engine.apply(spec('renamed'));
    expect(engine.applied).toEqual({ reloads: 1, byCommands: 0 });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    const other = new HaproxyEngine(spec('renamed'), { directory });
    await expect(other.start()).rejects.toMatchObject({ code: 'EK_IN_USE' });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('HAProxy dies meanwhile: the directory is made anew with what ran', async () => {
    const { engine, directory, port, spec } = await start();
    await engine.apply(spec('renamed'));
    rmSync(directory, { recursive: true });
    const restarted = engine.events.once('engine:restarted');
    process.kill(engine.pid!, 'SIGKILL');
    await restarted;
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    expect(readlinkSync(`${directory}/current`)).toBe('configs/000002');
    await engine.apply(spec('renamed', 5));
    expect(engine.applied).toEqual({ reloads: 1, byCommands: 1 });
  });
});
