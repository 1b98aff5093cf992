// An evenkeel that is killed leaves its HAProxy serving: the next one takes its place, and clients notice nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import { RunningCli } from '../../support/evenkeel-cli.js';
import { send } from '../../support/http-client.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-take-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function specOf(port: number, member: HttpMember, name = 'web-lb') {
  return {
    name,
    frontends: [
      { name: 'public', protocol: 'http' as const, bind: [`127.0.0.1:${port}`], pool: 'web' },
    ],
    pools: [{ name: 'web', members: [{ name: 'm', address: member.address }] }],
  };
}

/** A HAProxy whose engine was killed; it serves from `member`. */
async function leftBehind(directory: string, port: number, member: HttpMember): Promise<void> {
  const file = path.join(folder(), 'web.json');
  await writeFile(file, JSON.stringify(specOf(port, member)));
  const cli = new RunningCli(file, ['--engine', 'haproxy', '--directory', directory]);
  await cli.port('public');
  cli.signal('SIGKILL');
  await cli.ended();
  await expect(send(port)).resolves.toMatchObject({ body: member.name });
}

function engineOf(spec: ReturnType<typeof specOf>, directory: string): HaproxyEngine {
  const engine = new HaproxyEngine(spec, { directory });
  cleanups.push(() => engine.close());
  return engine;
}

/** Requests, each on a connection of its own, until it is stopped. */
class Visitors {
  readonly #seen: string[] = [];
  readonly #all: Promise<void>[];
  #isOver = false;

  constructor(port: number) {
    this.#all = Array.from({ length: 4 }, () => this.#visit(port));
  }

  /** Bodies of all answers, and what failed. */
  async stop(): Promise<readonly string[]> {
    this.#isOver = true;
    await Promise.all(this.#all);
    return this.#seen;
  }

  async #visit(port: number): Promise<void> {
    while (!this.#isOver) {
      const answer = await send(port).catch((error: unknown) => ({ body: String(error) }));
      this.#seen.push(answer.body);
    }
  }
}

describeWith(['haproxy'], 'a HAProxy that was left behind', () => {
  test('hands over to the next engine of its spec: no client is refused, and the new spec holds', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const directory = path.join(folder(), 'd');
    const port = await freePort();
    await leftBehind(directory, port, one);
    const load = new Visitors(port);
    const engine = engineOf(specOf(port, two), directory);
    const started = engine.events.once('balancer:started');
    await engine.start();
    await expect(started).resolves.toMatchObject({
      reason: expect.stringMatching(/listeners of process \d+$/),
    });
    const seen = await load.stop();
    expect(seen.filter((body) => body !== 'one' && body !== 'two')).toEqual([]);
    // Nothing of the old one takes clients any more.
    for (let i = 0; i < 20; i++) await expect(send(port)).resolves.toMatchObject({ body: 'two' });
    await engine.apply({ ...specOf(port, one), labels: { try: '2' } });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    await engine.close();
    await expect(send(port)).rejects.toThrow();
  });

  test('is left alone by an engine of another spec; two engines that live do not share a directory', async () => {
    const one = keep(await HttpMember.start('one'));
    const directory = path.join(folder(), 'd');
    const port = await freePort();
    await leftBehind(directory, port, one);
    const other = engineOf(specOf(await freePort(), one, 'other'), directory);
    await expect(other.start()).rejects.toMatchObject({
      code: 'EK_IN_USE',
      message: expect.stringMatching(/^another HAProxy runs in .* \(process \d+\)/),
    });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    const next = engineOf(specOf(port, one), directory);
    await next.start();
    const second = engineOf(specOf(port, one), directory);
    await expect(second.start()).rejects.toMatchObject({
      code: 'EK_IN_USE',
      message: expect.stringMatching(/^another evenkeel runs/),
    });
  });

  test('serves on when the next configuration does not start', async () => {
    const one = keep(await HttpMember.start('one'));
    const directory = path.join(folder(), 'd');
    const port = await freePort();
    await leftBehind(directory, port, one);
    const spec = specOf(port, one);
    const taken = keep(await HttpMember.start('taken'));
    const clash = {
      ...spec,
      frontends: [
        ...spec.frontends,
        { ...spec.frontends[0]!, name: 'more', bind: [taken.address] },
      ],
    };
    await expect(engineOf(clash, directory).start()).rejects.toMatchObject({ code: 'EK_BIND' });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
    const engine = engineOf(spec, directory);
    await engine.start();
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });
});
