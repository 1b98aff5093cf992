// Strict-Transport-Security (RFC 6797) on the answers of members; the balancer's own get the same line from the settings.
import type { FrontendConfig } from '../../../spec/config.js';
import type { Decision } from './decision.js';
import type { Pass } from './policy.js';
import type { RequestView } from './request-view.js';

const NAME = 'Strict-Transport-Security';

/** `max-age=31536000; includeSubDomains`. */
export function hstsValue({
  maxAge,
  includeSubDomains,
}: NonNullable<FrontendConfig['hsts']>): string {
  const seconds = Math.floor(maxAge / 1000);
  return `max-age=${seconds}${includeSubDomains ? '; includeSubDomains' : ''}`;
}

/** The header as a line with its CRLF. */
export function hstsLine(config: NonNullable<FrontendConfig['hsts']>): string {
  return `${NAME}: ${hstsValue(config)}\r\n`;
}

/** Replaces what a member says by what the spec says: a browser heeds the first line only. */
export class HstsPass implements Pass {
  readonly name = 'hsts';
  readonly #value: string;

  constructor(config: NonNullable<FrontendConfig['hsts']>) {
    this.#value = hstsValue(config);
  }

  judge(_request: RequestView, decision: Decision): undefined {
    decision.response.set(NAME, this.#value);
  }
}
