// Issues in the order of the document, each once: a person fixes a file from top to bottom.
import type { SpecIssue } from '../core/errors.js';
import { joinPath } from './path.js';

/** Sorts issues by where their path stands in `document`; what is missing there comes with its parent. */
export function toDocumentOrder(
  issues: readonly SpecIssue[],
  document: unknown,
): readonly SpecIssue[] {
  const places = new Map<string, number>();
  collectPlaces(document, '', places);
  const unique = new Map<string, SpecIssue>();
  for (const issue of issues) {
    const key = `${issue.path} ${issue.code} ${issue.message}`;
    if (!unique.has(key)) unique.set(key, issue);
  }
  const placed = [...unique.values()].map((issue) => ({
    issue,
    place: placeOf(issue.path, places),
  }));
  return placed.sort((a, b) => a.place - b.place).map(({ issue }) => issue);
}

function collectPlaces(value: unknown, path: string, places: Map<string, number>): void {
  places.set(path, places.size);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    collectPlaces(inner, joinPath(path, Array.isArray(value) ? Number(key) : key), places);
  }
}

function placeOf(path: string, places: ReadonlyMap<string, number>): number {
  for (let end = path.length; end > 0; end--) {
    const place = places.get(path.slice(0, end));
    if (place !== undefined) return place;
  }
  return 0;
}
