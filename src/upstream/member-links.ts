// The way to the members of a pool: the links of the version of HTTP that they are spoken to in.
import type { Emitter } from '../core/emitter.js';
import type { TimerWheel } from '../core/timer-wheel.js';
import type { BalancerEvents } from '../model/events.js';
import type { ConnectionSettings } from './connection-settings.js';
import { MemberSessions } from './http2/member-sessions.js';
import { MemberConnections } from './member-connections.js';
import type { MemberLinks } from './member-link.js';

const connections = new WeakMap<ConnectionSettings, MemberConnections>();
const sessions = new WeakMap<ConnectionSettings, MemberSessions>();

/**
 * The links of a pool: one set per pool and version, whatever frontends and handlers use it, so that reloads keep them.
 * @param events - the emitter of the frontend that asks: when it closes, idle connections close too
 */
export function linksOf(
  pool: ConnectionSettings,
  wheel: TimerWheel,
  events: Emitter<BalancerEvents>,
): MemberLinks {
  const links =
    pool.config.http.version === '2'
      ? lookUp(sessions, pool, () => new MemberSessions(pool, wheel))
      : lookUp(connections, pool, () => new MemberConnections(pool, wheel));
  links.watch.heed(events);
  return links;
}

function lookUp<T>(
  known: WeakMap<ConnectionSettings, T>,
  pool: ConnectionSettings,
  create: () => T,
): T {
  let links = known.get(pool);
  if (links === undefined) {
    links = create();
    known.set(pool, links);
  }
  return links;
}
