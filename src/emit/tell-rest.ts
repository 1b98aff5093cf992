// What every emitter says of a spec besides its own fields.
import type { BalancerConfig } from '../spec/config.js';
import { leafPaths } from './config-paths.js';
import type { ReportBuilder } from './report-builder.js';

/** Tells what became of the fields that no program needs. */
export function tellNotes(report: ReportBuilder, config: BalancerConfig): void {
  report.exact('name', 'Stands in the comment on top of the file.');
  for (const key of ['frontends', 'pools', 'monitors'] as const) {
    if (config[key].length === 0) report.exact(key, 'None.');
  }
  for (const key of ['description', 'labels'] as const) {
    if (config[key] !== undefined) report.exact(key, 'A note for people; nothing is written.');
  }
}

/** A field that no translator knows is refused, never left out silently. @param program - `HAProxy` */
export function refuseUntold(report: ReportBuilder, config: BalancerConfig, program: string): void {
  for (const leaf of leafPaths(config)) {
    if (!report.covers(leaf))
      report.refused(leaf, `Not translated for ${program} by this version.`);
  }
}
