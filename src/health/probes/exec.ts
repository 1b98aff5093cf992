// A program of the operator's: exit code 0 is good.
import { type ChildProcess, spawn } from 'node:child_process';
import type { MonitorConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { failure, success } from './conversation.js';

/** Bytes of output kept: enough for one line of a reason. */
const MAX_OUTPUT = 200;

/**
 * Starts the program without a shell, with PATH and EVENKEEL_HOST, EVENKEEL_PORT, EVENKEEL_MEMBER as its whole environment.
 * It is killed, with all it started, when `signal` aborts.
 */
export class ExecProbe implements Probe {
  readonly #file: string;
  readonly #args: readonly string[];

  constructor(config: Pick<MonitorConfig, 'command'>) {
    const [file = '', ...args] = config.command ?? [];
    this.#file = file;
    this.#args = args;
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      // A group of its own, so that what the program started can be killed with it.
      const child = spawn(this.#file, this.#args, {
        env: environmentFor(target),
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: process.platform !== 'win32',
      });
      let output = '';
      const onAbort = (): void => {
        killGroup(child);
        reject(signal.reason);
      };
      child.on('error', (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      });
      // Not started: `error` says why. Out of descriptors there is no stdout either.
      if (child.pid === undefined) return;
      signal.addEventListener('abort', onAbort, { once: true });
      child.stdout.on('data', (chunk: Buffer) => {
        if (output.length < MAX_OUTPUT) output += chunk.toString('utf8');
      });
      child.on('close', (code, killer) => {
        signal.removeEventListener('abort', onAbort);
        const ending = killer === null ? `exit ${code}` : `killed by ${killer}`;
        const reason = ending + firstLine(output);
        resolve(code === 0 ? success(reason) : failure(reason));
      });
    });
  }
}

function environmentFor(target: ProbeTarget): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    EVENKEEL_HOST: target.host,
    EVENKEEL_PORT: String(target.port),
    EVENKEEL_MEMBER: target.name,
  };
}

function firstLine(output: string): string {
  const [line = ''] = output.slice(0, MAX_OUTPUT).split('\n');
  return line.trim() === '' ? '' : `: ${line.trim()}`;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
