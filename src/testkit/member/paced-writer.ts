// Sends an answer as a step says: after its delay, whole or in pieces.
import type { Clock } from '../../core/clock.js';
import type { Step } from './script.js';

/** Where an answer goes. */
export interface PacedSink {
  /** False: nobody takes it any more. */
  readonly isOpen: boolean;
  write(bytes: Buffer): void;
}

/** Calls `sink.write` with the bytes, paced, and `onEnd` after the last; neither if the sink closes before. */
export function writePaced(
  clock: Clock,
  step: Step,
  bytes: Buffer,
  sink: PacedSink,
  onEnd: () => void,
): void {
  const drip = step.drip ?? { bytes: Math.max(1, bytes.length), everyMs: 0 };
  let at = 0;
  const next = (): void => {
    if (!sink.isOpen) return;
    if (bytes.length > 0) sink.write(bytes.subarray(at, at + drip.bytes));
    at += drip.bytes;
    if (at >= bytes.length) onEnd();
    else clock.schedule(drip.everyMs, next);
  };
  if (step.delayMs > 0) clock.schedule(step.delayMs, next);
  else next();
}
