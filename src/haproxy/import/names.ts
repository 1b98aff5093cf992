// HAProxy's names as names of a spec: lower case letters, digits and inner hyphens, at most 63.

const MAX_LENGTH = 63;

/** Gives each name of one kind a counterpart, always the same one, and no two names the same. */
export class Names {
  readonly #given: Map<string, string> = new Map();
  readonly #used: Set<string> = new Set();

  /** The counterpart of a name. */
  of(name: string): string {
    const before = this.#given.get(name);
    if (before !== undefined) return before;
    const plain = toName(name);
    let unique = plain;
    for (let n = 2; this.#used.has(unique); n++) unique = `${plain.slice(0, MAX_LENGTH - 4)}-${n}`;
    this.#given.set(name, unique);
    this.#used.add(unique);
    return unique;
  }
}

/** `Web_Servers.1` -> `web-servers-1`. */
export function toName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return plain === '' ? 'unnamed' : plain;
}

/** Whether a spec takes it as it is. */
export function isName(name: string): boolean {
  return name.length <= MAX_LENGTH && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name);
}
