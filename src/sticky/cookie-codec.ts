// Reads the sticky cookies of one pool, and makes what its answers say, byte for byte as HAProxy does.
import type { CookieStickyConfig } from '../spec/config.js';
import type { AnswerCookie, CookieMode } from './answer-cookie.js';
import { DATE_LENGTH, parseCookieDate, renderCookieDate, roundToDate } from './cookie-date.js';
import { type MemberIds, OpaqueIds, PlainIds } from './member-ids.js';
import { CookieScan } from './request-cookie.js';

/** A date further ahead than this is no date (s): the clock of whoever wrote it was wrong. */
const FUTURE_S = 86_400;

/** When a client came, by its cookie. Unix seconds, 0 = not known. */
export interface CookieDates {
  /** Last, rounded up to four seconds. */
  lastS: number;
  /** First, rounded up likewise. */
  firstS: number;
}

/** The two answers that most clients get, made once per member. */
interface ReadyAnswers {
  /** The client has the cookie. */
  readonly kept: AnswerCookie;
  /** The cookie is set; undefined where it has a date in it. */
  readonly set: AnswerCookie | undefined;
}

/**
 * A value is `web-1`, or with `maxIdle` or `maxLife` `web-1|aqxlA|aqxkB`: the member, when the client was seen last, and
 * (with `maxLife`) when it was seen first. In mode `prefix` it is `web-1~` and the member's own value.
 */
export class CookieCodec implements CookieDates {
  readonly name: string;
  readonly mode: CookieMode;
  /** Whether the cookies that it makes have dates. */
  readonly hasDates: boolean;
  lastS = 0;
  firstS = 0;
  readonly #ids: MemberIds;
  readonly #maxIdleS: number;
  readonly #maxLifeS: number;
  /** `; path=/; domain=example.com; HttpOnly; Secure; SameSite=Lax`. */
  readonly #attributes: string;
  readonly #scan: CookieScan = new CookieScan();
  #header = '';
  #ready: Map<string, ReadyAnswers> = new Map();

  /** @param secret - key of opaque values; undefined = members' names stand in the cookie */
  constructor(config: CookieStickyConfig, secret?: string) {
    this.name = config.cookie;
    this.mode = config.cookieMode;
    this.#ids = secret === undefined ? new PlainIds() : new OpaqueIds(secret);
    this.#maxIdleS = Math.ceil((config.maxIdle ?? 0) / 1000);
    this.#maxLifeS = Math.ceil((config.maxLife ?? 0) / 1000);
    this.hasDates = this.#maxIdleS > 0 || this.#maxLifeS > 0;
    this.#attributes = renderAttributes(config);
  }

  /** Knows these members from now on. */
  use(members: readonly string[]): void {
    this.#ids.use(members);
    this.#ready = new Map(members.map((member) => [member, this.#makeReady(member)]));
  }

  /** Begins with the Cookie header of another request. */
  begin(header: string): void {
    this.#header = header;
    this.lastS = 0;
    this.firstS = 0;
    this.#scan.begin(header, this.name);
  }

  /**
   * The member that the next cookie of our name stands for, and its dates; a client may have several, set for other paths or
   * domains. Unknown, empty and expired ones are passed over. undefined = there is no more.
   * @param nowS - Unix seconds; means nothing without dates
   */
  next(nowS: number): string | undefined {
    const scan = this.#scan;
    while (scan.next()) {
      const end = this.mode === 'prefix' ? this.#prefixEnd() : this.#readDates(nowS);
      if (end === scan.valueStart) continue;
      const member = this.#ids.memberOf(this.#header.slice(scan.valueStart, end));
      if (member !== undefined) return member;
    }
    return undefined;
  }

  /**
   * What the answer of `member` says to a client.
   * @param isKnown - the client's cookie stands for this very member
   * @param nowS - Unix seconds; means nothing where neither pool nor client has dates
   */
  answer(member: string, isKnown: boolean, dates: CookieDates, nowS: number): AnswerCookie {
    const ready = this.#ready.get(member) ?? this.#makeReady(member);
    if (this.mode !== 'insert' || (isKnown && this.#isFresh(dates, nowS))) return ready.kept;
    return ready.set ?? this.#withSetCookie(ready.kept, this.#renderDates(dates, nowS));
  }

  /** What the answer of `member` says to a client whose cookie stays as it is. */
  keep(member: string): AnswerCookie {
    return (this.#ready.get(member) ?? this.#makeReady(member)).kept;
  }

  /** Where the id ends: at the first `~`, or with the value. */
  #prefixEnd(): number {
    const { valueStart, valueEnd } = this.#scan;
    const delimiter = this.#header.indexOf('~', valueStart);
    return delimiter < 0 || delimiter > valueEnd ? valueEnd : delimiter;
  }

  /** Where the id ends: before the dates, or right where it begins for a cookie past its time. */
  #readDates(nowS: number): number {
    const { valueStart, valueEnd } = this.#scan;
    const header = this.#header;
    const bar = header.indexOf('|', valueStart);
    if (bar < 0 || bar >= valueEnd) return valueEnd;
    const lastS = parseCookieDate(header, bar + 1, valueEnd);
    if (lastS > 0) this.lastS = lastS;
    const second = header.indexOf('|', bar + 1);
    if (second >= 0 && second + DATE_LENGTH < valueEnd) {
      const firstS = parseCookieDate(header, second + 1, valueEnd);
      if (firstS > 0) this.firstS = firstS;
    }
    if (!isOver(this.firstS, this.#maxLifeS, nowS) && !isOver(this.lastS, this.#maxIdleS, nowS))
      return bar;
    this.lastS = 0;
    this.firstS = 0;
    return valueStart;
  }

  /** Whether the client's cookie says all that we would write; a last date is written anew once it lies in the past. */
  #isFresh({ lastS, firstS }: CookieDates, nowS: number): boolean {
    if ((this.#maxIdleS > 0 || lastS > 0) && lastS < nowS) return false;
    return this.#maxLifeS > 0 === firstS > 0;
  }

  #renderDates({ firstS }: CookieDates, nowS: number): string {
    const last = `|${renderCookieDate(nowS)}`;
    if (this.#maxLifeS === 0) return last;
    return `${last}|${renderCookieDate(firstS > 0 ? firstS : roundToDate(nowS))}`;
  }

  #makeReady(member: string): ReadyAnswers {
    const { name, mode } = this;
    const id = this.#ids.idOf(member);
    const kept: AnswerCookie = Object.freeze({ name, mode, id, setCookie: '' });
    return { kept, set: this.hasDates ? undefined : this.#withSetCookie(kept, '') };
  }

  #withSetCookie({ name, mode, id }: AnswerCookie, dates: string): AnswerCookie {
    return Object.freeze({ name, mode, id, setCookie: `${name}=${id}${dates}${this.#attributes}` });
  }
}

function isOver(dateS: number, limitS: number, nowS: number): boolean {
  if (dateS === 0 || limitS === 0) return false;
  return nowS - dateS > limitS || dateS - nowS > FUTURE_S;
}

/** In HAProxy's order. */
function renderAttributes(config: CookieStickyConfig): string {
  let text = `; path=${config.path}`;
  if (config.domain !== undefined) text += `; domain=${config.domain}`;
  if (config.httpOnly) text += '; HttpOnly';
  if (config.secure) text += '; Secure';
  if (config.sameSite !== undefined) text += `; SameSite=${config.sameSite}`;
  return text;
}
