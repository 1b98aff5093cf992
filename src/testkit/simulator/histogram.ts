// Latencies by size: bins that grow by 4 %, so that a percentile is off by 2 % at most.

const BINS_PER_OCTAVE = 18;
const SMALLEST_MS = 0.05;
/** Up to about an hour. */
const BINS = BINS_PER_OCTAVE * 26;
const SCALE = BINS_PER_OCTAVE;

/** The bin of a time. */
function binOf(ms: number): number {
  if (ms <= SMALLEST_MS) return 0;
  return Math.min(BINS - 1, Math.floor(Math.log2(ms / SMALLEST_MS) * SCALE));
}

/** Counts times; `rows` of them side by side. */
export class Histogram {
  readonly #counts: Uint32Array;
  readonly #totals: Float64Array;

  /** @param rows - one for each piece of the timeline */
  constructor(rows: number) {
    this.#counts = new Uint32Array(rows * BINS);
    this.#totals = new Float64Array(rows);
  }

  add(row: number, ms: number): void {
    this.#counts[row * BINS + binOf(ms)]!++;
    this.#totals[row]!++;
  }

  /** The time that `share` (0-1) of a row stay below, ms; NaN for an empty row. */
  percentile(row: number, share: number): number {
    return percentileOf(this.#counts, row * BINS, this.#totals[row]!, share);
  }

  /** The same over all rows. */
  overall(share: number): number {
    const sums = new Uint32Array(BINS);
    let total = 0;
    for (let i = 0; i < this.#counts.length; i++) sums[i % BINS]! += this.#counts[i]!;
    for (const rowTotal of this.#totals) total += rowTotal;
    return percentileOf(sums, 0, total, share);
  }
}

function percentileOf(counts: Uint32Array, from: number, total: number, share: number): number {
  if (total === 0) return Number.NaN;
  const wanted = Math.max(1, Math.ceil(total * share));
  let seen = 0;
  for (let bin = 0; bin < BINS; bin++) {
    seen += counts[from + bin]!;
    if (seen >= wanted) return SMALLEST_MS * 2 ** ((bin + 0.5) / SCALE);
  }
  return Number.NaN;
}
