// Asks the installed keepalived whether it would load what was emitted.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmittedFile } from '../../src/emit/emitted-file.js';
import { writeFiles } from './haproxy-check.js';
import { programPath } from './program.js';
import { runProgram } from './run-program.js';

/** A host with an interface, and the files where they belong; nobody else sees either. */
const SCRIPT = `ip link add eth0 type veth peer name other
ip link set eth0 up && ip link set other up
ip addr add 10.98.0.2/24 dev eth0 && ip -6 addr add fd98::2/64 dev eth0 nodad
mount -t tmpfs -o mode=755 none /etc/keepalived && cp -p "$1"/* /etc/keepalived
exec "$2" -t -f /etc/keepalived/keepalived.conf`;

/** Complaints of `keepalived -t` about files for /etc/keepalived; none = it loads them, and says nothing. Needs namespaces. */
export async function keepalivedComplaints(
  files: readonly EmittedFile[],
): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-keepalived-'));
  try {
    await writeFiles(folder, files);
    for (const { path: name, mode } of files) await chmod(path.join(folder, name), mode);
    const args = ['--net', '--mount', 'sh', '-c', SCRIPT, 'sh', folder, programPath('keepalived')];
    const { code, stdout, stderr } = await runProgram('unshare', args);
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    return code === 0 ? lines : [`exit ${code}`, ...lines];
  } finally {
    await rm(folder, { recursive: true });
  }
}
