// A client of HAProxy's Runtime API: one Unix socket, a connection per question, an answer or an error in time.
import { connect } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import { splitAnswers } from './answers.js';

/** Where to ask, and how patiently. */
export interface RuntimeSocketOptions {
  /** Path of the Unix socket: the stats socket of a worker, or the socket of the master. */
  readonly path: string;
  readonly clock: Clock;
  /** For one answer, ms. @defaultValue 5000 */
  readonly timeoutMs?: number;
  /** Answers above this are given up: a bound on memory. @defaultValue 64 MiB */
  readonly maxAnswerBytes?: number;
}

/** A command line must fit into one of HAProxy's buffers (tune.bufsize 16384); batches stay well below. */
const BATCH_BYTES = 8192;
const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Asks HAProxy over a Unix socket (management.txt 9.3). Holds nothing open between questions, so that it outlives reloads:
 * the path belongs to whichever worker is current.
 *
 * ```
 *   show info\n                             ->  Name: HAProxy\nVersion: 2.6.12\n...\n\n   then the end
 *   set server b/s1 weight 5;show version\n  ->  \n2.6.12\n\n                              one empty line ends each answer
 * ```
 */
export class RuntimeSocket {
  readonly path: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;

  constructor(options: RuntimeSocketOptions) {
    this.path = options.path;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? DEFAULT_ANSWER_BYTES;
  }

  /**
   * Sends one command and resolves with the whole answer, without the empty line that ends it.
   * @param payload - lines that follow the command (`<<`), such as a certificate; it must hold no empty line
   * @throws EK_HAPROXY when nobody listens, the answer does not come in time, or it is too long
   */
  async ask(command: string, payload?: string): Promise<string> {
    if (command.includes('\n')) throw new TypeError('a command is one line');
    if (payload === undefined) return trimEnd(await this.#exchange(`${command}\n`));
    if (/\n\s*\n/.test(payload.trim()))
      throw new TypeError('a payload ends at its first empty line');
    return trimEnd(await this.#exchange(`${command} <<\n${payload.trim()}\n\n`));
  }

  /**
   * Sends commands whose answers hold no empty line, as few connections as they fit into (`a;b;c`), and resolves with
   * an answer for each. HAProxy carries all of them out even if one is refused.
   * @throws EK_HAPROXY as `ask` does
   */
  async batch(commands: readonly string[]): Promise<readonly string[]> {
    const answers: string[] = [];
    for (const chunk of chunksOf(commands)) {
      const got = splitAnswers(await this.#exchange(`${chunk.join(';')}\n`));
      if (got.length !== chunk.length)
        throw fault(`${got.length} answers came to ${chunk.length} commands`, this.path);
      answers.push(...got);
    }
    return answers;
  }

  #exchange(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      // Half open on our side: the master's prompt ends with our writing side, a worker ends after its answer.
      const socket = connect({ path: this.path, allowHalfOpen: true });
      const chunks: Buffer[] = [];
      let bytes = 0;
      const fail = (what: string, cause?: unknown): void => {
        timer.cancel();
        socket.destroy();
        reject(fault(what, this.path, cause));
      };
      const timer = this.#clock.schedule(this.#timeoutMs, () =>
        fail(`no answer within ${this.#timeoutMs} ms`),
      );
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > this.#maxAnswerBytes) fail(`the answer is above ${this.#maxAnswerBytes} bytes`);
      });
      socket.on('error', (error) => fail(error.message, error));
      socket.on('end', () => {
        timer.cancel();
        socket.destroy();
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
      socket.end(text);
    });
  }
}

function* chunksOf(commands: readonly string[]): Generator<readonly string[]> {
  let chunk: string[] = [];
  let bytes = 0;
  for (const command of commands) {
    if (/[\n]/.test(command)) throw new TypeError('a command is one line');
    const length = Buffer.byteLength(command) + 1;
    if (bytes + length > BATCH_BYTES && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(command);
    bytes += length;
  }
  if (chunk.length > 0) yield chunk;
}

function trimEnd(answer: string): string {
  return answer.replace(/\n+$/, '');
}

function fault(what: string, path: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError('EK_HAPROXY', `HAProxy's socket ${path}: ${what}`, {
    retryable: true,
    cause,
  });
}
