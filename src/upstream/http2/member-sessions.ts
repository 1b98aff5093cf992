// The HTTP/2 connections of one pool's members: requests share them, up to what a connection carries at a time.
import type { TimerWheel } from '../../core/timer-wheel.js';
import type { Member } from '../../model/member.js';
import { clientTermsOf, serverNameFor } from '../../tls/client-tls.js';
import { ClosingWatch, type ConnectionHolder } from '../closing-watch.js';
import type { ConnectionSettings } from '../connection-settings.js';
import { tlsDialFor } from '../dial-tls.js';
import type { LinkUser, MemberLink, MemberLinks } from '../member-link.js';
import { MemberSession, type SessionDial, type SessionKeeper } from './member-session.js';
import type { StreamLink } from './stream-link.js';

const PROTOCOLS: readonly string[] = ['h2'];

/** Dials members and keeps connections to them. */
export class MemberSessions implements MemberLinks, SessionKeeper, ConnectionHolder {
  readonly takesPreamble = true;
  readonly watch: ClosingWatch;
  readonly #pool: ConnectionSettings;
  readonly #wheel: TimerWheel;
  readonly #byMember: Map<Member, MemberSession[]> = new Map();

  constructor(pool: ConnectionSettings, wheel: TimerWheel) {
    this.#pool = pool;
    this.#wheel = wheel;
    this.watch = new ClosingWatch(pool, this);
  }

  take(member: Member, user: LinkUser, host: string): StreamLink | undefined {
    const session = this.#find(member, host, false);
    return session?.join(user);
  }

  dial(member: Member, user: LinkUser, host: string, preamble: string): StreamLink {
    const isPrivate = preamble !== '' || this.#pool.config.http.reuse === 'never';
    const session =
      (isPrivate ? undefined : this.#find(member, host, true)) ??
      this.#open(member, host, preamble, isPrivate);
    const link = session.join(user);
    link.timer.arm(this.#pool.config.timeouts.connect);
    return link;
  }

  giveBack(link: MemberLink): void {
    (link as StreamLink).rest();
  }

  /** The first connection with room, so that the last ones can rest and close. */
  #find(member: Member, host: string, isDialling: boolean): MemberSession | undefined {
    const { tls } = this.#pool.config;
    const serverName = tls === undefined ? '' : serverNameFor(tls, member, host);
    const terms = tls && clientTermsOf(tls);
    return this.#byMember.get(member)?.find(({ dial, hasRoom, isDialling: isNew }) => {
      if (!hasRoom || isNew !== isDialling) return false;
      // A connection that was proved to be one host's is not another one's.
      return (
        dial.tls?.terms === terms && (tls === undefined || dial.tls?.serverName === serverName)
      );
    });
  }

  #open(member: Member, host: string, preamble: string, isPrivate: boolean): MemberSession {
    const { tls } = this.#pool.config;
    const tlsDial = tls && tlsDialFor(tls, member, host, preamble, PROTOCOLS);
    return this.#start({ member, tls: tlsDial, preamble, isPrivate });
  }

  #start(dial: SessionDial): MemberSession {
    const session = new MemberSession(this, dial, this.#wheel);
    const sessions = this.#byMember.get(dial.member);
    if (sessions === undefined) this.#byMember.set(dial.member, [session]);
    else sessions.push(session);
    this.watch.onOpened();
    return session;
  }

  rehome(link: StreamLink, { dial }: MemberSession): void {
    const other = this.#byMember
      .get(dial.member)
      ?.find((one) => one.isDialling && one.hasRoom && isSame(one.dial, dial));
    (other ?? this.#start(dial)).adopt(link);
  }

  idleMs(session: MemberSession): number {
    const { http, tls } = this.#pool.config;
    const { member, dial } = session;
    const isGone = this.#pool.member(member.name) !== member || this.#pool.closed.aborted;
    const isOutdated = http.version !== '2' || dial.tls?.terms !== (tls && clientTermsOf(tls));
    if (isGone || isOutdated) return 0;
    const idle = this.#byMember.get(member)?.filter(({ isIdle }) => isIdle).length ?? 0;
    return idle > http.maxIdlePerMember ? 0 : http.idleTimeout;
  }

  closeIdle(): void {
    for (const session of this.#all()) if (session.isIdle) session.close();
  }

  /** Another member may have the name of one that is gone: what counts is whether the pool still has this very one. */
  retireGone(): void {
    for (const session of this.#all()) {
      if (this.#pool.member(session.member.name) !== session.member) session.close();
    }
  }

  onClosed(session: MemberSession): void {
    const sessions = this.#byMember.get(session.member);
    const at = sessions?.indexOf(session) ?? -1;
    if (sessions === undefined || at < 0) return;
    sessions.splice(at, 1);
    if (sessions.length === 0) this.#byMember.delete(session.member);
    this.watch.onClosed();
  }

  #all(): MemberSession[] {
    return [...this.#byMember.values()].flat();
  }
}

function isSame(one: SessionDial, other: SessionDial): boolean {
  return one.tls?.terms === other.tls?.terms && one.tls?.serverName === other.tls?.serverName;
}
