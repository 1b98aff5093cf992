// A text that should be the name of a monitor, and is none.
import { MONITOR_TYPES } from './health.js';
import { parseMonitorShorthand } from './shorthand.js';
import { noSuchName } from './wording.js';

/** `no monitor is named "http"; a check of the pool's own is "http:/health:5s"`. */
export function noSuchMonitor(text: string, known: Iterable<string>): string {
  const inline = inlineMonitor(text);
  return inline === undefined
    ? noSuchName('monitor', text, known)
    : `no monitor is named "${text}"; a check of the pool's own is ${inline}`;
}

/** What was probably meant: `/ready` -> `"http:/ready:5s"`, `5s` -> `"tcp:5s"`, `redis` -> `{ type: redis }`. */
function inlineMonitor(text: string): string | undefined {
  if (text === 'http' || text === 'https') return `"${text}:/health:5s"`;
  if (text === 'tcp') return '"tcp:5s"';
  const short = text.startsWith('/') ? `http:${text}:5s` : `tcp:${text}`;
  if (parseMonitorShorthand(short) !== undefined) return `"${short}"`;
  return MONITOR_TYPES.some((type) => type === text) ? `{ type: ${text} }` : undefined;
}
