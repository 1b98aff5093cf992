// Which answers are compressed, and how: the settings of a frontend, compiled.
import { BoundedMap } from '../../../core/bounded-map.js';
import type { FrontendConfig } from '../../../spec/config.js';
import type { CompressionAlgorithm } from '../../../spec/http-features-config.js';
import { latin1 } from '../../../upstream/latin1.js';
import { chooseCoding } from '../../../wire/accept-encoding.js';
import type { ResponseHead } from '../../../wire/http1/response-head.js';
import type { RequestState } from '../request-state.js';

/** What becomes of an answer: a coding; `negotiable` = it stays as it is for this client; undefined = for everybody. */
export type CompressionPlan = CompressionAlgorithm | 'negotiable' | undefined;

const PARTIAL_CONTENT = 206;
const NOT_MODIFIED = 304;
const NO_CONTENT = 204;

/** Fields that say that an answer may not be changed, or would be wrong if it were. */
const UNTOUCHABLE =
  /\r\n(?:content-encoding|content-range|content-digest|content-md5|digest|trailer)[ \t]*:|\r\ncache-control[ \t]*:[^\r]*\bno-transform\b/;
/** Its messages say themselves whether they are compressed, and go out one by one. */
const GRPC = 'application/grpc';
const CONTENT_TYPE = /\r\ncontent-type:[ \t]*([^;\r \t]*)/;
const NO_TRANSFORM = /\bno-transform\b/i;

/** Different `Accept-Encoding` headers remembered: browsers send few. */
const REMEMBERED = 256;
/** What is remembered does not age. */
const NO_CLOCK = { now: () => 0 };
/** Longer ones are nobody's. */
const MAX_HEADER = 256;

/** Decides for each answer. */
export class Compression {
  readonly #algorithms: readonly CompressionAlgorithm[];
  readonly #minBytes: number;
  readonly #types: ReadonlySet<string>;
  readonly #choices: BoundedMap<string, CompressionAlgorithm | 'negotiable'>;

  constructor(config: NonNullable<FrontendConfig['compression']>) {
    this.#algorithms = config.algorithms;
    this.#minBytes = config.minBytes;
    this.#types = new Set(config.types);
    this.#choices = new BoundedMap({ max: REMEMBERED }, NO_CLOCK);
  }

  /** @param head - of the answer, not edited yet */
  plan(head: ResponseHead, bytes: Buffer, request: RequestState): CompressionPlan {
    if (head.status === PARTIAL_CONTENT || request.minor === 0 || request.isConnect)
      return undefined;
    if (head.status === NO_CONTENT || head.status < 200) return undefined;
    if (head.contentLength >= 0 && head.contentLength < this.#minBytes) return undefined;
    const fields = `\r\n${latin1(bytes, head.fieldsStart, head.end).toLowerCase()}`;
    if (!this.#isCompressible(fields, head.status) || UNTOUCHABLE.test(fields)) return undefined;
    if (NO_TRANSFORM.test(request.attribute('header', 'cache-control') ?? '')) return undefined;
    // There is nothing to compress, but caches are told what they would be of the GET (RFC 9110 9.3.2, 15.4.5).
    if (head.hasNoBody) return 'negotiable';
    return this.#choose(request.attribute('header', 'accept-encoding'));
  }

  #isCompressible(fields: string, status: number): boolean {
    const type = CONTENT_TYPE.exec(fields)?.[1] ?? '';
    // Most say nothing of the type of what has not changed: it may be one of these.
    if (type === '' && status === NOT_MODIFIED) return true;
    if (type.startsWith(GRPC)) return false;
    const slash = type.indexOf('/');
    return slash > 0 && (this.#types.has(type) || this.#types.has(`${type.slice(0, slash)}/*`));
  }

  #choose(header: string | undefined): CompressionPlan {
    if (header === undefined || header.length > MAX_HEADER) return 'negotiable';
    const known = this.#choices.get(header);
    if (known !== undefined) return known;
    const choice = chooseCoding(header, this.#algorithms) ?? 'negotiable';
    this.#choices.set(header, choice);
    return choice;
  }
}

const ETAG = /\r\netag:[ \t]*("[^\r]*?)[ \t]*\r\n/i;
const VARIES = /\r\nvary[ \t]*:[^\r]*(?:\*|accept-encoding)/i;

/**
 * The lines that an answer of this plan gets, each with its CRLF; what they replace goes out of `head`.
 * The length is for the caller.
 */
export function codingLines(
  plan: CompressionAlgorithm | 'negotiable',
  head: ResponseHead,
  bytes: Buffer,
): { readonly removed: readonly string[]; readonly lines: string } {
  const fields = `\r\n${latin1(bytes, head.fieldsStart, head.end)}`;
  const vary = VARIES.test(fields) ? '' : 'Vary: Accept-Encoding\r\n';
  if (plan === 'negotiable') return { removed: [], lines: vary };
  // A strong tag promises the same bytes (RFC 9110 8.8.3); so does a range of them.
  const etag = ETAG.exec(fields)?.[1];
  const weak = etag === undefined ? '' : `ETag: W/${etag}\r\n`;
  return {
    removed: etag === undefined ? ['accept-ranges'] : ['accept-ranges', 'etag'],
    lines: `Content-Encoding: ${plan}\r\n${weak}${vary}`,
  };
}
