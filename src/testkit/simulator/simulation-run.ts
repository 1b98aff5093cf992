// The outcome of a simulation, and its forms: JSON, a table, a page.
import { type Finding, judge } from '../assertions.js';
import { renderPage } from '../report/render-page.js';
import { renderTable } from '../report/render-table.js';
import type { SimulationReport } from './report-types.js';
import type { ExpectationSpec } from './scenario-spec.js';

/** What {@link simulate} found. */
export class SimulationRun {
  readonly report: SimulationReport;

  readonly #expected: ExpectationSpec;

  constructor(report: SimulationReport, expected: ExpectationSpec) {
    this.report = report;
    this.#expected = expected;
  }

  /** What the scenario expects, judged; a finding that does not pass says what was seen, and when. */
  check(): readonly Finding[] {
    return judge(this.report, this.#expected);
  }

  /** Seed that plays it again. */
  get seed(): number {
    return this.report.seed;
  }

  /** For `JSON.stringify`: the report. */
  toJSON(): SimulationReport {
    return this.report;
  }

  /** A table for a terminal. */
  toText(): string {
    return renderTable(this.report);
  }

  /** A page of its own, with the timeline as a picture. */
  toHtml(): string {
    return renderPage(this.report);
  }
}
