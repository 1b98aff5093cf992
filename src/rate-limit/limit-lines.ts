// What a denied client is told: when to come back, and which limits there are.
import type { RateLimitConfig } from '../spec/config.js';

/** A limit by its name. */
export interface NamedLimit {
  readonly name: string;
  readonly config: Pick<RateLimitConfig, 'requests' | 'window' | 'burst'>;
}

/**
 * `RateLimit-Policy: "public";q=100;w=60`, one item per limit (draft-ietf-httpapi-ratelimit-headers-09). Seconds are rounded up.
 * A limit by gcra says its rate, not its burst.
 */
export function renderPolicyLine(limits: readonly NamedLimit[]): string {
  const items = limits.map(
    ({ name, config }) => `${quote(name)};q=${config.requests};w=${seconds(config.window)}`,
  );
  return `RateLimit-Policy: ${items.join(', ')}\r\n`;
}

/** `Retry-After: 7` and `RateLimit: "public";r=0;t=7`. @param name - of the limit that denied */
export function renderDenialLines(name: string, retryAfterMs: number): string {
  const wait = seconds(retryAfterMs);
  return `Retry-After: ${wait}\r\nRateLimit: ${quote(name)};r=0;t=${wait}\r\n`;
}

/** Whole seconds, rounded up, at least 1. */
function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** A string of structured fields (RFC 9651 3.3.3). */
function quote(text: string): string {
  return `"${text.replaceAll(/[^ !#-[\]-~]/g, '_')}"`;
}
