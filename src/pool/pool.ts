// A group of members behind one question: `acquire`.
import type { Emitter } from '../core/emitter.js';
import type { BalancerEvents, DrainResult } from '../model/events.js';
import type { AdminState, Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { PoolStatus } from '../model/status.js';
import type { PoolConfig } from '../spec/config.js';
import type { Lease, PendingLease, Refusal } from './lease.js';
import type { DrainOptions, MemberInput, PoolDependencies, PoolOptions } from './options.js';
import type { RetryPolicy } from './retry-policy.js';

export declare class Pool {
  constructor(options: PoolOptions, dependencies?: PoolDependencies);
  readonly name: string;
  get config(): PoolConfig;
  readonly events: Emitter<BalancerEvents>;
  readonly retries: RetryPolicy;
  get members(): readonly Member[];
  member(name: string): Member | undefined;
  start(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  acquire(context: PickContext): Lease | Refusal | PendingLease;
  add(member: MemberInput): Member;
  remove(name: string, options?: DrainOptions): Promise<DrainResult>;
  setWeight(name: string, weight: number): void;
  setState(name: string, state: AdminState): void;
  drain(name: string, options?: DrainOptions): Promise<DrainResult>;
  update(config: PoolConfig): void;
  status(): PoolStatus;
}
