// Lines that HAProxy could not read: found when all are there, and refused where they come from.
import { leafPaths, valueAt } from '../emit/config-paths.js';
import type { ReportBuilder } from '../emit/report-builder.js';
import type { BalancerConfig } from '../spec/config.js';
import { isWithin } from '../spec/path.js';
import type { Line, Section } from './config-file.js';

/** Words of a line at most, the first one included (MAX_LINE_ARGS of its sources; manual, 2.1 says no number). */
const MOST_WORDS = 64;

/** Refuses what makes a line with NUL in it, which ends any text of C, or with more words than HAProxy takes. */
export function refuseUnwritable(
  report: ReportBuilder,
  config: BalancerConfig,
  sections: readonly Section[],
): void {
  for (const { lines } of sections) {
    for (const line of lines) {
      if (line.words.length > MOST_WORDS) {
        const what = `This makes a line of ${line.words.length} words, and HAProxy reads ${MOST_WORDS} at most.`;
        report.refused(line.path, what);
      }
      if (hasNul(line)) {
        for (const path of placesWithNul(config, line.path))
          report.refused(path, "HAProxy's configuration can not hold the character NUL.");
      }
    }
  }
}

function hasNul({ words }: Line): boolean {
  return words.some((word) => word.includes('\u0000'));
}

/** Fields under a path that hold the character, in their value or their key; a shared monitor stands elsewhere. */
function placesWithNul(config: BalancerConfig, root: string): readonly string[] {
  const holders = leafPaths(config).filter(
    (path) => path.includes('\\u0000') || String(valueAt(config, path)).includes('\u0000'),
  );
  const inside = holders.filter((path) => isWithin(path, root));
  const shared = holders.filter((path) => path.startsWith('monitors'));
  return [inside, shared].find((paths) => paths.length > 0) ?? [root];
}
