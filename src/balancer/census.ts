// The balancers that run in this process: their names are unique, and a host may limit their number.
import { EvenkeelError } from '../core/errors.js';

/** Balancers, and the name that each was given; those that were given none share the default and collide with nobody. */
const running = new Map<object, string | undefined>();

/**
 * Notes that `balancer` runs; undo it with {@link leaveCensus}.
 * @param name - undefined = it was given none
 * @throws EK_IN_USE when another one of that name runs, EK_LIMIT when `maxBalancers` run already
 */
export function joinCensus(name: string | undefined, balancer: object, maxBalancers: number): void {
  if (name !== undefined && [...running.values()].includes(name))
    throw new EvenkeelError(
      'EK_IN_USE',
      `balancer "${name}": another one of this name runs already`,
    );
  if (running.size >= maxBalancers)
    throw new EvenkeelError(
      'EK_LIMIT',
      `${name === undefined ? 'a balancer' : `balancer "${name}"`}: at most ${maxBalancers} may run in this process, and ${running.size} do`,
    );
  running.set(balancer, name);
}

/** Forgets `balancer`; harmless when it was not noted. */
export function leaveCensus(balancer: object): void {
  running.delete(balancer);
}
