// Other Node versions for compatibility runs, from npm packages that carry the binary itself.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Path of a Node binary of the given major version; the running one serves its own major. Installs it on first use. */
export function nodeBinary(major) {
  if (process.versions.node.split('.')[0] === String(major)) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = path.resolve('node_modules/.cache/other-node', String(major));
  const binary = path.join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
    const args = ['install', '--no-audit', '--no-fund', '--no-save', `${name}@${major}`];
    const result = spawnSync('npm', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (result.status !== 0 || !existsSync(binary)) {
      throw new Error(`could not install Node ${major} (npm ${args.join(' ')}):\n${result.stderr}`);
    }
  }
  return binary;
}
