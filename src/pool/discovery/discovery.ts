// The contract of a source of members: DNS, a file, or the host's own function.
import type { MemberConfig } from '../../spec/config.js';

/** Told what the source says. */
export interface DiscoveryListener {
  /** All members as they are now; also called when nothing changed. */
  onMembers(members: readonly MemberConfig[]): void;
  /** The source could not be asked, or its answer is of no use: the last good one stays. Called at every failure. */
  onFailure(reason: string): void;
}

/** A source of members. */
export interface Discovery {
  /** For people: `dns web.internal`, `file members.json`. */
  readonly title: string;
  /** Begins to ask. Resolves after the first answer or failure; never rejects. */
  start(listener: DiscoveryListener): Promise<void>;
  /** Stops at once; the listener is not called any more. Safe to call twice. */
  close(): Promise<void>;
}
