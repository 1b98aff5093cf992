// Specs as most scenarios want them: a frontend `f`, a pool `b`, every member.
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import type { FrontendSpec } from '../../../src/spec/frontend.js';
import type { PoolSpec } from '../../../src/spec/pool.js';
import type { Places } from './stage.js';

/** What to change of it. */
export interface SpecParts {
  readonly frontend?: Partial<FrontendSpec>;
  readonly pool?: Partial<PoolSpec>;
  readonly more?: Partial<BalancerSpec>;
}

/** An http frontend in front of a pool of all members. */
export function oneFrontend(
  at: Places,
  { frontend = {}, pool = {}, more = {} }: SpecParts = {},
): BalancerSpec {
  return {
    frontends: [
      {
        name: 'f',
        protocol: 'http' as const,
        bind: [at.bind()],
        ...('pool' in frontend ? {} : { pool: 'b' }),
        ...frontend,
      },
    ],
    pools: [{ name: 'b', members: at.members(), ...pool }],
    ...more,
  };
}

/** A check over http, quick and without grace. */
export const QUICK = { type: 'http', path: '/health', interval: 100, fall: 1, rise: 1 } as const;
