// The balancers that run in this process: their names are unique, and a host may limit their number.
import { EvenkeelError } from '../core/errors.js';

const running = new Map<string, object>();

/**
 * Notes that `balancer` runs; undo it with {@link leaveCensus}.
 * @throws EK_IN_USE when another one of that name runs, EK_LIMIT when `maxBalancers` run already
 */
export function joinCensus(name: string, balancer: object, maxBalancers: number): void {
  if (running.has(name))
    throw new EvenkeelError(
      'EK_IN_USE',
      `balancer "${name}": another one of this name runs already`,
    );
  if (running.size >= maxBalancers)
    throw new EvenkeelError(
      'EK_LIMIT',
      `balancer "${name}": at most ${maxBalancers} may run in this process, and ${running.size} do`,
    );
  running.set(name, balancer);
}

/** Forgets `balancer`; harmless when it was not noted. */
export function leaveCensus(name: string, balancer: object): void {
  if (running.get(name) === balancer) running.delete(name);
}
