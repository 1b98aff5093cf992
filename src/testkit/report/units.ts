// Numbers as reports show them.

/** `850 us`, `12.3 ms`, `4.25 s`, `3 min 20 s`; `-` for nothing. */
export function renderMs(ms: number | null): string {
  if (ms === null) return '-';
  if (ms === 0) return '0 s';
  if (ms < 1) return `${Math.round(ms * 1000)} us`;
  if (ms < 1000) return `${trim(ms, 1)} ms`;
  if (ms < 120_000) return `${trim(ms / 1000, 2)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  if (minutes < 120) return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
  return `${trim(ms / 3_600_000, 2)} h`;
}

/** `12,034`. */
export function renderNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
