// From rounds to one line per candidate: medians, spread, ratio to the baseline.
import { median, renderTable } from './table.mjs';

/** Medians of every figure, and how far the steering one spreads: (max - min) / median. */
export function summarise(row, rounds) {
  const medians = Object.fromEntries(
    Object.keys(row.columns).map((key) => [key, median(rounds.map((round) => round[key]))]),
  );
  const steering = rounds.map((round) => round[row.steer]);
  const spread = (Math.max(...steering) - Math.min(...steering)) / medians[row.steer];
  return { medians, spread };
}

/** The table of one row: `results` are `{ target, medians, spread }`, the best first. */
export function renderRow(row, results) {
  const baseline = results.find(({ target }) => target === row.baseline);
  const sorted = [...results].sort((a, b) => a.medians[row.steer] - b.medians[row.steer]);
  const head = ['target', 'ratio', 'spread', ...Object.values(row.columns)];
  const lines = sorted.map(({ target, medians, spread }) => [
    target,
    baseline === undefined ? '' : (medians[row.steer] / baseline.medians[row.steer]).toFixed(2),
    `${Math.round(spread * 100)} %`,
    ...Object.keys(row.columns).map((key) => renderFigure(medians[key])),
  ]);
  const against = baseline === undefined ? '' : ` (ratio to ${row.baseline})`;
  return `${row.title}${against}\n\n${renderTable(head, lines)}\n`;
}

function renderFigure(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}
