// Public names of evenkeel/testkit: what it takes to test balancing and failover.
export { type Random, seededRandom } from '../core/random.js';
export {
  type CheckStrategyOptions,
  checkStrategy,
  type StrategyCheck,
  type StrategyCheckName,
  type StrategyReport,
} from './check-strategy.js';
export { FaultProxy, type FaultProxyOptions } from './fault/fault-proxy.js';
export type { DirectionFaults, FaultSpec } from './fault/fault-spec.js';
export type { MemberProtocol, MemberScript, ScriptStep, StepAction } from './member/script-spec.js';
export { startMember, type TestMember } from './member/test-member.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';
