// Asks the installed nginx whether it would load what was emitted.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmittedFile } from '../../src/emit/emitted-file.js';
import { programPath } from './program.js';
import { runProgram } from './run-program.js';

/** Addresses need not be this machine's: `nginx -t` binds them, in a network of its own. */
const SCRIPT = `echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
ip link set lo up
exec "$@"`;

/** Complaints of `nginx -t` about a configuration; none = it loads, and says nothing. Needs namespaces. */
export async function nginxComplaints(files: readonly EmittedFile[]): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-nginx-'));
  try {
    const file = path.join(folder, 'nginx.conf');
    await writeFile(file, files[0]?.content ?? '');
    const own = `pid ${folder}/nginx.pid; error_log stderr;`;
    const nginx = [programPath('nginx'), '-t', '-e', 'stderr', '-g', own, '-c', file];
    const { code, stderr } = await runProgram('unshare', [
      '--net',
      'sh',
      '-c',
      SCRIPT,
      'sh',
      ...nginx,
    ]);
    const lines = stderr.split('\n').filter((line) => line !== '');
    const told = lines.filter((line) => !/(syntax is ok|test is successful)$/.test(line));
    return code === 0 ? told : [`exit ${code}`, ...lines];
  } finally {
    await rm(folder, { recursive: true });
  }
}
