// nginx's configuration as data: directives of words, some with a block; and as text.

/** `server { listen 53 udp; }`. */
export interface Directive {
  readonly words: readonly (string | number)[];
  /** What stands in its braces; absent = it ends with `;`. */
  readonly block?: readonly Directive[];
}

/** Words that nginx reads as they stand. Names and addresses of a spec are made of these characters; nothing else of a user is written. */
const PLAIN = /^[A-Za-z0-9_.:/[\]=$*+-]+$/;

/**
 * The text of directives.
 * @throws RangeError for a word that nginx would read otherwise: a fault of a translator
 */
export function renderDirectives(directives: readonly Directive[], indent = ''): string {
  return directives
    .map(({ words, block }) => {
      const head = indent + words.map(renderWord).join(' ');
      if (block === undefined) return `${head};\n`;
      return `${head} {\n${renderDirectives(block, `${indent}  `)}${indent}}\n`;
    })
    .join('');
}

function renderWord(word: string | number): string {
  const text = String(word);
  if (text === '') return '""';
  if (!PLAIN.test(text)) throw new RangeError(`no word for nginx: ${JSON.stringify(text)}`);
  return text;
}
