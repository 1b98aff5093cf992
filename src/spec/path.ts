// Paths into a spec, as people read them: `frontends[0].routes[2].pool`.

/** A key or an index. */
export type PathSegment = string | number;

/** `pools[0]` and `members` -> `pools[0].members`; keys that are no plain words are quoted: `labels["a.b"]`. */
export function joinPath(path: string, segment: PathSegment): string {
  if (typeof segment === 'number') return `${path}[${segment}]`;
  if (!/^[\w-]+$/.test(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === '' ? segment : `${path}.${segment}`;
}

/** Whether `path` is `root` or inside it. */
export function isWithin(path: string, root: string): boolean {
  if (!path.startsWith(root)) return false;
  const next = path[root.length];
  return root === '' || next === undefined || next === '.' || next === '[';
}
