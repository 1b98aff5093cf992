// Everything that is emitted is loaded by the real HAProxy, or refused with path and reason.
import { expect, test } from 'vitest';
import { CORPUS } from '../corpus/index.js';
import { outcomeOf } from '../support/emit-outcome.js';
import { haproxyComplaints } from '../support/haproxy-check.js';
import { describeWith } from '../support/program.js';

describeWith(['haproxy'], 'the HAProxy emitter', () => {
  test.each(CORPUS)('$name', async ({ spec }) => {
    const outcome = outcomeOf(spec);
    if (outcome.kind === 'emitted') expect(await haproxyComplaints(outcome.files)).toEqual([]);
  });
});
