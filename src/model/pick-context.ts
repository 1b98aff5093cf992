// What a pool and its strategy may know about the request or connection that needs a member.
import type { Member } from './member.js';

/** Kinds of request attributes a keyed hash can use. */
export type AttributeKind = 'uri' | 'path' | 'header' | 'cookie' | 'query';

/**
 * One question to a pool. Data paths reuse one object per client connection:
 * nobody may keep it beyond the answer, nor beyond a place in the queue.
 */
export interface PickContext {
  /** The client's address as text, IPv4-mapped addresses already unmapped. */
  readonly source: string;
  /** Monotonic ms. */
  readonly nowMs: number;
  /** Members already tried for this request: never picked again. */
  readonly tried: readonly Member[];
  /** Whether the client can wait in the queue; false = it is refused instead. @defaultValue true */
  readonly mayQueue?: boolean;
  /** A request attribute; undefined if the request has none (or is no HTTP request). `name` is '' for uri and path. */
  attribute(kind: AttributeKind, name: string): string | undefined;
}

const NOTHING_TRIED: readonly Member[] = Object.freeze([]);

/** A context from parts, for tests, in-process callers and other slow paths. */
export function createPickContext(
  parts: Partial<Omit<PickContext, 'attribute'>> & {
    attributes?: Readonly<
      Partial<Record<AttributeKind, string | Readonly<Record<string, string>>>>
    >;
  } = {},
): PickContext {
  return {
    source: parts.source ?? '127.0.0.1',
    nowMs: parts.nowMs ?? 0,
    tried: parts.tried ?? NOTHING_TRIED,
    attribute(kind, name) {
      const value = parts.attributes?.[kind];
      return typeof value === 'string' || value === undefined ? value : value[name];
    },
  };
}
