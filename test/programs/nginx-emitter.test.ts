// Everything that is emitted is loaded by the real nginx, or refused with path and reason.
import { expect, test } from 'vitest';
import { refusalsOf } from '../../src/emit/fidelity.js';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import { CORPUS } from '../corpus/index.js';
import { nginxComplaints } from '../support/nginx-check.js';
import { describeWithNamespaces } from '../support/program.js';

const UDP = CORPUS.filter(({ spec }) =>
  (spec.frontends ?? []).some(({ protocol }) => protocol === 'udp'),
);

describeWithNamespaces(['nginx', 'ip'], 'the nginx emitter', () => {
  test.each(UDP)('$name', async ({ spec }) => {
    const { files, report } = emitNginx(spec);
    if (files.length === 0) {
      expect(
        refusalsOf(report).map(({ path, reason }) => [path !== '', reason !== '']),
      ).not.toEqual([]);
      return;
    }
    expect(refusalsOf(report)).toEqual([]);
    expect(await nginxComplaints(files)).toEqual([]);
  });
});
