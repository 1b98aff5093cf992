// The five commands of docs/haproxy.md, as a new user types them: in a clean folder, with the spec of the page.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { blocksOf } from '../../support/docs-program.js';
import { RunningCli, runCli } from '../../support/evenkeel-cli.js';
import { send } from '../../support/http-client.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

let folder = '';
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A command of the page as arguments of evenkeel, files in the clean folder. */
function wordsOf(command: string | undefined): readonly string[] {
  const [, ...words] = (command ?? '').replace(/ > .*$/, '').split(' ');
  return words.map((word) =>
    word === 'web.yaml' || word === 'preview' ? path.join(folder, word) : word,
  );
}

describeWith(['haproxy'], 'from in process to production in five commands', () => {
  test('each of them does what the page says', async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'evk-'));
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const port = await freePort();
    const [yaml = ''] = blocksOf('docs/haproxy.md', 'yaml');
    const spec = yaml
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('127.0.0.1:9001', one.address)
      .replace('127.0.0.1:9002', two.address);
    await writeFile(path.join(folder, 'web.yaml'), spec);
    const [block = ''] = blocksOf('docs/haproxy.md', 'bash');
    const commands = block.trim().split('\n');
    expect(commands.length).toBe(5);
    const [install, emit, run, unit, enable] = commands;

    const installed = await runCli(wordsOf(install));
    expect([installed.code, installed.stdout]).toEqual([
      0,
      expect.stringMatching(/^haproxy \S+ is installed already\n$/),
    ]);

    const emitted = await runCli(wordsOf(emit));
    expect([emitted.code, emitted.stderr]).toEqual([0, expect.stringContaining(' 0 refused')]);
    expect(await readdir(path.join(folder, 'preview'))).toContain('haproxy.cfg');

    const [, file = '', ...options] = wordsOf(run);
    const running = keep(new RunningCli(file, options));
    expect(await running.port('public')).toBe(port);
    expect((await send(port)).status).toBe(200);
    running.signal('SIGINT');
    expect(await running.ended()).toBe(0);

    const service = await runCli(wordsOf(unit));
    expect([service.code, service.stderr]).toEqual([0, '']);
    expect(unit).toContain('/evenkeel-web.service');
    // The service's own command line serves too; where its folder would be, one of the test.
    const [, line = ''] = /^ExecStart=(.*)$/m.exec(service.stdout) ?? [];
    const words = line.split(' ').slice(line.split(' ').indexOf('run') + 1);
    const [started = '', ...more] = words.filter((word) => word !== '--json');
    const state = path.join(folder, 'state');
    const serving = keep(
      new RunningCli(
        started,
        more.map((word) => (word === '/var/lib/evenkeel/web' ? state : word)),
      ),
    );
    expect(await serving.port('public')).toBe(port);
    expect((await send(port)).status).toBe(200);
    serving.signal('SIGTERM');
    expect(await serving.ended()).toBe(0);
    // Nothing but systemd can do the last one.
    expect(enable).toBe('systemctl enable --now evenkeel-web');
  });
});
