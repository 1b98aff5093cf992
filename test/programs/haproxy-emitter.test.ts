// Everything that is emitted is loaded by the real HAProxy, or refused with path and reason.
import { expect, test } from 'vitest';
import { refusalsOf } from '../../src/emit/fidelity.js';
import { emitHaproxy } from '../../src/haproxy/emit-haproxy.js';
import { CORPUS } from '../corpus/index.js';
import { haproxyComplaints } from '../support/haproxy-check.js';
import { describeWith } from '../support/program.js';

describeWith(['haproxy'], 'the HAProxy emitter', () => {
  test.each(CORPUS)('$name', async ({ spec }) => {
    const { files, report } = emitHaproxy(spec, { stateFile: '/dev/null' });
    if (files.length === 0) {
      expect(
        refusalsOf(report).map(({ path, reason }) => [path !== '', reason !== '']),
      ).not.toEqual([]);
      return;
    }
    expect(refusalsOf(report)).toEqual([]);
    expect(await haproxyComplaints(files)).toEqual([]);
  });
});
