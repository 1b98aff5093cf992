// Everything that is emitted is loaded by the real keepalived, or refused with path and reason.
import { expect, test } from 'vitest';
import { emitKeepalived } from '../../src/keepalived/emit-keepalived.js';
import { CORPUS } from '../corpus/index.js';
import { outcomeBy } from '../support/emit-outcome.js';
import { keepalivedComplaints } from '../support/keepalived-check.js';
import { describeWithNamespaces } from '../support/program.js';

const OWN = CORPUS.filter(
  ({ spec }) =>
    spec.ha !== undefined || (spec.frontends ?? []).some(({ protocol }) => protocol === 'udp'),
);

describeWithNamespaces(['keepalived', 'ip'], 'the keepalived emitter', () => {
  test.each(OWN)('$name', async ({ spec }) => {
    for (const lvs of [undefined, 'dr', 'nat', 'tun'] as const) {
      const outcome = outcomeBy(() => emitKeepalived(spec, lvs === undefined ? {} : { lvs }));
      if (outcome.kind === 'refused' || outcome.files.length === 0) continue;
      expect(await keepalivedComplaints(outcome.files)).toEqual([]);
    }
  });
});
