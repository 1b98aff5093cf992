// Every ready scenario plays as its file expects, through the command line as a user runs it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/evenkeel-cli.js';

const FOLDER = fileURLToPath(new URL('../../examples/scenarios/', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-scenarios-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('evenkeel simulate', () => {
  test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))(
    '%s shows what it promises',
    async (name) => {
      const page = path.join(folder, `${name}.html`);
      const { code, stdout, stderr } = await runCli([
        'simulate',
        `${FOLDER}${name}`,
        '--html',
        page,
      ]);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^availability +[\d.]+ %/m);
      expect(readFileSync(page, 'utf8')).toContain('<svg');
    },
  );

  test('there are the seven that docs/simulator.md names', () => {
    const docs = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
    expect(names).toHaveLength(7);
    for (const name of names) expect(docs).toContain(name);
  });

  test('another seed draws other numbers, the same one the same bytes', async () => {
    const play = async (...args: string[]): Promise<string> =>
      (await runCli(['simulate', `${FOLDER}slow-member.yaml`, '--json', ...args])).stdout;
    const [first, again, other] = [await play(), await play(), await play('--seed', '7')];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect((JSON.parse(other) as { seed: number }).seed).toBe(7);
  });

  test('what it expects and does not get is told, with the exit code', async () => {
    const file = path.join(folder, 'strict.yaml');
    const text = readFileSync(`${FOLDER}thundering-herd.yaml`, 'utf8');
    writeFileSync(file, text.replace('failOverWithin: 30s', 'failOverWithin: 1s'));
    const { code, stderr } = await runCli(['simulate', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('at most 1 s is allowed');
    expect(stderr).toMatch(/> +0:30 +fault +kill \*/);
  });

  test('every fault of a scenario is told with its path, a log is read from beside it', async () => {
    const file = path.join(folder, 'faulty.yaml');
    writeFileSync(
      path.join(folder, 'access.log'),
      '10.0.0.9 - - [10/Oct/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 1\n',
    );
    const spec =
      'spec: { frontends: [{ name: a, protocol: tcp, bind: [":1"], pool: p }], pools: [{ name: p, members: ["10.0.0.1:1"] }] }';
    writeFileSync(file, `duration: 1s\n${spec}\narrivals: { replay: access.log }\nmembrs: {}\n`);
    const faulty = await runCli(['simulate', file]);
    expect(faulty.code).toBe(1);
    expect(faulty.stderr).toContain('membrs: unknown key; did you mean "members"?');
    writeFileSync(file, `duration: 1s\n${spec}\narrivals: { replay: access.log }\n`);
    const good = await runCli(['simulate', file]);
    expect(good.stdout).toMatch(/^requests +1 /m);
    const missing = await runCli(['simulate', path.join(folder, 'none.yaml')]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('there is no such file');
  });
});
