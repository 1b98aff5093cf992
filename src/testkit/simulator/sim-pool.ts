// A real pool of a node, and the modelled members behind it.
import type { Member } from '../../model/member.js';
import type { Pool } from '../../pool/pool.js';
import type { PoolConfig } from '../../spec/config.js';
import type { ModelMember } from './model-member.js';

/** @internal What a request needs to know of its pool. */
export class SimPool {
  readonly pool: Pool;
  readonly config: PoolConfig;
  /** Whether connections are kept for later requests. */
  readonly #reuses: boolean;
  readonly #models: Map<Member, ModelMember>;
  /** The other way round, by index of the model. */
  readonly #members: (Member | undefined)[] = [];
  /** Kept connections by index of the model. */
  readonly #idle: Uint32Array;

  /** @param members - all modelled members, by address */
  constructor(pool: Pool, protocol: 'stream' | 'http', members: ReadonlyMap<string, ModelMember>) {
    this.pool = pool;
    this.config = pool.config;
    const { http, sendProxyProtocol } = pool.config;
    this.#reuses = protocol === 'http' && http.reuse !== 'never' && sendProxyProtocol === 'none';
    this.#idle = new Uint32Array(members.size);
    this.#models = new Map(
      pool.members.map((member, index) => [
        member,
        members.get(pool.config.members[index]!.address)!,
      ]),
    );
    for (const [member, { index }] of this.#models) this.#members[index] = member;
  }

  /** Whom the model stands for in this pool; undefined = nobody. */
  memberOf(model: ModelMember): Member | undefined {
    return this.#members[model.index];
  }

  modelOf(member: Member): ModelMember {
    return this.#models.get(member)!;
  }

  /** Whether there was a kept connection to take. */
  takeConnection(index: number): boolean {
    if (this.#idle[index] === 0) return false;
    this.#idle[index]!--;
    return true;
  }

  keepConnection(index: number): void {
    if (this.#reuses && this.#idle[index]! < this.config.http.maxIdlePerMember)
      this.#idle[index]!++;
  }

  /** The member's side has closed them all. */
  dropConnections(index: number): void {
    this.#idle[index] = 0;
  }
}
