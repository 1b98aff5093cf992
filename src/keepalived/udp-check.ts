// What keepalived sends to a UDP member, and what it wants for an answer.
import type { MonitorConfig, PayloadConfig } from '../spec/config.js';
import { fitsLine, type Line } from './block.js';
import type { KeepalivedEmission } from './emission.js';

const TOO_LONG = 'It is too long for a line of keepalived.';

/** A fault of 2.2: it takes such a byte for the end, or for no byte at all. */
const NO_FF = 'keepalived 2.2 reads no byte ff.';

/** The lines of a UDP_CHECK beyond those that all checks have. */
export function udpLines(
  { report }: KeepalivedEmission,
  { send, expect }: MonitorConfig,
  path: string,
): readonly Line[] {
  const lines: Line[] = [];
  if (send === undefined)
    report.written(`${path}.type`, 'keepalived sends bytes of its own, not an empty datagram.');
  else {
    const bytes = bytesOf(send);
    if (bytes.length > 0) lines.push({ words: ['payload', bytes.toString('hex')] });
    if (bytes.includes(0xff)) report.refused(`${path}.send`, NO_FF);
    else if (fitsHex(bytes)) report.exact(`${path}.send`, 'payload.');
    else report.refused(`${path}.send`, TOO_LONG);
  }
  const { payload } = expect;
  const longest: Line = { words: ['max_reply_length', 65_535] };
  if (payload === undefined) return [...lines, { words: ['require_reply'] }, longest];
  const bytes = bytesOf(payload);
  if (bytes.includes(0xff)) {
    report.approximated(`${path}.expect.payload`, `Any answer: ${NO_FF}`);
    return [...lines, { words: ['require_reply'] }, longest];
  }
  if (fitsHex(bytes)) report.exact(`${path}.expect.payload`, 'require_reply and min_reply_length.');
  else report.refused(`${path}.expect.payload`, TOO_LONG);
  return [
    ...lines,
    { words: ['require_reply', bytes.toString('hex')] },
    { words: ['min_reply_length', bytes.length] },
    longest,
  ];
}

function fitsHex(bytes: Buffer): boolean {
  return fitsLine(bytes.toString('hex'));
}

function bytesOf(payload: PayloadConfig): Buffer {
  return 'hex' in payload ? Buffer.from(payload.hex, 'hex') : Buffer.from(payload.text, 'utf8');
}
