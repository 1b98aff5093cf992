// docs/health.md: its program runs and prints what its comments say, its monitors are valid.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { HealthChecker } from '../../src/health/health-checker.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

const page = readFileSync(path.join(ROOT, 'docs/health.md'), 'utf8');

test('the probe of your own in docs/health.md works as it says', async () => {
  const program = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const promised = [...program.matchAll(/console\.log.*\/\/ (.*)/g)].map((match) => match[1]);
  const source = path.join(ROOT, 'src/health/health-checker.ts');
  const folder = mkdtempSync(path.join(ROOT, 'node_modules/.health-docs-'));
  const file = path.join(folder, 'program.ts');
  writeFileSync(file, program.replace("'evenkeel'", JSON.stringify(source)));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import(file);
    expect(log.mock.calls.map((words) => words.join(' '))).toEqual(promised);
    expect(promised).toHaveLength(2);
  } finally {
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test('every monitor in docs/health.md is valid', () => {
  const monitors = [...page.matchAll(/```yaml\n(type:[\s\S]*?)```/g)].map(
    (match) => match[1] ?? '',
  );
  const types = monitors.map(
    (text) => new HealthChecker(parse(text), { allowExec: true }).config.type,
  );
  expect(types).toEqual(['udp', 'exec']);
});
