// Which passes the settings of a frontend ask for, in the order in which a request meets them.
import type { FrontendConfig } from '../../../spec/config.js';
import type { FrontendContext, PoolLookup } from '../../handler.js';
import type { Pass } from './policy.js';
import { Policy } from './policy.js';

/** What passes are built from. */
export interface PolicyParts {
  readonly config: FrontendConfig;
  readonly pools: PoolLookup;
  readonly context: FrontendContext;
}

/** The policy of a frontend; undefined = it has none, and nothing is asked per request. */
export function createPolicy(_parts: PolicyParts): Policy | undefined {
  const passes: Pass[] = [];
  return passes.length === 0 ? undefined : new Policy(passes);
}
