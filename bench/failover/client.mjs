// The client as the run sees it: who answered, when.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, PORT } from './network.mjs';

const PROGRAM = fileURLToPath(new URL('probes.mjs', import.meta.url));

/** Asks without end until it is closed. */
export class Client {
  constructor({ namespace }) {
    /** `{ sentMs, atMs, by }`, oldest first. */
    this.answers = [];
    const words = ['netns', 'exec', namespace, process.execPath, PROGRAM, ADDRESS, String(PORT)];
    this.child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(this.child.stdout).on('line', (line) => {
      const [sentMs, atMs, by] = JSON.parse(line);
      this.answers.push({ sentMs, atMs, by });
    });
  }

  /** Begins anew: a round looks at its own answers only. */
  forget() {
    this.answers.length = 0;
  }

  /** The first answer of that host to what was asked after `sinceMs`. */
  firstOf(host, sinceMs) {
    return this.answers.find(({ by, sentMs }) => by === host && sentMs >= sinceMs);
  }

  /** The last answer of that host. */
  lastOf(host) {
    return this.answers.findLast(({ by }) => by === host);
  }

  /** The longest time without an answer from `fromMs` until `untilMs`. */
  longestGap(fromMs, untilMs) {
    const times = this.answers.map(({ atMs }) => atMs).filter((at) => at > fromMs && at < untilMs);
    let longest = 0;
    let before = fromMs;
    for (const at of [...times.sort((a, b) => a - b), untilMs]) {
      longest = Math.max(longest, at - before);
      before = at;
    }
    return longest;
  }

  close() {
    this.child.kill('SIGKILL');
  }
}
