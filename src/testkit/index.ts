// Public names of evenkeel/testkit: what it takes to test balancing and failover.
export { type Random, seededRandom } from '../core/random.js';
export type { Finding } from './assertions.js';
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
export { type StartPairOptions, startPair, type TestPair } from './pair/start-pair.js';
export type { DurationModel } from './simulator/chance.js';
export { readAccessLog } from './simulator/read-access-log.js';
export type {
  FailoverReport,
  MemberReport,
  SimEvent,
  SimulationReport,
  Timeline,
  Violation,
} from './simulator/report-types.js';
export type {
  ArrivalSpec,
  ExpectationSpec,
  FaultAction,
  FaultEvent,
  LinkSpec,
  MemberModelSpec,
  PairModelSpec,
  PairNodeSpec,
  ScenarioSpec,
  TraceEntry,
} from './simulator/scenario-spec.js';
export { type SimulateOptions, simulate } from './simulator/simulate.js';
export type { SimulationRun } from './simulator/simulation-run.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';
