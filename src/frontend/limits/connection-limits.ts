// Rate limits of tcp and udp: by new connections, or new sessions.
import type { HeldPlace } from '../../rate-limit/delay-line.js';
import type { FrontendConfig } from '../../spec/config.js';
import type { FrontendContext } from '../handler.js';
import { LimitList } from './limit-list.js';

/** What becomes of a newcomer: `reset` says so with RST, `close` ends it as if all were well. */
export type Entry = 'enter' | 'reset' | 'close';

/** The limits at the door of a frontend; its http requests are judged one by one instead. */
export class ConnectionLimits {
  readonly #list: LimitList;

  private constructor(list: LimitList) {
    this.#list = list;
  }

  /** undefined = it has none. */
  static of(
    { protocol, rateLimit = [] }: FrontendConfig,
    context: FrontendContext,
  ): ConnectionLimits | undefined {
    if (rateLimit.length === 0 || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
    return new ConnectionLimits(new LimitList(rateLimit, { name: context.name }, context));
  }

  /**
   * A promise where it must wait, or a store is asked; it does not reject.
   * @param onHeld - told of its place in the line, to give it up
   */
  judge(source: string, onHeld: (place: HeldPlace) => void): Entry | Promise<Entry> {
    const denial = this.#list.judge({ source, attribute: none, onHeld });
    if (denial instanceof Promise) {
      return denial.then((late) => (late === undefined ? 'enter' : entryOf(late.limit.config)));
    }
    return denial === undefined ? 'enter' : entryOf(denial.limit.config);
  }
}

function entryOf({ action }: { readonly action: string }): Entry {
  return action === 'close' ? 'close' : 'reset';
}

function none(): undefined {
  return undefined;
}
