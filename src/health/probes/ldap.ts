// LDAP (RFC 4511): an anonymous bind that succeeds.
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { converse, failure, success } from './conversation.js';

/** Message 1, BindRequest: version 3, name '', simple password ''. */
const BIND = Buffer.from('300c020101600702010304008000', 'hex');
/** Message 2, UnbindRequest. */
const UNBIND = Buffer.from('30050201024200', 'hex');

/** Binds without a name and leaves with an unbind. Good is result code 0; a server that forbids it answers 48 or 53. */
export class LdapProbe implements Probe {
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return converse(target, { opening: BIND, farewell: UNBIND, hear: judge }, signal);
  }
}

/**
 * ```
 * 30 len  02 01 01  61 len  0a 01 CODE ...
 * message id 1      bindResponse  resultCode
 * ```
 */
function judge(received: Buffer): ProbeResult | undefined {
  const message = openElement(received, 0, 0x30);
  const id = openElement(received, message.from, 0x02);
  const response = openElement(received, id.to, 0x61);
  const code = openElement(received, response.from, 0x0a);
  if (!message.isRight || !id.isRight || !response.isRight || !code.isRight)
    return failure('not an LDAP answer');
  if (code.to > received.length || message.to > received.length) return undefined;
  const bytes = code.to - code.from;
  if (bytes < 1 || bytes > 4) return failure('not an LDAP answer');
  const result = received.readUIntBE(code.from, bytes);
  return result === 0 ? success('bind ok') : failure(`bind answered ${result}`);
}

/** A BER element at `at`: where its content begins and ends. One not received yet counts as right. */
function openElement(
  bytes: Buffer,
  at: number,
  tag: number,
): { from: number; to: number; isRight: boolean } {
  const first = bytes[at + 1] ?? 0;
  const lengthBytes = first > 0x80 ? first & 0x7f : 0;
  const from = at + 2 + lengthBytes;
  if (from > bytes.length || lengthBytes > 4)
    return { from, to: bytes.length + 1, isRight: (bytes[at] ?? tag) === tag && lengthBytes <= 4 };
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  return { from, to: from + length, isRight: bytes[at] === tag };
}
