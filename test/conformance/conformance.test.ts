// Every scenario on both engines. With EVENKEEL_CONFORMANCE=FILE what was seen is written there, for docs/conformance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { findHaproxy } from '../../src/haproxy/process/program.js';
import { describeWith } from '../support/program.js';
import { SCENARIOS } from './scenarios/index.js';
import { type Outcome, runScenario } from './support/run-scenario.js';
import { AREAS, show } from './support/scenario.js';

const outcomes: Outcome[] = [];

afterAll(async () => {
  const file = process.env['EVENKEEL_CONFORMANCE'];
  if (file === undefined) return;
  const order = new Map(SCENARIOS.map(({ id }, index) => [id, index]));
  const rows = outcomes
    .filter(({ faults }) => faults.length === 0)
    .map(({ scenario }) => ({
      id: scenario.id,
      area: scenario.area,
      title: scenario.title,
      expected: textsOf(scenario.expected),
      same: scenario.same ?? [],
      differences: Object.entries(scenario.differences ?? {}).map(([name, { haproxy, why }]) => ({
        name,
        haproxy: show(haproxy),
        why,
      })),
    }))
    .toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  const { version } = await findHaproxy();
  writeFileSync(file, JSON.stringify({ version, areas: AREAS, rows }));
});

function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, show(value)]));
}

describeWith(['haproxy'], 'conformance', () => {
  test('there are at least eighty scenarios, each with an id of its own', () => {
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(80);
  });

  test('docs/conformance.md has every scenario', () => {
    const page = readFileSync('docs/conformance.md', 'utf8');
    const missing = SCENARIOS.filter(({ id, title }) => !page.includes(`| ${id} | ${title} |`));
    if (process.env['EVENKEEL_CONFORMANCE'] === undefined)
      expect(missing.map(({ id }) => id)).toEqual([]);
  });

  for (const scenario of SCENARIOS)
    test.concurrent(`${scenario.id} ${scenario.title}`, async () => {
      const outcome = await runScenario(scenario);
      outcomes.push(outcome);
      expect(outcome.faults).toEqual([]);
    });
});
