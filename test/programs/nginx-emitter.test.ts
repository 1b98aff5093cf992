// Everything that is emitted is loaded by the real nginx, or refused with path and reason.
import { expect, test } from 'vitest';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import { CORPUS } from '../corpus/index.js';
import { outcomeBy } from '../support/emit-outcome.js';
import { nginxComplaints } from '../support/nginx-check.js';
import { describeWithNamespaces } from '../support/program.js';

const UDP = CORPUS.filter(({ spec }) =>
  (spec.frontends ?? []).some(({ protocol }) => protocol === 'udp'),
);

describeWithNamespaces(['nginx', 'ip'], 'the nginx emitter', () => {
  test.each(UDP)('$name', async ({ spec }) => {
    const outcome = outcomeBy(() => emitNginx(spec));
    if (outcome.kind === 'emitted') expect(await nginxComplaints(outcome.files)).toEqual([]);
  });
});
