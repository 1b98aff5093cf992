// What is shown of a member, under the names that HAProxy's exporter uses for a server.
import type { MemberStatus } from '../model/status.js';
import { answers, counter, type Family, gauge, oneHot } from './family.js';

/** A member, and whether it speaks HTTP with anybody. */
export interface MemberSubject extends MemberStatus {
  readonly isHttp: boolean;
}

/** The states of a server, in HAProxy's words. */
export const MEMBER_STATES: readonly string[] = ['DOWN', 'UP', 'MAINT', 'DRAIN', 'NOLB'];

/** Families named `<prefix>_server_<name>`, with the labels `proxy` (the pool) and `server` (the member). */
export const MEMBER_FAMILIES: readonly Family<MemberSubject>[] = [
  oneHot(
    'status',
    'DOWN (or ejected), UP, MAINT (maintenance), DRAIN, NOLB (its own check asks for a drain)',
    MEMBER_STATES,
    stateOf,
  ),
  gauge(
    'current_sessions',
    'Requests, tcp connections or udp sessions in flight',
    (it) => it.active,
  ),
  gauge('limit_sessions', 'Most at once, where there is a limit', (it) => it.maxConnections),
  gauge('current_queue', 'Clients that wait for this very member', (it) => it.queued),
  counter('sessions_total', 'Times it was lent', (it) => it.totals.picked),
  counter('loadbalanced_total', 'Times it was lent', (it) => it.totals.picked),
  counter('bytes_in_total', 'Bytes sent to it', (it) => it.totals.bytesIn),
  counter('bytes_out_total', 'Bytes it sent', (it) => it.totals.bytesOut),
  answers('Whole answers by the class of their status', (it) =>
    it.isHttp ? it.totals.answers : undefined,
  ),
  counter(
    'connection_errors_total',
    'Tries to connect that failed, also where another member answered then',
    (it) => it.totals.connectFailed,
  ),
  counter(
    'response_errors_total',
    'Answers that were reset, late or malformed',
    (it) => it.totals.reset + it.totals.timedOut + it.totals.malformed,
  ),
  counter('client_aborts_total', 'Clients that left before the end', (it) => it.totals.aborted),
  counter('server_aborts_total', 'Connections it closed before the end', (it) => it.totals.reset),
  counter(
    'redispatch_warnings_total',
    'Requests and connections that went on to another member',
    (it) => it.totals.retriedAway,
  ),
  counter('connection_attempts_total', 'Connections begun', (it) => it.totals.dialled),
  counter(
    'connection_reuses_total',
    'Requests on a connection that was there already',
    (it) => it.totals.reused,
  ),
  gauge('idle_connections_current', 'Connections that wait for another request', (it) => it.idle),
  gauge('weight', 'Weight for picks at this moment: less in slow start', weightOf),
  gauge('uweight', 'Weight as set', (it) => it.weight),
  gauge('current_throttle', 'Percent of its weight, while in slow start', (it) =>
    it.slowStart === undefined ? undefined : Math.floor(it.slowStart * 100),
  ),
  counter('check_failures_total', 'Checks that failed', (it) => it.totals.checksFailed),
  counter('check_up_down_total', 'Times it went down', (it) => it.totals.wentDown),
  gauge(
    'check_last_change_seconds',
    'How long its health has been what it is',
    (it) => it.healthForMs / 1000,
  ),
  gauge('check_duration_seconds', 'How long the last check took', (it) =>
    it.lastCheck === undefined ? undefined : it.lastCheck.durationMs / 1000,
  ),
  counter('downtime_seconds_total', 'Time it was down', (it) => it.totals.downMs / 1000),
  gauge('ejected', '1 while passive health keeps it out', (it) => (it.ejected ? 1 : 0)),
];

/** As HAProxy ranks them: maintenance before all, a drain only of who is up. */
export function stateOf(it: MemberStatus): string {
  if (it.state === 'maintenance') return 'MAINT';
  if (it.health === 'down' || it.ejected) return 'DOWN';
  if (it.state === 'drain') return 'DRAIN';
  return it.drainAsked ? 'NOLB' : 'UP';
}

function weightOf(it: MemberStatus): number {
  return it.slowStart === undefined ? it.weight : it.weight * it.slowStart;
}
