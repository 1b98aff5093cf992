// Everything that is emitted is loaded by the real keepalived, or refused with path and reason.
import { expect, test } from 'vitest';
import { refusalsOf } from '../../src/emit/fidelity.js';
import { emitKeepalived } from '../../src/keepalived/emit-keepalived.js';
import { CORPUS } from '../corpus/index.js';
import { keepalivedComplaints } from '../support/keepalived-check.js';
import { describeWithNamespaces } from '../support/program.js';

const OWN = CORPUS.filter(
  ({ spec }) =>
    spec.ha !== undefined || (spec.frontends ?? []).some(({ protocol }) => protocol === 'udp'),
);

describeWithNamespaces(['keepalived', 'ip'], 'the keepalived emitter', () => {
  test.each(OWN)('$name', async ({ spec }) => {
    for (const lvs of [undefined, 'dr', 'nat', 'tun'] as const) {
      const { files, report } = emitKeepalived(spec, lvs === undefined ? {} : { lvs });
      if (files.length > 0) expect(await keepalivedComplaints(files)).toEqual([]);
      else
        expect(
          refusalsOf(report).length > 0 ||
            report.notes.includes('Nothing for keepalived: nothing is written.'),
        ).toBe(true);
    }
  });
});
