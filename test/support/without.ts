// Specs with something left out.
import { splitPath } from '../../src/emit/config-paths.js';

/** A spec without what stands at the paths of its faults or refusals; of a short form, without the whole. */
export function without<T extends object>(spec: T, paths: readonly string[]): T {
  const copy = structuredClone(spec);
  // From behind, so that the places of items stay.
  for (const where of [...paths].sort().reverse()) {
    let holder: object = copy;
    const segments = [...splitPath(where)];
    while (segments.length > 1) {
      const next: unknown = Reflect.get(holder, segments[0] ?? '');
      if (typeof next !== 'object' || next === null) break;
      if (!Array.isArray(holder) && !Array.isArray(next) && typeof segments[1] === 'number') break;
      holder = next;
      segments.shift();
    }
    const last = segments[0] ?? '';
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else Reflect.deleteProperty(holder, last);
  }
  return copy;
}
