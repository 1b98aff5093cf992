// Which content coding a client wants (RFC 9110 12.5.3).

const ITEM = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/**
 * The coding of `offered` that the client likes best; of those it likes the same the one that is offered first.
 * undefined = none, or it likes the answer as it is better. Members that are no coding are passed over.
 * @param header - the value of Accept-Encoding; undefined or '' = the answer as it is
 */
export function chooseCoding<Coding extends string>(
  header: string | undefined,
  offered: readonly Coding[],
): Coding | undefined {
  if (header === undefined || header === '') return undefined;
  const weights = readWeights(header);
  const rest = weights.get('*');
  let best: Coding | undefined;
  // Not named, the answer as it is will do, but is nobody's wish.
  let bestWeight = weights.get('identity') ?? 0;
  for (const coding of offered) {
    const weight = weights.get(coding) ?? weights.get(ALIASES[coding] ?? coding) ?? rest ?? 0;
    if (weight === 0) continue;
    if (best === undefined ? weight >= bestWeight : weight > bestWeight) {
      best = coding;
      bestWeight = weight;
    }
  }
  return best;
}

/** Names that old clients use (RFC 9110 8.4.1.3). */
const ALIASES: Readonly<Record<string, string>> = { gzip: 'x-gzip' };

function readWeights(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [, name, weight = '1'] = ITEM.exec(item.trim()) ?? [];
    if (name !== undefined) weights.set(name.toLowerCase(), Number(weight));
  }
  return weights;
}
