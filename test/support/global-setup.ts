// Runs once before the test run: a fresh note of missing programs.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export default function setup(): void {
  process.env['EVENKEEL_RUN'] ??= String(process.pid);
  rmSync(path.join(tmpdir(), `evenkeel-missing-${process.env['EVENKEEL_RUN']}.txt`), {
    force: true,
  });
}
