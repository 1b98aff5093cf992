// One limit of a frontend or route: whose requests count together, and who is told of denials.
import { createHash } from 'node:crypto';
import type { HeldPlace } from '../../rate-limit/delay-line.js';
import type { RateLimiter } from '../../rate-limit/rate-limiter.js';
import { SourceKey } from '../../rate-limit/source-key.js';
import type { RateLimitConfig } from '../../spec/config.js';
import type { FrontendContext } from '../handler.js';
import { DenialAnnouncer } from './denial-announcer.js';

/** Longer values of headers and cookies are counted under their hash: tables hold many. */
const MAX_KEY_LENGTH = 64;

/** What a limit may ask of a request, connection or session. */
export interface LimitSubject {
  readonly source: string;
  /** undefined = it has none. @param name - of a header in lower case, or of a cookie */
  attribute(kind: 'header' | 'cookie', name: string): string | undefined;
  /** It must wait for its turn; who does not want that any more gives the place up. */
  onHeld?(place: HeldPlace): void;
}

/** Where a limit stands. */
export interface LimitPlace {
  /** Its own name, for clients and events. */
  readonly name: string;
  /** The list it stands in, unique in the frontend. */
  readonly scope: string;
  readonly context: FrontendContext;
}

/** A limiter, and the way from a request to its key. */
export class Limit {
  readonly name: string;
  readonly config: RateLimitConfig;
  readonly limiter: RateLimiter;
  readonly announcer: DenialAnnouncer;
  readonly #source: SourceKey;

  constructor(config: RateLimitConfig, { name, scope, context }: LimitPlace) {
    this.name = name;
    this.config = config;
    this.limiter = context.limiters.get(config, scope);
    this.announcer = new DenialAnnouncer(config, name, context);
    this.#source = new SourceKey(config.ipv6Prefix ?? 128, context.environment.clock);
  }

  /** Whose it is; undefined = nobody's whom the limit knows, and not limited. */
  keyOf(subject: LimitSubject): string | undefined {
    const { key } = this.config;
    if (key === 'source-ip') return this.#source.of(subject.source);
    if (key === 'frontend') return '';
    const value =
      'header' in key
        ? subject.attribute('header', key.header)
        : subject.attribute('cookie', key.cookie);
    if (value === undefined || value.length <= MAX_KEY_LENGTH) return value;
    return createHash('sha256').update(value, 'latin1').digest('base64url');
  }
}
