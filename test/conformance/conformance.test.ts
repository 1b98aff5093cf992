// Every scenario on both engines. With EVENKEEL_CONFORMANCE=FILE the page docs/conformance.md is written there.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { findHaproxy } from '../../src/haproxy/process/program.js';
import { describeWith } from '../support/program.js';
import { SCENARIOS } from './scenarios/index.js';
import { renderPage } from './support/page.js';
import { runScenario } from './support/run-scenario.js';

const PAGE = process.env['EVENKEEL_CONFORMANCE'];

afterAll(async () => {
  if (PAGE === undefined) return;
  const { version } = await findHaproxy();
  writeFileSync(PAGE, renderPage(SCENARIOS, version));
});

describeWith(['haproxy'], 'conformance', () => {
  test('there are at least eighty scenarios, each with an id of its own', () => {
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(80);
  });

  test.skipIf(PAGE !== undefined)('docs/conformance.md is current', () => {
    const page = readFileSync('docs/conformance.md', 'utf8');
    const version = / last run against HAProxy (\S+)\.\n/.exec(page)?.[1] ?? '';
    expect(page, 'run `npm run conformance`').toBe(renderPage(SCENARIOS, version));
  });

  for (const scenario of SCENARIOS)
    test.concurrent(`${scenario.id} ${scenario.title}`, async () => {
      const { faults } = await runScenario(scenario);
      expect(faults).toEqual([]);
    });
});
