// The connections of one pool's members: idle ones last in, first out, per member; closed when their member goes.
import type { TimerWheel } from '../core/timer-wheel.js';
import type { Member } from '../model/member.js';
import { clientTermsOf, serverNameFor } from '../tls/client-tls.js';
import { ClosingWatch, type ConnectionHolder } from './closing-watch.js';
import type { ConnectionSettings } from './connection-settings.js';
import { tlsDialFor } from './dial-tls.js';
import { type ConnectionKeeper, MemberConnection } from './member-connection.js';
import type { LinkUser, MemberLinks } from './member-link.js';

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

/** Dials members and keeps idle connections to them. */
export class MemberConnections implements ConnectionKeeper, ConnectionHolder, MemberLinks {
  readonly watch: ClosingWatch;
  readonly #pool: ConnectionSettings;
  readonly #wheel: TimerWheel;
  readonly #idle: Map<Member, IdleList> = new Map();

  constructor(pool: ConnectionSettings, wheel: TimerWheel) {
    this.#pool = pool;
    this.#wheel = wheel;
    this.watch = new ClosingWatch(pool, this);
  }

  /** Without TLS it goes with the first request, in one piece. */
  get takesPreamble(): boolean {
    return this.#pool.config.tls !== undefined;
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
    this.watch.onOpened();
    const { tls } = this.#pool.config;
    const dial = tls && tlsDialFor(tls, member, host, preamble, tls.alpn ?? HTTP_PROTOCOLS);
    const connection = new MemberConnection(this, member, this.#wheel, user, dial);
    connection.timer.arm(this.#pool.config.timeouts.connect);
    return connection;
  }

  /** Whether it was made under the settings of now: with them clear becomes TLS, or authorities change. */
  #isPresent(connection: MemberConnection): boolean {
    const { tls } = this.#pool.config;
    return (
      this.#pool.config.http.version === '1.1' &&
      connection.tls?.terms === (tls && clientTermsOf(tls))
    );
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
    this.watch.onClosed();
  }

  #listOf(member: Member): IdleList {
    let list = this.#idle.get(member);
    if (list === undefined) {
      list = new IdleList();
      this.#idle.set(member, list);
    }
    return list;
  }

  /** Another member may have the name of one that is gone: what counts is whether the pool still has this very one. */
  retireGone(): void {
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
