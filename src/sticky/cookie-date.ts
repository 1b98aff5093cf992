// Dates in sticky cookies as HAProxy writes them: five base64 digits that count four seconds each.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Characters of a date. */
export const DATE_LENGTH = 5;

/** Value by character code; -1 = no digit. */
const VALUES: Int8Array = new Int8Array(256).fill(-1);
for (let value = 0; value < 64; value++) VALUES[DIGITS.charCodeAt(value)] = value;

/** A time as a date can hold it: rounded up to four seconds. Unix seconds. */
export function roundToDate(seconds: number): number {
  return Math.ceil(seconds / 4) * 4;
}

/** `1790000000` -> `aqxlA`: 30 bits of the time in units of four seconds, rounded up. */
export function renderCookieDate(seconds: number): string {
  const units = Math.ceil(seconds / 4);
  let text = '';
  for (let shift = 24; shift >= 0; shift -= 6) text += DIGITS[(units >>> shift) & 63];
  return text;
}

/** Unix seconds of the date at `from`; 0 = there is none that lies before `to`. */
export function parseCookieDate(text: string, from: number, to: number): number {
  if (to - from < DATE_LENGTH) return 0;
  let units = 0;
  for (let i = from; i < from + DATE_LENGTH; i++) {
    const code = text.charCodeAt(i);
    const value = code < 256 ? VALUES[code]! : -1;
    if (value < 0) return 0;
    units = (units << 6) | value;
  }
  return units * 4;
}
