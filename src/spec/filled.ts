// Building config objects: every field is named, absent ones leave no key behind, and nothing can be changed afterwards.

/** Every field of `T`, optional ones as `| undefined`: a field that is forgotten is a type error. */
export type EveryField<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K];
};

/** An object without the fields that are undefined. */
export function filled<T extends object>(fields: EveryField<T>): T {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) result[key] = value;
  return result as T;
}

/** Freezes a JSON value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
