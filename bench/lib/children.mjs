// Processes of a run: started on a core of their own, measured through /proc, and ended by pid whatever happens.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();
/** Configuration files and pid files of this run. */
export const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));

/**
 * Starts a program on one core. Its output goes nowhere but into `child.log` (the last 8 KiB).
 * @param {number} core
 * @param {string[]} command program and arguments
 */
export function spawnOn(core, command, options = {}) {
  const child = spawn('taskset', ['-c', String(core), ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    ...options,
  });
  child.log = '';
  const keep = (chunk) => {
    child.log = (child.log + chunk).slice(-8192);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs a program to its end and returns what it wrote; throws if it failed. */
export async function runOn(core, command, options = {}) {
  const child = spawnOn(core, command, options);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}\n${child.log}`);
  return output;
}

/** Ends a process and waits until it is gone. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Ends all that is left and removes the files. Safe to call again. */
export function stopAll() {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

process.once('exit', stopAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** A port nobody listens on, for programs that can't be asked for port 0. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Waits until a program accepts connections; throws with its output if it ends or takes over 10 s. */
export async function accepting(child, port) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    if (await canConnect(port)) return;
    await sleep(50);
  }
  throw new Error(`${child.spawnargs.slice(3).join(' ')} does not listen on ${port}\n${child.log}`);
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Nanoseconds the threads of a process were on a processor. */
export function cpuNs(pid) {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // the thread ended meanwhile
    }
  }
  return total;
}

/** Resident memory of a process, KiB. */
export function residentKiB(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
