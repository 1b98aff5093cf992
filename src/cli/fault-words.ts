// Faults as words of a command line: `latency=50ms down.bandwidth=64KiB blackhole slice=10/5ms`.
import type { FaultSpec } from '../testkit/fault/fault-spec.js';

/**
 * Words -> faults; what they say is checked by whoever uses them.
 * A word without `=` is true, a number is a number, `slice` is `bytes/every`, and `up.` or `down.` before it means one direction.
 */
export function parseFaultWords(words: readonly string[]): FaultSpec {
  const faults: Record<string, unknown> = {};
  for (const word of words) {
    const [path, text] = splitOnce(word);
    const [, direction, name = path] = /^(up|down)\.(.*)$/.exec(path) ?? [];
    const value = name === 'slice' ? parseSlice(text) : parseValue(text);
    if (direction === undefined) faults[name] = value;
    else faults[direction] = { ...(faults[direction] as object | undefined), [name]: value };
  }
  return faults;
}

function splitOnce(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function parseValue(text: string | undefined): unknown {
  if (text === undefined || text === 'true' || text === 'on') return true;
  if (text === 'false' || text === 'off') return false;
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

function parseSlice(text: string | undefined): unknown {
  const [bytes, every] = (text ?? '').split('/');
  return every === undefined
    ? { bytes: parseValue(bytes) }
    : { bytes: parseValue(bytes), every: parseValue(every) };
}
