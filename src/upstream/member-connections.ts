// The connections of one pool's members: idle ones last in, first out, per member; closed when their member goes.
import type { Emitter } from '../core/emitter.js';
import type { TimerWheel } from '../core/timer-wheel.js';
import type { BalancerEvents } from '../model/events.js';
import type { Member } from '../model/member.js';
import type { PoolConfig } from '../spec/config.js';
import {
  type ConnectionKeeper,
  type ConnectionUser,
  MemberConnection,
} from './member-connection.js';

/** What the connections need to know of their pool; `config` may change at any time. */
export interface ConnectionSettings {
  readonly name: string;
  readonly config: Pick<PoolConfig, 'http' | 'timeouts'>;
  readonly events: Emitter<BalancerEvents>;
}

/** Idle connections of one member; the last one used is taken first, so that the others can time out. */
class IdleList {
  readonly connections: MemberConnection[] = [];
  /** The member was removed: connections that come back are closed. */
  isRetired = false;
}

const byPool = new WeakMap<ConnectionSettings, MemberConnections>();

/** The connections of a pool: one set per pool, whatever frontends and handlers use it, so that reloads keep them. */
export function connectionsOf(pool: ConnectionSettings, wheel: TimerWheel): MemberConnections {
  let connections = byPool.get(pool);
  if (connections === undefined) {
    connections = new MemberConnections(pool, wheel);
    byPool.set(pool, connections);
  }
  return connections;
}

/** Dials members and keeps idle connections to them. */
export class MemberConnections implements ConnectionKeeper {
  readonly #pool: ConnectionSettings;
  readonly #wheel: TimerWheel;
  readonly #idle: Map<Member, IdleList> = new Map();
  #open = 0;
  #stopListening: (() => void) | undefined;

  constructor(pool: ConnectionSettings, wheel: TimerWheel) {
    this.#pool = pool;
    this.#wheel = wheel;
  }

  /** The idle connection of `member` that was used last, lent to `user`; undefined = none. */
  take(member: Member, user: ConnectionUser): MemberConnection | undefined {
    const idle = this.#idle.get(member)?.connections;
    if (idle === undefined) return undefined;
    for (;;) {
      const connection = idle.pop();
      if (connection === undefined) return undefined;
      if (!connection.isUsable) continue;
      connection.lendTo(user);
      return connection;
    }
  }

  /** Starts a connection; `user` hears how it goes. Its timer is armed with `timeouts.connect`. */
  dial(member: Member, user: ConnectionUser): MemberConnection {
    this.#open++;
    this.#listOf(member);
    this.#stopListening ??= this.#listen();
    const connection = new MemberConnection(this, member, this.#wheel, user);
    connection.timer.arm(this.#pool.config.timeouts.connect);
    return connection;
  }

  /** Takes a clean connection back: kept if there is room, closed if not. */
  giveBack(connection: MemberConnection): void {
    const { maxIdlePerMember, idleTimeout } = this.#pool.config.http;
    const list = this.#listOf(connection.member);
    if (list.isRetired || list.connections.length >= maxIdlePerMember || !connection.isUsable) {
      connection.destroy();
      return;
    }
    list.connections.push(connection);
    connection.rest(idleTimeout);
  }

  /** Closes every idle connection, or those of the member of that name. */
  closeIdle(name?: string): void {
    for (const [member, list] of this.#idle) {
      if (name !== undefined && member.name !== name) continue;
      for (const connection of list.connections) connection.destroy();
      list.connections.length = 0;
    }
  }

  /** @internal An idle connection is no use any more. */
  onUseless(connection: MemberConnection): void {
    const idle = this.#idle.get(connection.member)?.connections;
    const at = idle?.lastIndexOf(connection) ?? -1;
    if (at >= 0) idle?.splice(at, 1);
  }

  /** @internal A connection has closed. */
  onClosed(connection: MemberConnection): void {
    this.onUseless(connection);
    this.#open--;
    if (this.#open > 0) return;
    // Nothing is open: let go of members and of the pool's events.
    this.#idle.clear();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #listOf(member: Member): IdleList {
    let list = this.#idle.get(member);
    if (list === undefined) {
      list = new IdleList();
      this.#idle.set(member, list);
    }
    return list;
  }

  /** Listens while connections are open only, so that a pool that is gone can be collected. */
  #listen(): () => void {
    const { events, name } = this.#pool;
    const stops = [
      events.on('member:removed', (event) => {
        if (event.pool !== name) return;
        for (const [member, list] of this.#idle)
          if (member.name === event.member) list.isRetired = true;
        this.closeIdle(event.member);
      }),
      events.on('frontend:closed', () => this.closeIdle()),
      events.on('balancer:closed', () => this.closeIdle()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
