// Which streams of a connection have ended lately, and how: frames for them may still be on their way.

/** So many are remembered. */
const REMEMBERED = 256;

/** How a stream ended: `left` = by us, so that what the client sent before it heard of it is no fault. */
export type StreamEnd = 'unknown' | 'whole' | 'left' | 'reset';

const ENDS: readonly StreamEnd[] = ['unknown', 'whole', 'left', 'reset'];

/** The last {@link REMEMBERED} ones. */
export class ClosedStreams {
  #ids: Uint32Array | undefined = undefined;
  #ends: Uint8Array | undefined = undefined;
  #next = 0;

  add(id: number, end: Exclude<StreamEnd, 'unknown'>): void {
    this.#ids ??= new Uint32Array(REMEMBERED);
    this.#ends ??= new Uint8Array(REMEMBERED);
    this.#ids[this.#next] = id;
    this.#ends[this.#next] = ENDS.indexOf(end);
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  endOf(id: number): StreamEnd {
    const at = this.#ids?.indexOf(id) ?? -1;
    return at < 0 ? 'unknown' : ENDS[this.#ends![at]!]!;
  }
}
