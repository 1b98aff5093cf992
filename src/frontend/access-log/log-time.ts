// Times as logs write them; the part that stays the same for a second is made once.

const MONTHS: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

/** Unix ms -> `26/Nov/2026:06:50:00.123`, local time, as HAProxy has it. */
export class HaproxyTime {
  #second = Number.NaN;
  #text = '';

  render(at: number): string {
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const date = new Date(second * 1000);
      const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
      const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
      this.#text = `${day}:${time}.`;
    }
    return this.#text + milliseconds(at - second * 1000);
  }
}

/** Unix ms -> `2026-11-26T06:50:00.123Z`. */
export class IsoTime {
  #second = Number.NaN;
  #text = '';

  render(at: number): string {
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.#text}${milliseconds(at - second * 1000)}Z`;
  }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function milliseconds(value: number): string {
  const ms = Math.floor(value);
  return ms < 10 ? `00${ms}` : ms < 100 ? `0${ms}` : `${ms}`;
}
