// The policy of a frontend: passes in their order, each of which lets a request go on, answers it, or takes its time.
import type { Decision } from './decision.js';
import type { RequestView } from './request-view.js';

/** An answer that the balancer gives itself. */
export interface PolicyAnswer {
  /** 200-599. */
  readonly status: number;
  /** Header lines, each with its CRLF. @defaultValue '' */
  readonly lines?: string;
  /** latin1 text or bytes. @defaultValue the status and its reason, or the frontend's error page */
  readonly body?: string | Buffer;
  /** @defaultValue 'text/plain; charset=utf-8' */
  readonly type?: string;
  /** The client is turned away, by a limit say: counted as denied, not as an answer like any. @defaultValue false */
  readonly denies?: boolean;
  /** For logs: which rule it was. */
  readonly reason: string;
}

/** undefined = the next pass is asked; `close` = the connection is cut without an answer. */
export type Verdict = PolicyAnswer | 'close' | undefined;

/** One rule of a frontend, compiled. */
export interface Pass {
  /** `basic-auth`, `rate-limit`, `routes`. */
  readonly name: string;
  /**
   * Judges a request, and notes in `decision` what is to be done with it.
   * A promise holds the request up; until it resolves `request` and `decision` stay what they are. It must not reject, and need
   * not resolve once the request is gone.
   */
  judge(request: RequestView, decision: Decision): Verdict | Promise<Verdict>;
}

/** Passes in their order. Synchronous as long as every pass is. */
export class Policy {
  readonly #passes: readonly Pass[];

  constructor(passes: readonly Pass[]) {
    this.#passes = passes;
  }

  /** The first verdict that is not undefined. */
  judge(request: RequestView, decision: Decision): Verdict | Promise<Verdict> {
    return this.#judgeFrom(0, request, decision);
  }

  #judgeFrom(first: number, request: RequestView, decision: Decision): Verdict | Promise<Verdict> {
    const passes = this.#passes;
    for (let i = first; i < passes.length; i++) {
      const verdict = passes[i]!.judge(request, decision);
      if (verdict instanceof Promise) {
        return verdict.then((late) => late ?? this.#judgeFrom(i + 1, request, decision));
      }
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }
}
