// A fidelity report as a table for terminals.
import type { Fidelity, FidelityEntry, FidelityReport } from './fidelity.js';

/** What to show. */
export interface RenderReportOptions {
  /** Exact fields too. @defaultValue false */
  readonly all?: boolean;
  /** Columns of the terminal, at least 40. @defaultValue 120 */
  readonly width?: number;
}

/**
 * ```
 * frontends[0].timeouts.total   approximated  HAProxy bounds each wait, not their sum.
 *
 * haproxy 2.6: 41 exact, 1 approximated, 0 refused
 * ```
 */
export function renderReport(report: FidelityReport, options: RenderReportOptions = {}): string {
  const { all = false, width = 120 } = options;
  const shown = report.entries.filter(({ fidelity }) => all || fidelity !== 'exact');
  const pathWidth = Math.min(48, Math.max(0, ...shown.map(({ path }) => path.length)));
  const lines = shown.flatMap((entry) => renderEntry(entry, pathWidth, Math.max(40, width)));
  const notes = all ? report.notes.map((note) => `note: ${note}`) : [];
  if (lines.length > 0) lines.push('');
  return [...lines, ...notes, renderCounts(report)].join('\n');
}

function renderCounts({ target, entries }: FidelityReport): string {
  const count = (wanted: Fidelity): number =>
    entries.filter(({ fidelity }) => fidelity === wanted).length;
  const counts = (['exact', 'approximated', 'refused'] as const).map(
    (fidelity) => `${count(fidelity)} ${fidelity}`,
  );
  return `${target}: ${counts.join(', ')}`;
}

function renderEntry(entry: FidelityEntry, pathWidth: number, width: number): string[] {
  const { path, fidelity, elsewhere, isDefault } = entry;
  const what = isDefault && fidelity === 'approximated' ? 'approximated*' : fidelity;
  const head = `${(path === '' ? '(the spec)' : path).padEnd(pathWidth)}  ${what.padEnd(13)}  `;
  const reason =
    elsewhere === undefined ? entry.reason : `${entry.reason} (evenkeel emit ${elsewhere})`;
  const [first = '', ...rest] = wrap(reason, Math.max(24, width - head.length));
  return [`${head}${first}`, ...rest.map((line) => ' '.repeat(head.length) + line)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
