// Public names of evenkeel/testkit/explore: a search for the shortest row of faults that breaks a rule. Needs fast-check.
export {
  type Counterexample,
  type Exploration,
  type ExploreOptions,
  explore,
  type FaultSpace,
  type Invariant,
} from './explore.js';
