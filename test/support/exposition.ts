// Prometheus' text format, read as far as tests need it.

/** The samples of one name: `{proxy="web"}` -> value. */
export function samples(text: string, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, lineName, labels = '', value] = /^([a-z_]+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    if (lineName === name) found[labels] = Number(value);
  }
  return found;
}

/** Every family: its type, and the label names of its samples. */
export function families(
  text: string,
): Map<string, { type: string; labels: string; samples: number }> {
  const found = new Map<string, { type: string; labels: string; samples: number }>();
  for (const line of text.split('\n')) {
    const [, typed, type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined) found.set(typed, { type, labels: '', samples: 0 });
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const family = found.get(name);
    if (family === undefined) continue;
    family.samples++;
    family.labels = [...labels.matchAll(/([a-z]+)="/g)].map((match) => match[1]).join(',');
  }
  return found;
}
