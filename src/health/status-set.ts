// Which HTTP statuses a monitor accepts: `"2xx"`, `"200,204"`, `"200-299"`, or a mix with commas.

/** Inclusive bounds. */
type Range = readonly [low: number, high: number];

/** A set of HTTP statuses (100-599) written as text. */
export class StatusSet {
  readonly #ranges: readonly Range[];

  private constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
  }

  /** `"2xx,301,400-404"` -> a set; undefined if it is not written so. */
  static parse(text: string): StatusSet | undefined {
    const ranges = text.split(',').map((part) => parseRange(part.trim()));
    return ranges.every((range) => range !== undefined) ? new StatusSet(ranges) : undefined;
  }

  has(status: number): boolean {
    return this.#ranges.some(([low, high]) => status >= low && status <= high);
  }
}

function parseRange(text: string): Range | undefined {
  const family = /^([1-5])xx$/i.exec(text);
  if (family !== null) return [Number(family[1]) * 100, Number(family[1]) * 100 + 99];
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text);
  if (match === null) return undefined;
  const low = Number(match[1]);
  const high = match[2] === undefined ? low : Number(match[2]);
  return low <= high ? [low, high] : undefined;
}
