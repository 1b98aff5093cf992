// The connections of one pool's members: idle ones last in, first out, per member; closed when their member goes.
import type { Emitter } from '../core/emitter.js';
import type { TimerWheel } from '../core/timer-wheel.js';
import type { BalancerEvents } from '../model/events.js';
import type { Member } from '../model/member.js';
import type { PoolConfig, PoolTlsConfig } from '../spec/config.js';
import { clientTermsOf, serverNameFor } from '../tls/client-tls.js';
import type { TlsDial } from './dial-tls.js';
import { type ConnectionKeeper, MemberConnection } from './member-connection.js';
import type { LinkUser, MemberLinks } from './member-link.js';

/** What the connections need to know of their pool; `config` may change at any time. */
export interface ConnectionSettings {
  readonly name: string;
  readonly config: Pick<PoolConfig, 'http' | 'timeouts' | 'tls'>;
  readonly events: Emitter<BalancerEvents>;
  /** Aborted once the pool is closed. */
  readonly closed: AbortSignal;
  /** The present member of that name. */
  member(name: string): Member | undefined;
}

/** What is offered to members by ALPN unless the spec says otherwise. */
const HTTP_PROTOCOLS: readonly string[] = ['http/1.1'];

/** Idle connections of one member; the last one used is taken first, so that the others can time out. */
class IdleList {
  readonly connections: MemberConnection[] = [];
  /** Connections of the member, idle ones among them. */
  open = 0;
  /** The member was removed: connections that come back are closed. */
  isRetired = false;
}

const byPool = new WeakMap<ConnectionSettings, MemberConnections>();

/**
 * The connections of a pool: one set per pool, whatever frontends and handlers use it, so that reloads keep them.
 * @param events - the emitter of the frontend that asks: when it closes, idle connections close too
 */
export function connectionsOf(
  pool: ConnectionSettings,
  wheel: TimerWheel,
  events: Emitter<BalancerEvents>,
): MemberConnections {
  let connections = byPool.get(pool);
  if (connections === undefined) {
    connections = new MemberConnections(pool, wheel);
    byPool.set(pool, connections);
  }
  connections.heed(events);
  return connections;
}

/** Dials members and keeps idle connections to them. */
export class MemberConnections implements ConnectionKeeper, MemberLinks {
  readonly #pool: ConnectionSettings;
  readonly #wheel: TimerWheel;
  readonly #idle: Map<Member, IdleList> = new Map();
  /** Emitters to listen to, each with what stops that; undefined while nothing is open. */
  readonly #heeded: Map<Emitter<BalancerEvents>, (() => void) | undefined> = new Map();
  #open = 0;

  constructor(pool: ConnectionSettings, wheel: TimerWheel) {
    this.#pool = pool;
    this.#wheel = wheel;
    this.heed(pool.events);
    pool.closed.addEventListener('abort', () => this.closeIdle(), { once: true });
  }

  /** Closes idle connections when a frontend, or the balancer, of that emitter closes. */
  heed(events: Emitter<BalancerEvents>): void {
    if (this.#heeded.has(events)) return;
    this.#heeded.set(events, this.#open > 0 ? this.#listen(events) : undefined);
  }

  /** The idle connection of `member` that was used last, lent to `user`; undefined = none. */
  take(member: Member, user: LinkUser, host: string): MemberConnection | undefined {
    const idle = this.#idle.get(member)?.connections;
    if (idle === undefined) return undefined;
    const { tls } = this.#pool.config;
    const serverName = tls === undefined ? '' : serverNameFor(tls, member, host);
    for (let at = idle.length - 1; at >= 0; at--) {
      const connection = idle[at]!;
      // A connection that was proved to be one host's is not another one's.
      if (tls !== undefined && connection.tls?.serverName !== serverName) continue;
      if (at === idle.length - 1) idle.pop();
      else idle.splice(at, 1);
      member.state.idle = idle.length;
      if (!this.#isPresent(connection)) connection.destroy();
      if (!connection.isUsable) continue;
      member.state.totals.reused++;
      connection.lendTo(user);
      return connection;
    }
    return undefined;
  }

  /** Starts a connection; `user` hears how it goes. Its timer is armed with `timeouts.connect`. */
  dial(member: Member, user: LinkUser, host: string, preamble: string): MemberConnection {
    member.state.totals.dialled++;
    this.#listOf(member).open++;
    if (this.#open++ === 0) {
      for (const events of this.#heeded.keys()) this.#heeded.set(events, this.#listen(events));
    }
    const { config } = this.#pool;
    const dial = config.tls && this.#tlsDial(config.tls, member, host, preamble);
    const connection = new MemberConnection(this, member, this.#wheel, user, dial);
    connection.timer.arm(config.timeouts.connect);
    return connection;
  }

  #tlsDial(tls: PoolTlsConfig, member: Member, host: string, preamble: string): TlsDial {
    return {
      terms: clientTermsOf(tls),
      member,
      serverName: serverNameFor(tls, member, host),
      preamble: preamble === '' ? undefined : Buffer.from(preamble, 'latin1'),
      protocols: tls.alpn ?? HTTP_PROTOCOLS,
    };
  }

  /** Whether it was made under the settings of now: with them clear becomes TLS, or authorities change. */
  #isPresent(connection: MemberConnection): boolean {
    const { tls } = this.#pool.config;
    return connection.tls?.terms === (tls && clientTermsOf(tls));
  }

  /** Takes a clean connection back: kept if there is room, closed if not. */
  giveBack(connection: MemberConnection): void {
    const { maxIdlePerMember, idleTimeout } = this.#pool.config.http;
    const list = this.#listOf(connection.member);
    const hasRoom = list.connections.length < maxIdlePerMember;
    const isOver = list.isRetired || this.#pool.closed.aborted || !this.#isPresent(connection);
    if (isOver || !hasRoom || !connection.isUsable) {
      connection.destroy();
      return;
    }
    connection.member.state.idle = list.connections.push(connection);
    connection.rest(idleTimeout);
  }

  /** Closes every idle connection. */
  closeIdle(): void {
    for (const list of this.#idle.values()) closeAll(list);
  }

  /** @internal An idle connection is no use any more. */
  onUseless(connection: MemberConnection): void {
    const idle = this.#idle.get(connection.member)?.connections;
    const at = idle?.lastIndexOf(connection) ?? -1;
    if (idle === undefined || at < 0) return;
    idle.splice(at, 1);
    connection.member.state.idle = idle.length;
  }

  /** @internal A connection has closed. */
  onClosed(connection: MemberConnection): void {
    this.onUseless(connection);
    const { member } = connection;
    const list = this.#idle.get(member);
    if (list !== undefined && --list.open === 0) this.#idle.delete(member);
    if (--this.#open > 0) return;
    for (const [events, stop] of this.#heeded) {
      stop?.();
      this.#heeded.set(events, undefined);
    }
  }

  #listOf(member: Member): IdleList {
    let list = this.#idle.get(member);
    if (list === undefined) {
      list = new IdleList();
      this.#idle.set(member, list);
    }
    return list;
  }

  /** Connections are listened for while some are open only, so that a pool that is gone can be collected. */
  #listen(events: Emitter<BalancerEvents>): () => void {
    const stops = [
      events.on('member:removed', ({ pool }) => {
        if (pool === this.#pool.name) this.#retireGone();
      }),
      events.on('frontend:closed', () => this.closeIdle()),
      events.on('balancer:closed', () => this.closeIdle()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Another member may have the name of one that is gone: what counts is whether the pool still has this very one. */
  #retireGone(): void {
    for (const [member, list] of this.#idle) {
      if (this.#pool.member(member.name) === member) continue;
      list.isRetired = true;
      closeAll(list);
    }
  }
}

function closeAll(list: IdleList): void {
  for (const connection of list.connections) {
    connection.member.state.idle = 0;
    connection.destroy();
  }
  list.connections.length = 0;
}
