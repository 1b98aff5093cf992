// The report as a table.
import { describe, expect, test } from 'vitest';
import type { FidelityReport } from '../../../src/emit/fidelity.js';
import { renderReport } from '../../../src/emit/render-report.js';

const REPORT: FidelityReport = {
  target: 'haproxy 2.6',
  entries: [
    { path: 'a', fidelity: 'exact', reason: 'The same.', isDefault: false },
    { path: 'b.c', fidelity: 'approximated', reason: 'Nearly so.', isDefault: true },
    { path: 'd', fidelity: 'refused', reason: 'No UDP.', isDefault: false, elsewhere: 'nginx' },
  ],
  notes: ['Names are in lower case.'],
};

describe('renderReport', () => {
  test('shows what is not exact, and counts everything', () => {
    expect(renderReport(REPORT).split('\n')).toEqual([
      'b.c  approximated*  Nearly so.',
      'd    refused        No UDP. (evenkeel emit nginx)',
      '',
      'haproxy 2.6: 1 exact, 1 approximated, 1 refused',
    ]);
  });

  test('shows exact fields and notes when asked to', () => {
    const text = renderReport(REPORT, { all: true });
    expect(text).toContain('a    exact          The same.');
    expect(text).toContain('note: Names are in lower case.');
  });

  test('breaks long sentences at the edge of the terminal', () => {
    const reason = 'word '.repeat(30).trim();
    const entry = { path: 'x', fidelity: 'approximated', reason, isDefault: false } as const;
    const lines = renderReport({ ...REPORT, entries: [entry] }, { width: 60 }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.length).toBeGreaterThan(3);
  });
});
