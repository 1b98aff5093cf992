// Public names of evenkeel/testkit: what it takes to test balancing without sockets or waiting.
export { type Random, seededRandom } from '../core/random.js';
export {
  type CheckStrategyOptions,
  checkStrategy,
  type StrategyCheck,
  type StrategyCheckName,
  type StrategyReport,
} from './check-strategy.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';
