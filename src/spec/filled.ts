// Building config objects: every field is named, absent ones leave no key behind, and nothing can be changed afterwards.

/** Whether a field of `T` may be left out. */
export type IsOptional<T, K extends keyof T> =
  Partial<Pick<T, K>> extends Pick<T, K> ? true : false;

/** Every field of `T`, optional ones as `| undefined`: a field that is forgotten is a type error. */
export type EveryField<T> = {
  readonly [K in keyof T]-?: IsOptional<T, K> extends true ? T[K] | undefined : T[K];
};

/** An object without the fields that are undefined. */
export function filled<T extends object>(fields: EveryField<T>): T {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) result[key] = value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- EveryField names each field of T
  return result as T;
}

/** Freezes a JSON value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
