// Stands in for the spec room's own parsers until they land.
import { SpecError } from '../core/errors.js';
import type { MemberConfig, PoolConfig } from '../spec/config.js';
import { expandMember, type MemberSpec, memberOrAddress } from '../spec/member.js';
import { expandPool, type PoolSpec, poolSchema } from '../spec/pool.js';

export function parsePool(input: unknown): PoolConfig {
  const { health, ...rest } = input as PoolConfig;
  const inline =
    typeof health === 'object' &&
    'fall' in health &&
    'rise' in health &&
    health.expect?.status !== undefined;
  const result = poolSchema.safeParse(inline ? rest : input);
  if (!result.success)
    throw new SpecError(
      result.error.issues.map((issue) => ({
        path: issue.path.join('.'),
        code: 'EK_SPEC_INVALID',
        message: issue.message,
      })),
    );
  const config = expandPool(result.data as PoolSpec, {
    drainTimeout: 30_000,
    resolvePath: (p) => p,
  });
  return inline ? { ...config, health } : config;
}
export function parseMember(
  input: unknown,
  options: { defaultPort?: number | undefined } = {},
): MemberConfig {
  const result = memberOrAddress.safeParse(input);
  if (!result.success)
    throw new SpecError(
      result.error.issues.map((issue) => ({
        path: issue.path.join('.'),
        code: 'EK_SPEC_INVALID',
        message: issue.message,
      })),
    );
  return expandMember(result.data as string | MemberSpec, options.defaultPort);
}
