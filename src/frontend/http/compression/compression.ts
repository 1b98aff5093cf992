// Which answers are compressed, and how: the settings of a frontend, compiled.
import { BoundedMap } from '../../../core/bounded-map.js';
import type { FrontendConfig } from '../../../spec/config.js';
import type { CompressionAlgorithm } from '../../../spec/http-features-config.js';
import { latin1 } from '../../../upstream/latin1.js';
import { chooseCoding } from '../../../wire/accept-encoding.js';
import type { ResponseHead } from '../../../wire/http1/response-head.js';
import { renderLines } from '../policy/head-changes.js';
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
    if (UNTOUCHABLE.test(policyFields(request))) return undefined;
    if (NO_TRANSFORM.test(request.headerList('cache-control') ?? '')) return undefined;
    return this.#choose(request.headerList('accept-encoding'));
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

/** What the policy puts into the answer, in the form of {@link UNTOUCHABLE}. */
function policyFields({ decision }: RequestState): string {
  if (decision === undefined || decision.response.added.length === 0) return '';
  return `\r\n${renderLines(decision.response).toLowerCase()}`;
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
  const { removed, line } = weakTag(fields, head);
  return { removed, lines: `Content-Encoding: ${plan}\r\n${line}${vary}` };
}

/**
 * The same for an answer without body to HEAD, and for 304: they say what the GET would have said (RFC 9110 9.3.2, 15.4.5),
 * but for what only compressing it would show. Takes the length out of `head`, since it would be another one (RFC 9110 8.6).
 */
export function bodilessLines(
  plan: CompressionAlgorithm | 'negotiable',
  head: ResponseHead,
  bytes: Buffer,
  request: RequestState,
): { readonly removed: readonly string[]; readonly lines: string } {
  const coding = codingLines('negotiable', head, bytes);
  if (plan === 'negotiable') return coding;
  const fields = `\r\n${latin1(bytes, head.fieldsStart, head.end)}`;
  if (head.contentLength >= 0) head.removeLine(head.lengthLineStart, head.lengthLineEnd);
  const { removed, line, tag } = weakTag(fields, head);
  // Of what type it is that has not changed can be told by the tag that the client was given.
  const isKnown = CONTENT_TYPE.test(fields.toLowerCase());
  if (!isKnown && !request.headerList('if-none-match')?.includes(`W/${tag}`)) {
    return coding;
  }
  return { removed, lines: line + coding.lines };
}

/**
 * A strong tag promises the same bytes (RFC 9110 8.8.3); so does a range of them. `tag` is '' if there is no strong one, or
 * the policy takes it out.
 */
function weakTag(
  fields: string,
  head: ResponseHead,
): { readonly removed: readonly string[]; readonly line: string; readonly tag: string } {
  const found = ETAG.exec(fields);
  const tag = found?.[1];
  if (tag === undefined || head.isRemoved(head.fieldsStart + (found?.index ?? 0)))
    return { removed: ['accept-ranges'], line: '', tag: '' };
  return { removed: ['accept-ranges', 'etag'], line: `ETag: W/${tag}\r\n`, tag };
}
