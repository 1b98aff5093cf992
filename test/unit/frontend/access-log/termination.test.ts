import { describe, expect, test } from 'vitest';
import { terminationOf } from '../../../../src/frontend/access-log/termination.js';
import type { RequestTrace } from '../../../../src/frontend/http/request-trace.js';

type Facts = Pick<RequestTrace, 'end' | 'phase' | 'status' | 'reason'>;

describe('terminationOf', () => {
  test.each<readonly [string, Partial<Facts>]>([
    ['--', { end: 'ok', phase: 'done', status: 200 }],
    ['--', { end: 'ok', phase: 'done', status: 503 }],
    ['PR', { end: 'answered', phase: 'request', status: 400 }],
    ['PR', { end: 'answered', phase: 'request', status: 403 }],
    ['PR', { end: 'answered', phase: 'policy', status: 429 }],
    ['LR', { end: 'answered', phase: 'policy', status: 308 }],
    ['LR', { end: 'answered', phase: 'policy', status: 401 }],
    ['LR', { end: 'answered', phase: 'policy', status: 503, reason: 'maintenance' }],
    ['SC', { end: 'answered', phase: 'policy', status: 404 }],
    ['SC', { end: 'answered', phase: 'queue', status: 503, reason: 'no-member' }],
    ['sQ', { end: 'answered', phase: 'queue', status: 503, reason: 'queue-timeout' }],
    ['PQ', { end: 'answered', phase: 'queue', status: 503, reason: 'queue-full' }],
    ['SC', { end: 'member-fault', phase: 'connect', status: 503, reason: 'connect-failed' }],
    [
      'SH',
      { end: 'member-fault', phase: 'head', status: 502, reason: 'reset after 2 tries: a, b' },
    ],
    ['PH', { end: 'member-fault', phase: 'head', status: 502, reason: 'bad status line' }],
    ['SD', { end: 'member-fault', phase: 'body', status: 200 }],
    ['sH', { end: 'member-timeout', phase: 'head', status: 504 }],
    ['sD', { end: 'member-timeout', phase: 'body', status: 200 }],
    ['cR', { end: 'client-timeout', phase: 'request', status: 408 }],
    ['cD', { end: 'client-timeout', phase: 'body', status: 200 }],
    ['CR', { end: 'client-abort', phase: 'policy', status: 0 }],
    ['CQ', { end: 'client-abort', phase: 'queue', status: 0 }],
    ['CC', { end: 'client-abort', phase: 'connect', status: 0 }],
    ['CH', { end: 'client-abort', phase: 'head', status: 0 }],
    ['CD', { end: 'client-abort', phase: 'body', status: 200 }],
    ['PR', { end: 'cut', phase: 'policy', status: 0 }],
  ])('%s: %o', (flags, facts) => {
    const trace = { end: 'ok', phase: 'done', status: 200, reason: '', ...facts } as RequestTrace;
    expect(terminationOf(trace)).toBe(flags);
  });
});
