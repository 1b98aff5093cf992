// Lists at the end of a run every program that was missing, which tests were skipped for it, and how to install it.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

export default class MissingProgramsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    printCounts(modules);
    const file = path.join(tmpdir(), `evenkeel-missing-${process.env['EVENKEEL_RUN'] ?? ''}.txt`);
    if (!existsSync(file)) return;
    const lines = [...new Set(readFileSync(file, 'utf8').trim().split('\n'))].map((line) =>
      line.split('\t'),
    );
    rmSync(file, { force: true });
    const packages = [...new Set(lines.map(([, name]) => name))];
    console.log('\n!! Skipped, because a program is missing:');
    for (const [program, , suite] of lines) console.log(`!!   ${program}: ${suite}`);
    console.log(`!! To run them: npm run setup   (or: apt-get install ${packages.join(' ')})\n`);
  }
}

/** A last line that a person and a CI can read: `tests: 12 passed, 0 failed, 1 skipped`. */
function printCounts(modules: readonly TestModule[]): void {
  const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  for (const module of modules)
    for (const test of module.children.allTests()) counts[test.result().state]++;
  console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
