// What a Pool is built from.
import type { Emitter } from '../core/emitter.js';
import type { Environment } from '../core/environment.js';
import type { BalancerEvents } from '../model/events.js';
import type { PoolConfig } from '../spec/config.js';
import type { Strategy } from '../strategy/strategy.js';

// biome-ignore lint: replaced by the spec's own types as soon as they land
export type MemberInput =
  | string
  | {
      readonly name?: string;
      readonly address: string;
      readonly weight?: number | undefined;
      readonly [key: string]: unknown;
    };
export type PoolOptions =
  | PoolConfig
  | {
      readonly name: string;
      readonly strategy?: Strategy | string;
      readonly health?: unknown;
      readonly members?: readonly MemberInput[];
      readonly [key: string]: unknown;
    };
export interface PoolDependencies {
  readonly environment?: Partial<Environment>;
  readonly events?: Emitter<BalancerEvents>;
  readonly monitors?: (name: string) => unknown;
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly allowExec?: boolean;
}
/** How long a drain may take, and who may stop waiting for it. */
export interface DrainOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}
