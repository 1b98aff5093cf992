// Stick tables that live through reloads: the old worker teaches the new one, over a socket of their own.
import { Section } from './config-file.js';

/** Name of the section, and of this process in it. */
export const PEERS = 'evenkeel';

/** Words that end the line of such a table. */
export const KEPT_TABLE: readonly string[] = ['peers', PEERS];

/** What is true of such tables. */
export const NOTE_KEPT: string =
  'Tables of clients and rates live through reloads, from some ten seconds after a start: before that a reload begins with empty ones.';

/** Whether a section has such a table. */
export function hasKeptTable({ lines }: Section): boolean {
  return lines.some(
    ({ words }) => words[0] === 'stick-table' && words.slice(-2).join() === KEPT_TABLE.join(),
  );
}

/** Where workers meet; nobody else may say anything there. */
export function peersSection(socket: string): Section {
  const section = new Section('peers', PEERS);
  section.add('bind', `unix@${socket}`, 'mode', '600');
  section.add('server', PEERS);
  return section;
}
