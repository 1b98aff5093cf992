// A writing end whose source rests while nobody takes what it gives.

/** Where bytes come from, and what can rest while nobody takes them: a socket, a stream. */
export interface Source {
  readonly destroyed: boolean;
  /** A TLS socket: records that were read before a pause still come. */
  readonly encrypted?: boolean;
  pause(): unknown;
  resume(): unknown;
}

/** What the writing ends of sockets and streams have in common. */
export abstract class SourcedOutlet {
  /** Bytes are left that were not taken yet; the source rests. */
  isBlocked = false;
  #source: Source | undefined = undefined;

  /** Where the bytes come from. */
  get source(): Source | undefined {
    return this.#source;
  }

  /** Sets the source; a former one that rests goes on. */
  set source(next: Source | undefined) {
    const former = this.#source;
    if (former === next) return;
    this.#source = next;
    if (!this.isBlocked) return;
    if (former !== undefined && !former.destroyed) former.resume();
    if (next !== undefined) next.pause();
  }
}
