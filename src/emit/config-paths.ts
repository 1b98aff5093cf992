// Paths into an expanded spec: the value at one, and all of them in the order of the document.
import { joinPath, type PathSegment } from '../spec/path.js';

/** `pools[0].members[1].name` -> `pools`, 0, `members`, 1, `name`. */
export function splitPath(path: string): readonly PathSegment[] {
  const segments: PathSegment[] = [];
  for (const match of path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w-]+)/g)) {
    const [, index, quoted, word] = match;
    if (index !== undefined) segments.push(Number(index));
    else if (quoted !== undefined) segments.push(String(JSON.parse(`"${quoted}"`)));
    else if (word !== undefined) segments.push(word);
  }
  return segments;
}

/** The value at a path; undefined if there is none. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const segment of splitPath(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment))
      return undefined;
    value = Reflect.get(value, segment);
  }
  return value;
}

/** Every path that has no object or list below it, in the order of the document; empty ones count as a leaf. */
export function leafPaths(value: unknown): readonly string[] {
  const leaves: string[] = [];
  addLeaves(leaves, value, '');
  return leaves;
}

function addLeaves(leaves: string[], value: unknown, path: string): void {
  const before = leaves.length;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addLeaves(leaves, item, joinPath(path, index));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) addLeaves(leaves, item, joinPath(path, key));
  }
  if (leaves.length === before) leaves.push(path);
}

/** Sorts by the order of the document; paths that are not in it keep to their nearest ancestor. */
export function inOrderOf<T extends { readonly path: string }>(
  root: unknown,
  items: Iterable<T>,
): readonly T[] {
  const placed = Array.from(items, (item) => ({ item, place: placeOf(root, item.path) }));
  placed.sort((a, b) => comparePlaces(a.place, b.place) || (a.item.path < b.item.path ? -1 : 1));
  return placed.map(({ item }) => item);
}

function comparePlaces(left: readonly number[], right: readonly number[]): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The place of each segment among its brothers. */
function placeOf(root: unknown, path: string): readonly number[] {
  let value = root;
  return splitPath(path).map((segment) => {
    if (typeof value !== 'object' || value === null) return Number.MAX_SAFE_INTEGER;
    if (Array.isArray(value) && typeof segment === 'number') {
      value = value[segment];
      return segment;
    }
    const keys = Object.keys(value);
    const index = keys.indexOf(String(segment));
    value = Reflect.get(value, segment);
    return index < 0 ? keys.length : index;
  });
}
