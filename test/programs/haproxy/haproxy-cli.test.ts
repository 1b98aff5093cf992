// `evenkeel run --engine haproxy`: the built program and a real HAProxy, its lines, signals and exit codes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { RunningCli, runCli } from '../../support/evenkeel-cli.js';
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
  const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-cli-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Process ids of what a process has started. */
function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return stdout.trim().split('\n').map(Number);
}

/** Ends by signals, so that no HAProxy is left behind: a killed one would leave it serving. */
function runOnHaproxy(file: string, options: readonly string[] = []): RunningCli {
  const cli = new RunningCli(file, ['--engine', 'haproxy', ...options]);
  cleanups.push(async () => {
    cli.signal('SIGTERM');
    cli.signal('SIGTERM');
    await cli.ended();
  });
  return cli;
}

function webYaml(port: number, members: readonly HttpMember[], more: string = ''): string {
  const list = members.map(({ name, address }) => `{ name: ${name}, address: "${address}" }`);
  return `
name: web-lb
frontends:
  - { name: public, protocol: http, bind: ["127.0.0.1:${port}"], pool: web${more} }
pools:
  - name: web
    health: { type: http, path: /health, interval: 100, fall: 1, rise: 1 }
    members: [${list.join(', ')}]
`;
}

describeWith(['haproxy'], 'evenkeel run --engine haproxy', () => {
  test('prints the addresses first, serves, tells of health, applies on SIGHUP with and without a reload, drains on SIGTERM', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const where = folder();
    const file = path.join(where, 'web.yaml');
    const directory = path.join(where, 'lb');
    const port = await freePort();
    await writeFile(file, webYaml(port, [one]));
    const cli = runOnHaproxy(file, ['--directory', directory]);
    expect(await cli.port('public')).toBe(port);
    expect(cli.first()).toEqual({
      event: 'listening',
      frontends: { public: [{ address: '127.0.0.1', port }] },
    });
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
    await expect(cli.line('member:up')).resolves.toMatchObject({ pool: 'web', member: 'one' });

    await writeFile(file, webYaml(port, [one, two]));
    cli.signal('SIGHUP');
    await expect(cli.line('member:added')).resolves.toMatchObject({ pool: 'web', member: 'two' });
    await expect(cli.line('spec:applied')).resolves.toMatchObject({
      changes: 1,
      reason: 'pool web: +two',
    });
    const bodies = new Set<string>();
    for (let i = 0; i < 4; i++) bodies.add((await send(port)).body);
    expect(bodies).toEqual(new Set(['one', 'two']));

    const route = ', routes: [{ match: { path: /no }, respond: { status: 410 } }]';
    await writeFile(file, webYaml(port, [one, two], route));
    cli.signal('SIGHUP');
    await expect(cli.line('engine:reloaded')).resolves.toMatchObject({
      needed: expect.any(String),
    });
    await cli.line('spec:applied');
    await expect(send(port, '/no')).resolves.toMatchObject({ status: 410 });

    cli.signal('SIGTERM');
    await cli.line('balancer:draining');
    await expect(cli.line('frontend:draining')).resolves.toMatchObject({ frontend: 'public' });
    await expect(cli.line('frontend:closed')).resolves.toMatchObject({
      frontend: 'public',
      aborted: 0,
    });
    await cli.line('balancer:closed');
    await expect(cli.ended()).resolves.toBe(0);
    await expect(send(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('requests under way finish after SIGTERM; a second signal cuts them', async () => {
    let finish: () => void = () => undefined;
    const slow = keep(
      await HttpMember.start('slow', {
        answer: (request, response) => {
          if (request.url === '/finishes') finish = () => response.end('slow');
        },
      }),
    );
    const port = await freePort();
    const file = path.join(folder(), 'web.yaml');
    await writeFile(file, webYaml(port, [slow]));
    const cli = runOnHaproxy(file);
    await cli.port('public');
    const good = send(port, '/finishes');
    const cut = send(port, '/silent');
    cut.catch(() => undefined);
    await slow.sees(2);
    cli.signal('SIGTERM');
    await cli.line('frontend:draining');
    finish();
    await expect(good).resolves.toEqual({ status: 200, body: 'slow' });
    cli.signal('SIGTERM');
    await expect(cli.line('frontend:closed')).resolves.toMatchObject({ aborted: 1 });
    await expect(cli.ended()).resolves.toBe(0);
    await expect(cut).rejects.toThrow();
  });

  test('a reload that HAProxy can not carry out is told with its path, and the running spec serves on', async () => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const file = path.join(folder(), 'web.yaml');
    await writeFile(file, webYaml(port, [one]));
    const cli = runOnHaproxy(file);
    await cli.port('public');
    await writeFile(
      file,
      webYaml(port, [one]).replace('members:', 'strategy: peak-ewma\n    members:'),
    );
    cli.signal('SIGHUP');
    await expect(cli.line('spec:rejected')).resolves.toMatchObject({
      issues: [{ path: expect.stringContaining('pools[0].strategy'), code: 'EK_NOT_SUPPORTED' }],
    });
    const taken = createServer().listen(0, '127.0.0.1');
    cleanups.push(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port: busy } = taken.address() as { port: number };
    await writeFile(file, webYaml(busy, [one]));
    cli.signal('SIGHUP');
    await cli.line('engine:rolled-back');
    await expect(cli.line('spec:rejected')).resolves.toMatchObject({
      issues: [{ code: 'EK_BIND', message: expect.stringContaining('frontends[0].bind[0]') }],
    });
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
  });

  test('a HAProxy that is killed is told, and started again', async () => {
    const one = keep(await HttpMember.start('one'));
    const port = await freePort();
    const file = path.join(folder(), 'web.yaml');
    await writeFile(file, webYaml(port, [one]));
    const cli = runOnHaproxy(file);
    await cli.port('public');
    process.kill(childrenOf(cli.pid)[0] ?? 0, 'SIGKILL');
    await cli.line('engine:died');
    await cli.line('engine:restarted');
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
  });

  test('ends with 1 and the path for what HAProxy can not do, with 3 for a missing program or an unwritable directory', async () => {
    const where = folder();
    const file = path.join(where, 'web.yaml');
    const port = await freePort();
    await writeFile(
      file,
      webYaml(port, []).replace('members:', 'strategy: peak-ewma\n    members:'),
    );
    const onHaproxy = ['run', file, '--engine', 'haproxy'];
    const refused = await runCli(onHaproxy);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^invalid: .*: 1 fault\n {2}pools\[0\]\.strategy/);
    await writeFile(file, webYaml(port, []));
    const missing = await runCli([...onHaproxy, '--haproxy', '/nowhere/haproxy']);
    expect(missing).toMatchObject({ code: 3, stdout: '' });
    expect(missing.stderr).toContain('evenkeel haproxy install');
    const unwritable = await runCli([...onHaproxy, '--directory', path.join(file, 'below')]);
    expect(unwritable).toMatchObject({ code: 3, stdout: '' });
    expect(unwritable.stderr).toContain(path.join(file, 'below'));
    const misplaced = await runCli(['run', file, '--directory', where]);
    expect(misplaced).toMatchObject({ code: 2, stderr: expect.stringContaining('--engine') });
  });

  test('a temporary directory is gone at the end', async () => {
    const one = keep(await HttpMember.start('one'));
    const file = path.join(folder(), 'web.yaml');
    await writeFile(file, webYaml(await freePort(), [one]));
    const cli = runOnHaproxy(file);
    await cli.port('public');
    const [master = 0] = childrenOf(cli.pid);
    const words = readFileSync(`/proc/${master}/cmdline`, 'utf8').split('\0');
    const directory = path.dirname(path.dirname(words[words.indexOf('-f') + 1] ?? ''));
    expect(existsSync(path.join(directory, 'configs'))).toBe(true);
    cli.signal('SIGTERM');
    await expect(cli.ended()).resolves.toBe(0);
    expect(existsSync(directory)).toBe(false);
  });
});
