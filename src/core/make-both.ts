// Two pieces of which both may have faults: those of both are told at once.
import { SpecError } from './errors.js';

/**
 * What both return. Where both are faulty neither is kept, and nothing has to be closed.
 *
 * @throws SpecError with the faults of both
 */
export function makeBoth<First, Second>(
  first: () => First,
  second: () => Second,
): readonly [First, Second] {
  let made: First;
  try {
    made = first();
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new SpecError([...error.issues, ...faultsOf(second)]);
  }
  return [made, second()];
}

function faultsOf(work: () => unknown): SpecError['issues'] {
  try {
    work();
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw error;
  }
  return [];
}
