// What a tcp connection or udp session tells a pool when it asks for a member.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';

/** The question of a client without requests: it has a source and nothing else. */
export class SourcePick implements PickContext {
  readonly source: string;
  nowMs = 0;
  tried: Member[] = [];
  readonly mayQueue: boolean;

  /** @param mayQueue - whether it can wait for a member that is full */
  constructor(source: string, mayQueue = true) {
    this.source = source;
    this.mayQueue = mayQueue;
  }

  /** Neither tcp nor udp has attributes: a keyed hash falls back to its turn. */
  attribute(): undefined {
    return undefined;
  }
}
