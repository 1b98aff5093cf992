// Stickiness by cookie: the client itself remembers its member, and the pool remembers nothing.
import type { Clock } from '../core/clock.js';
import type { PickContext } from '../model/pick-context.js';
import type { AnswerCookie } from '../sticky/answer-cookie.js';
import type { CookieCodec } from '../sticky/cookie-codec.js';
import type { RequestCookie } from '../sticky/request-cookie.js';
import type { PooledMember } from './pooled-member.js';
import { Binding, type Stickiness } from './stickiness.js';

/** @internal Reads a request's cookies, and says what its answer sets. */
export class CookieStickiness implements Stickiness {
  readonly table = undefined;
  readonly requestCookie: RequestCookie | undefined;
  readonly #codec: CookieCodec;
  readonly #clock: Clock;
  readonly #serves: (member: PooledMember, nowMs: number) => boolean;
  readonly #binding: Binding = new Binding(this);
  #members: ReadonlyMap<string, PooledMember> = new Map();

  /** @param serves - whether a member serves the clients that belong to it */
  constructor(
    codec: CookieCodec,
    clock: Clock,
    serves: (member: PooledMember, nowMs: number) => boolean,
  ) {
    const { name, mode } = codec;
    this.requestCookie = mode === 'rewrite' ? undefined : Object.freeze({ name, mode });
    this.#codec = codec;
    this.#clock = clock;
    this.#serves = serves;
  }

  begin(): void {}

  use(members: readonly PooledMember[]): void {
    this.#members = new Map(members.map((member) => [member.name, member]));
    this.#codec.use([...this.#members.keys()]);
  }

  /** Of several cookies the first whose member serves; else the first whose member is known. */
  find(context: PickContext): Binding {
    const binding = this.#binding;
    const codec = this.#codec;
    binding.clear();
    const header = context.attribute('header', 'cookie');
    if (header === undefined || header === '') return binding;
    codec.begin(header);
    const nowS = codec.hasDates ? this.#nowS() : 0;
    for (let name = codec.next(nowS); name !== undefined; name = codec.next(nowS)) {
      const member = this.#members.get(name);
      if (member === undefined) continue;
      binding.home ??= member;
      if (!this.#serves(member, context.nowMs)) continue;
      binding.home = member;
      break;
    }
    binding.lastS = codec.lastS;
    binding.firstS = codec.firstS;
    return binding;
  }

  recall(): void {}

  onLent(binding: Binding, member: PooledMember, isAway: boolean): AnswerCookie {
    const codec = this.#codec;
    if (isAway) return codec.keep(member.name);
    const nowS = codec.hasDates || binding.lastS > 0 ? this.#nowS() : 0;
    return codec.answer(member.name, binding.home === member, binding, nowS);
  }

  onRefused(): void {}

  #nowS(): number {
    return Math.floor(this.#clock.wallTime() / 1000);
  }
}
