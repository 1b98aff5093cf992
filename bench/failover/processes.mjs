// Processes of a host: started in its namespace, signalled with their children, and ended by pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Starts a program in a namespace; `child.log` keeps the last 8 KiB that it wrote, `onLine` hears its standard output. */
export function startIn({ namespace }, command, onLine) {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.log = '';
  let rest = '';
  const keep = (chunk) => {
    child.log = (child.log + chunk).slice(-8192);
  };
  child.stderr.on('data', keep);
  child.stdout.on('data', (chunk) => {
    keep(chunk);
    if (onLine === undefined) return;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return child;
}

/** Signals processes and all their children. */
export function signalAll(children, signal) {
  const pids = children.flatMap(({ pid, exitCode, signalCode }) =>
    exitCode === null && signalCode === null ? [pid, ...childrenOf(pid)] : [],
  );
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Resolves when they have ended. */
export async function ended(children) {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function childrenOf(pid) {
  try {
    const found = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '),
    );
    const direct = found.filter((text) => text !== '').map(Number);
    return [...direct, ...direct.flatMap((child) => childrenOf(child))];
  } catch {
    return [];
  }
}
