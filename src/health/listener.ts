// What a health checker tells whoever watches a target.
import type { LastCheck } from '../model/member.js';

/** The target changed its health. */
export interface HealthFlip {
  readonly state: 'up' | 'down';
  /** Of the check that decided: `status 200`, `connect refused`, `timeout after 2s`. */
  readonly reason: string;
  /** Unix ms. */
  readonly at: number;
}

/** Called by a {@link HealthChecker}, never from within `watch` itself. Of one check, `onCheck` comes first. */
export interface HealthListener {
  /** The health changed; also called once with the known health when somebody already watches the same target. */
  onHealth(flip: HealthFlip): void;
  /** A check ended, well or not. */
  onCheck(check: LastCheck): void;
  /** The target's own check began or ceased to ask for a drain (`drainOn`). */
  onDrainAsked(isDraining: boolean): void;
}
