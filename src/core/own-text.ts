// Texts to keep for long: cut out of a larger one, a text would keep all of that in memory.

/** The same text with memory of its own. */
export function ownText(text: string): string {
  const copy = Buffer.from(text, 'latin1').toString('latin1');
  return copy === text ? copy : Buffer.from(text, 'utf16le').toString('utf16le');
}
