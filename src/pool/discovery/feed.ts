// The discovered members of a pool: the last good answer, and whether the source still answers.
import type { MemberConfig } from '../../spec/config.js';
import type { Discovery } from './discovery.js';

/** @internal Told what the pool must know. */
export interface FeedHost {
  /** An answer came. `isBack`: the first one after a failure. Throws if the pool can't take it. */
  onDiscovered(members: readonly MemberConfig[], reason: string, isBack: boolean): void;
  /** The source stopped answering; told once until it answers again. */
  onDiscoveryFailed(reason: string): void;
}

/** @internal One source after another: a new one takes over with its first answer. */
export class DiscoveryFeed {
  readonly #host: FeedHost;
  #source: Discovery | undefined;
  #members: readonly MemberConfig[] = [];
  #isFailing = false;
  /** Taken out by hand: they stay out until the source has dropped them once. */
  readonly #dismissed: Set<string> = new Set();

  constructor(host: FeedHost) {
    this.#host = host;
  }

  /** The last good answer, without what was taken out by hand. */
  get members(): readonly MemberConfig[] {
    return this.#members.filter((member) => !this.#dismissed.has(member.name));
  }

  /** Asks `source` from now on. Resolves after its first answer or failure. */
  async follow(source: Discovery | undefined): Promise<void> {
    const previous = this.#source;
    this.#source = source;
    this.#isFailing = false;
    if (source === undefined) this.#members = [];
    await Promise.all([
      previous?.close(),
      source?.start({
        onMembers: (members) => this.#onMembers(source, members),
        onFailure: (reason) => this.#onFailure(source, reason),
      }),
    ]);
  }

  /** Keeps a member out that the source still lists. */
  dismiss(name: string): void {
    if (this.#members.some((member) => member.name === name)) this.#dismissed.add(name);
  }

  /** Lets a member in again that was kept out. */
  readmit(name: string): void {
    this.#dismissed.delete(name);
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }

  #onMembers(source: Discovery, members: readonly MemberConfig[]): void {
    if (source !== this.#source) return;
    const before = this.#members;
    this.#members = members;
    const reason = this.#isFailing ? `${source.title} answers again` : source.title;
    try {
      this.#host.onDiscovered(this.members, reason, this.#isFailing);
    } catch (error) {
      // What the pool can't take is no good answer: the source tells of a failure, and asks again.
      this.#members = before;
      throw error;
    }
    this.#isFailing = false;
    for (const name of this.#dismissed)
      if (!members.some((member) => member.name === name)) this.#dismissed.delete(name);
  }

  #onFailure(source: Discovery, reason: string): void {
    if (source !== this.#source || this.#isFailing) return;
    this.#isFailing = true;
    this.#host.onDiscoveryFailed(reason);
  }
}
