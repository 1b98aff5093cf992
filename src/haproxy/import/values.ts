// Times and numbers as HAProxy writes them.

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `5s`, `1500`, `1m` -> ms. @param unit - ms of a number without a unit; @defaultValue 1. Undefined = not a time */
export function readTime(text: string | undefined, unit = 1): number | undefined {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, digits = '', suffix] = match;
  return Number(digits) * (suffix === undefined ? unit : (UNITS[suffix] ?? unit));
}

/** `100k` -> 102400. Undefined = not a number. */
export function readSize(text: string | undefined): number | undefined {
  const match = /^(\d+)([kmg])?$/i.exec(text ?? '');
  if (match === null) return undefined;
  const [, digits = '', suffix = ''] = match;
  return Number(digits) * 1024 ** ' kmg'.indexOf(suffix.toLowerCase() || ' ');
}

/** Digits only. Undefined = not a whole number. */
export function readCount(text: string | undefined): number | undefined {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : undefined;
}
