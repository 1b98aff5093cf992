// How a request ended, as HAProxy's log says it in two letters: who ended it, and how far it was.
// Source: HAProxy 2.6 configuration manual 8.5, "Session state at disconnection".
import type { RequestTrace, TracePhase } from '../http/request-trace.js';

/** What it was waiting for. `body` is data, `request` the request itself. */
const WAITING: Readonly<Record<TracePhase, string>> = {
  request: 'R',
  policy: 'R',
  queue: 'Q',
  connect: 'C',
  head: 'H',
  body: 'D',
  done: '-',
};

/** Statuses by which HAProxy denies; any other one of a rule is an answer. */
const DENIALS: ReadonlySet<number> = new Set([
  400, 403, 405, 408, 413, 414, 417, 429, 431, 501, 505,
]);

/** `reset after 2 tries: a, b`, also behind why nobody else was asked. */
const RESET = /(?:^|, )reset after \d/;

/** `--`, `SC`, `cD`. */
export function terminationOf(trace: RequestTrace): string {
  const { phase } = trace;
  switch (trace.end) {
    case 'ok':
      return '--';
    case 'answered':
      return ofOwnAnswer(trace);
    case 'client-abort':
      return `C${WAITING[phase]}`;
    case 'client-timeout':
      return `c${WAITING[phase]}`;
    case 'member-timeout':
      return `s${phase === 'body' ? 'D' : 'H'}`;
    case 'member-fault':
      return ofMemberFault(trace);
    default:
      return `P${WAITING[phase]}`;
  }
}

function ofOwnAnswer({ phase, status, reason }: RequestTrace): string {
  if (phase === 'queue') {
    return reason === 'queue-timeout' ? 'sQ' : reason === 'queue-full' ? 'PQ' : 'SC';
  }
  // No route and no default pool: HAProxy has no server for it either.
  if (phase === 'policy' && status === 404) return 'SC';
  return DENIALS.has(status) ? 'PR' : 'LR';
}

function ofMemberFault({ phase, status, reason }: RequestTrace): string {
  if (phase === 'body') return 'SD';
  if (status === 503) return 'SC';
  return RESET.test(reason) ? 'SH' : 'PH';
}
