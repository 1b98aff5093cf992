// PostgreSQL (protocol 3.0): a start-up message that is answered by an authentication request.
import type { MonitorConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { converse, failure, success } from './conversation.js';

const PROTOCOL_3_0 = 0x0003_0000;
/** Longer than any error a server reports before the login. */
const MAX_MESSAGE = 32 * 1024;
/** SQLSTATE class 28, invalid authorization: the server works, it only does not let this user in. */
const AUTHORIZATION_CLASS = '28';
/** Terminate. */
const TERMINATE = Buffer.from('5800000004', 'hex');

/**
 * Begins a login and leaves before a password is due. Good is any authentication request, and an error that is
 * about the user; a server that is starting, shutting down or out of connections is not.
 */
export class PostgresProbe implements Probe {
  readonly #startup: Buffer;

  constructor(config: Pick<MonitorConfig, 'user'>) {
    const fields = `user\0${config.user ?? 'evenkeel'}\0database\0postgres\0application_name\0evenkeel-health\0\0`;
    const body = Buffer.from(fields, 'utf8');
    this.#startup = Buffer.alloc(8 + body.length);
    this.#startup.writeUInt32BE(this.#startup.length, 0);
    this.#startup.writeUInt32BE(PROTOCOL_3_0, 4);
    body.copy(this.#startup, 8);
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return converse(target, { opening: this.#startup, farewell: TERMINATE, hear: judge }, signal);
  }
}

/** A message is a type letter, a length that counts itself, and the body. */
function judge(received: Buffer): ProbeResult | undefined {
  const type = received.toString('latin1', 0, 1);
  if (type !== 'R' && type !== 'E') return failure('not a PostgreSQL answer');
  if (received.length < 5) return undefined;
  const end = 1 + received.readUInt32BE(1);
  if (end < 9 || end > MAX_MESSAGE) return failure('not a PostgreSQL answer');
  if (received.length < end) return undefined;
  if (type === 'R') return success('authentication request');
  return judgeError(received.toString('utf8', 5, end));
}

/** Fields of an ErrorResponse: a letter, text, NUL; `C` is the SQLSTATE, `M` the message. */
function judgeError(fields: string): ProbeResult {
  const field = (letter: string): string =>
    fields
      .split('\0')
      .find((text) => text.startsWith(letter))
      ?.slice(1) ?? '';
  const state = field('C');
  if (state.startsWith(AUTHORIZATION_CLASS)) return success(`login refused (${state})`);
  return failure(`${field('M')} (${state})`);
}
