// Where things stand in the picture: time from left to right, values from bottom to top.

/** Left edge of every plot. */
export const LEFT = 170;
/** Width of every plot. */
export const WIDTH = 900;

/** A share of the plot's width, rounded to a tenth of a pixel. */
export function xOf(atMs: number, durationMs: number): number {
  return pixel(LEFT + (WIDTH * Math.min(Math.max(atMs, 0), durationMs)) / durationMs);
}

/** A tenth of a pixel is enough, and keeps pages small. */
export function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Round steps, at most `most` of them, up to `max`: 0, 20, 40, ... */
export function ticksUpTo(max: number, most: number): number[] {
  if (max <= 0) return [0];
  const rough = max / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.floor(max / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Moments to write below the picture: round ones, in ms. */
export function timeTicks(durationMs: number): number[] {
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000,
    300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000,
    86_400_000,
  ];
  const step = steps.find((one) => durationMs / one <= 12) ?? durationMs / 10;
  const ticks: number[] = [];
  for (let atMs = 0; atMs <= durationMs; atMs += step) ticks.push(atMs);
  return ticks;
}

/** `0:05`, `12:30`, `1:00:00`, and with parts of a second `0:00.5`. */
export function renderClock(atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  const rest = atMs % 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = rest === 0 ? '' : `.${String(Math.round(rest)).padStart(3, '0').replace(/0+$/, '')}`;
  const clock = `${minutes}:${two(seconds % 60)}${tail}`;
  return hours === 0 ? clock : `${hours}:${two(minutes)}:${two(seconds % 60)}${tail}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
