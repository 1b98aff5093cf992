// `npm run conformance`: every scenario on both engines; what was seen becomes docs/conformance.md.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PAGE = 'docs/conformance.md';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-conformance-'));
const file = path.join(folder, 'page.md');
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', '--project', 'conformance'], {
  stdio: 'inherit',
  env: { ...process.env, EVENKEEL_CONFORMANCE: file },
});
try {
  if (status === 0) copyFileSync(file, PAGE);
  else console.error(`${PAGE} is left as it was`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status ?? 1;
