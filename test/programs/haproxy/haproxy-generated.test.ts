// Specs made by chance, for every target: each is refused with place and reason, or the real HAProxy loads what is emitted.
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { EmittedFile } from '../../../src/emit/emitted-file.js';
import { HAPROXY_TARGETS, type HaproxyTarget, targetOf } from '../../../src/haproxy/target.js';
import { generatedSpec } from '../../corpus/generated.js';
import { outcomeOf, outcomeOfRest, textOf } from '../../support/emit-outcome.js';
import { haproxyComplaints } from '../../support/haproxy-check.js';
import { readableBy } from '../../support/older-haproxy.js';
import { describeWith, programPath } from '../../support/program.js';
import { runProgram } from '../../support/run-program.js';

/** The seed makes a failure come again; a longer search takes others. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);
const RUNS = Number(process.env['EVENKEEL_RUNS'] ?? 40);

describeWith(['haproxy'], 'a spec made by chance', () => {
  let installed: HaproxyTarget = '2.6';
  beforeAll(async () => {
    const { stdout } = await runProgram(programPath('haproxy'), ['-v']);
    installed = targetOf(stdout) ?? '2.6';
  });

  test.each(HAPROXY_TARGETS)('is refused, or loaded by HAProxy, for %s', async (target) => {
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(generatedSpec, async (spec) => {
        const outcome = outcomeOfRest(spec, (given) => outcomeOf(given, { target }));
        if (outcome.kind === 'refused') return;
        const files = outcome.files.map((file) => forInstalled(file, installed));
        expect(await haproxyComplaints(files)).toEqual([]);
        loaded++;
      }),
      { seed: SEED + HAPROXY_TARGETS.indexOf(target), numRuns: RUNS },
    );
    expect(loaded).toBeGreaterThan(RUNS / 5);
  });
});

function forInstalled(file: EmittedFile, installed: HaproxyTarget): EmittedFile {
  if (file.path !== 'haproxy.cfg') return file;
  return { ...file, content: readableBy(textOf([file], 'haproxy.cfg'), installed) };
}
