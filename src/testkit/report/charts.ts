// The plots of a report: areas, bars and lines over time.
import { LEFT, pixel, ticksUpTo, WIDTH } from './axis.js';
import { escapeXml } from './escape.js';
import { renderMs } from './units.js';

/** One coloured part of a plot, from its first piece to its last. */
export interface Series {
  readonly name: string;
  /** Class of the style sheet. */
  readonly className: string;
  readonly values: readonly (number | null)[];
}

/** A piece of SVG and its height. */
export interface Drawn {
  readonly svg: string;
  readonly height: number;
}

const TITLE = 18;
const GAP = 16;

/** Values stacked on each other, as steps. */
export function drawStack(
  title: string,
  top: number,
  height: number,
  series: readonly Series[],
): Drawn {
  const pieces = series[0]?.values.length ?? 0;
  const sums = Array.from({ length: pieces }, () => 0);
  for (const { values } of series) for (let i = 0; i < pieces; i++) sums[i]! += values[i] ?? 0;
  const max = Math.max(...sums, 1e-9);
  const bottom = top + TITLE + height;
  const y = (value: number): number => pixel(bottom - (height * value) / max);
  const floor = Array.from({ length: pieces }, () => 0);
  const areas = series.map(({ className, values }) => {
    const under = [...floor];
    for (let i = 0; i < pieces; i++) floor[i]! += values[i] ?? 0;
    if (values.every((value) => !value)) return '';
    return `<path class="${className}" d="${stepArea(floor, under, y)}"/>`;
  });
  return finish(
    title,
    series,
    { top, height, labels: ticksUpTo(max, 4).map((tick) => ({ y: y(tick), text: String(tick) })) },
    areas.join(''),
  );
}

/** Times as lines over a logarithmic scale. */
export function drawTimes(
  title: string,
  top: number,
  height: number,
  series: readonly Series[],
): Drawn {
  const all = series.flatMap(({ values }) =>
    values.filter((value): value is number => (value ?? 0) > 0),
  );
  const low = 10 ** Math.floor(Math.log10(Math.min(...all, 1000)));
  const high = Math.max(10 ** Math.ceil(Math.log10(Math.max(...all, 0.001))), low * 10);
  const bottom = top + TITLE + height;
  const span = Math.log10(high / low);
  const y = (ms: number): number =>
    pixel(bottom - (height * Math.log10(Math.max(ms, low) / low)) / span);
  const labels: { y: number; text: string }[] = [];
  for (let ms = low; ms <= high * 1.001; ms *= 10)
    labels.push({ y: y(ms), text: renderMs(Number(ms.toPrecision(3))) });
  const lines = series.map(
    ({ className, values }) => `<path class="line ${className}" d="${brokenLine(values, y)}"/>`,
  );
  return finish(title, series, { top, height, labels }, lines.join(''));
}

interface Frame {
  readonly top: number;
  readonly height: number;
  readonly labels: readonly { readonly y: number; readonly text: string }[];
}

function finish(title: string, series: readonly Series[], frame: Frame, body: string): Drawn {
  const { top, height, labels } = frame;
  const grid = labels
    .map(
      ({ y, text }) =>
        `<path class="grid" d="M${LEFT} ${y}h${WIDTH}"/><text class="tick" x="${LEFT - 8}" y="${y + 3.5}" text-anchor="end">${escapeXml(text)}</text>`,
    )
    .join('');
  let x = LEFT;
  let legend = '';
  for (const { name, className, values } of series) {
    if (values.every((value) => !value)) continue;
    legend += `<rect class="${className} swatch" x="${x}" y="${top + 2}" width="9" height="9" rx="2"/><text class="legend" x="${x + 14}" y="${top + 10}">${escapeXml(name)}</text>`;
    x += 24 + name.length * 6.6;
  }
  const heading = `<text class="title" x="0" y="${top + 11}">${escapeXml(title)}</text>`;
  return { svg: heading + legend + grid + body, height: TITLE + height + GAP };
}

function stepArea(
  over: readonly number[],
  under: readonly number[],
  y: (value: number) => number,
): string {
  const step = WIDTH / over.length;
  let path = `M${LEFT} ${y(under[0] ?? 0)}`;
  for (let i = 0; i < over.length; i++) path += `V${y(over[i]!)}H${pixel(LEFT + (i + 1) * step)}`;
  for (let i = over.length - 1; i >= 0; i--) path += `V${y(under[i]!)}H${pixel(LEFT + i * step)}`;
  return `${path}Z`;
}

function brokenLine(values: readonly (number | null)[], y: (value: number) => number): string {
  const step = WIDTH / values.length;
  let path = '';
  let isDown = false;
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isDown = false;
      continue;
    }
    path += `${isDown ? 'L' : 'M'}${pixel(LEFT + (i + 0.5) * step)} ${y(value)}`;
    // A piece between two gaps would be invisible.
    if (!isDown && (values[i + 1] ?? null) === null) path += 'h2';
    isDown = true;
  }
  return path;
}
