// Whether an answer that sets a sticky cookie could be kept by a shared cache: then it must be told not to.

/** Statuses that caches may keep unasked (RFC 9110 15.1), as HAProxy counts them. */
const STATUSES: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501,
]);

/** Directives after which no shared cache keeps it. */
const FORBIDDING: ReadonlySet<string> = new Set([
  'private',
  'no-cache',
  'no-store',
  'max-age=0',
  's-maxage=0',
]);

/**
 * Looks at an answer's header lines one after the other; reused.
 *
 * As HAProxy's `nocache`: an answer looks cacheable if it says how long it is fresh (`max-age`, `s-maxage`, `Expires`) or has a
 * validator (`ETag`, `Last-Modified`), and neither Cache-Control nor Pragma forbids it.
 */
export class CacheCheck {
  #isForbidden = false;
  #hasReason = false;

  /** Begins with the head of another answer. */
  begin(): void {
    this.#isForbidden = false;
    this.#hasReason = false;
  }

  /** Takes a line. @param name - lower case */
  take(name: string, value: string): void {
    switch (name) {
      case 'etag':
      case 'last-modified':
      case 'expires':
        this.#hasReason = true;
        break;
      case 'pragma':
        if (value.toLowerCase() === 'no-cache') this.#isForbidden = true;
        break;
      case 'cache-control':
        for (const directive of value.split(',')) this.#obey(directive.trim().toLowerCase());
        break;
      default:
    }
  }

  /**
   * Whether the answer needs `Cache-Control: private`.
   * @param isSafe - the request was a GET, HEAD or OPTIONS; no other answer is kept
   */
  needsPrivate(isSafe: boolean, status: number): boolean {
    return isSafe && this.#hasReason && !this.#isForbidden && STATUSES.has(status);
  }

  #obey(directive: string): void {
    if (FORBIDDING.has(directive)) this.#isForbidden = true;
    else if (directive === 'public') this.#isForbidden = false;
    else if (directive.startsWith('max-age') || directive.startsWith('s-maxage'))
      this.#hasReason = true;
  }
}
