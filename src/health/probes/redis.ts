// Redis: PING must be answered by +PONG.
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { quote } from '../reason.js';
import { converse, failure, success } from './conversation.js';

const PING = '*1\r\n$4\r\nPING\r\n';
const QUIT = '*1\r\n$4\r\nQUIT\r\n';

/**
 * Good is `+PONG` only, as for HAProxy's redis-check: a server that is loading its data (`-LOADING`),
 * has lost its primary (`-MASTERDOWN`) or asks for a password (`-NOAUTH`) is not.
 */
export class RedisProbe implements Probe {
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return converse(target, { opening: PING, farewell: QUIT, hear: judge }, signal);
  }
}

function judge(received: Buffer): ProbeResult | undefined {
  const end = received.indexOf('\r\n');
  if (end < 0) return undefined;
  const line = received.toString('latin1', 0, end);
  return line === '+PONG' ? success('+PONG') : failure(`answered ${quote(line)}`);
}
