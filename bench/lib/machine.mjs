// What a result must say about where it came from.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Node, commit and processor of this run. */
export function describeMachine(root) {
  const git = (...args) =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  return {
    node: process.version,
    commit: git('rev-parse', '--short', 'HEAD') || 'unknown',
    hasUncommittedChanges: git('status', '--porcelain', '--', 'src') !== '',
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    at: new Date().toISOString(),
  };
}
