// The hash of an expanded spec, by which a file tells what it was made from.
import { createHash } from 'node:crypto';
import type { BalancerConfig } from '../spec/config.js';

/** The first 16 hex digits of sha-256 over the expanded spec as JSON with sorted keys. */
export function specHash(config: BalancerConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex').slice(0, 16);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
