// Terminal colours, or none.

/** Text -> the same text in a colour or weight. */
export type Paint = (text: string) => string;

/** What the command line tools colour with. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly magenta: Paint;
}

/** ANSI colours where they will be seen: on a terminal, unless NO_COLOR is set (no-color.org). */
export function createPalette(hasColour: boolean): Palette {
  const sgr =
    (on: number, off: number): Paint =>
    (text) =>
      hasColour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    red: sgr(31, 39),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
    blue: sgr(34, 39),
    magenta: sgr(35, 39),
  };
}

const MEMBER_COLOURS = {
  blue: 'blue',
  green: 'green',
  amber: 'yellow',
  violet: 'magenta',
} as const;

/** Paints text in the colour that a demo member is named after. */
export function paintMember(palette: Palette, member: string, text: string): string {
  const colour = Object.entries(MEMBER_COLOURS).find(([name]) => name === member)?.[1];
  return colour === undefined ? text : palette[colour](text);
}
