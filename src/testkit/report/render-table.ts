// A simulation as text for a terminal: totals, failovers, members, and what happened.
import type { SimulationReport } from '../simulator/report-types.js';
import { renderMs, renderNumber } from './units.js';

/** Members that are listed one by one. */
const MAX_MEMBERS = 20;
/** Failures of rules that are listed one by one. */
const MAX_VIOLATIONS = 10;

/** A report as lines of text; ends without a line feed. */
export function renderTable(report: SimulationReport): string {
  const { totals, latencyMs, failures, affinity } = report;
  const lines = [
    `${report.name}: ${renderMs(report.durationMs)}, seed ${report.seed}`,
    '',
    columns([
      ['availability', `${totals.availability} %`, 'p50', renderMs(latencyMs.p50)],
      ['requests', renderNumber(totals.requests), 'p90', renderMs(latencyMs.p90)],
      ['answered', renderNumber(totals.answered), 'p99', renderMs(latencyMs.p99)],
      ['failed', renderNumber(totals.failed), 'p99.9', renderMs(latencyMs.p999)],
      ['limited', renderNumber(totals.limited), 'max', renderMs(latencyMs.max)],
      ['late', renderNumber(totals.late), 'moved', renderNumber(affinity.moves)],
      ['retried', renderNumber(totals.retried), 'needlessly', renderNumber(affinity.needless)],
    ]),
  ];
  const reasons = Object.entries(failures).map(([reason, count]) => `${count} ${reason}`);
  if (reasons.length > 0) lines.push('', `failed: ${reasons.join(', ')}`);
  if (report.failovers.length > 0) lines.push('', renderFailovers(report));
  lines.push('', renderMembers(report));
  if (report.owners.length > 0) {
    const owners = report.owners.map(({ atMs, node }) => `${node} from ${renderMs(atMs)}`);
    lines.push('', `address: ${owners.join(', ')}`);
  }
  for (const { atMs, invariant, detail } of report.violations.slice(0, MAX_VIOLATIONS))
    lines.push('', `BROKEN at ${renderMs(atMs)}: ${invariant}: ${detail}`);
  return lines.join('\n');
}

function renderFailovers({ failovers }: SimulationReport): string {
  const rows = failovers.map(({ fault, atMs, noticedMs, outageMs, failed }) => [
    fault,
    renderMs(atMs),
    noticedMs === undefined ? 'never' : renderMs(noticedMs),
    renderMs(outageMs),
    renderNumber(failed),
  ]);
  return columns([['fault', 'at', 'noticed after', 'last failure after', 'failed'], ...rows]);
}

function renderMembers({ members }: SimulationReport): string {
  const rows = members
    .slice(0, MAX_MEMBERS)
    .map(({ name, picked, expected, deviation, failed }) => [
      name,
      renderNumber(picked),
      renderNumber(Math.round(expected)),
      `${deviation} %`,
      `${failed} %`,
    ]);
  const text = columns([['member', 'picked', 'by weight', 'off by', 'failed there'], ...rows]);
  const more = members.length - MAX_MEMBERS;
  return more > 0 ? `${text}\nand ${more} more` : text;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
