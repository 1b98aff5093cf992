// Durations as nginx reads them.

/** `10s`, or `1500ms`. At least 1 ms. */
export function renderNginxTime(milliseconds: number): string {
  const ms = Math.max(1, Math.round(milliseconds));
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** `10s`, for what nginx counts in whole seconds: rounded up. At least 1 s. */
export function renderNginxSeconds(milliseconds: number): string {
  return `${Math.max(1, Math.ceil(milliseconds / 1000))}s`;
}
