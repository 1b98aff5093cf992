// The HAProxy of this machine, if there is one.
import { spawnSync } from 'node:child_process';
import { type HaproxyTarget, targetOf } from '../haproxy/target.js';

/** What `haproxy -v` of this machine understands; undefined = there is none, or it is older than all targets. */
export function installedTarget(): HaproxyTarget | undefined {
  const { stdout, error } = spawnSync('haproxy', ['-v'], {
    encoding: 'utf8',
    timeout: 5000,
    // Debian keeps it where only root's PATH looks.
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` },
  });
  return error === undefined ? targetOf(stdout) : undefined;
}
