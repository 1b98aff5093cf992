// What is shown of a pool, under the names that HAProxy's exporter uses for a backend.
import type { MemberStatus, PoolStatus } from '../model/status.js';
import { answers, counter, type Family, gauge, oneHot } from './family.js';
import { MEMBER_STATES, stateOf } from './member-families.js';

/** A pool, and whether an HTTP frontend uses it. */
export interface PoolSubject extends PoolStatus {
  readonly isHttp: boolean;
}

/** Families named `<prefix>_backend_<name>`, with the label `proxy`. */
export const POOL_FAMILIES: readonly Family<PoolSubject>[] = [
  oneHot('status', 'Whether anybody in it takes new clients', ['DOWN', 'UP'], (it) =>
    it.serving ? 'UP' : 'DOWN',
  ),
  gauge('current_sessions', 'Requests, tcp connections or udp sessions in flight', (it) =>
    sum(it.members, (member) => member.active),
  ),
  gauge('current_queue', 'Clients that wait for a member', (it) => it.queued),
  counter(
    'sessions_total',
    'Requests, tcp connections or udp sessions that came for a member',
    (it) => it.totals.asked,
  ),
  counter(
    'loadbalanced_total',
    'Times a member was lent, further tries among them',
    (it) => it.totals.picked,
  ),
  counter(
    'refused_total',
    'Times nobody could be lent: no member, queue full, waited too long',
    (it) => it.totals.refused,
  ),
  counter('bytes_in_total', 'Bytes sent to members', (it) => it.totals.bytesIn),
  counter('bytes_out_total', 'Bytes that members sent', (it) => it.totals.bytesOut),
  counter('http_requests_total', 'Requests that came for a member', (it) =>
    it.isHttp ? it.totals.asked : undefined,
  ),
  answers('Whole answers of members by the class of their status', (it) =>
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
  counter(
    'server_aborts_total',
    'Connections that members closed before the end',
    (it) => it.totals.reset,
  ),
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
  gauge('weight', 'Weights of the members that serve', (it) =>
    sum(it.members, (member) => (member.eligible ? member.weight : 0)),
  ),
  gauge('active_servers', 'Members up that are no backups and have a weight', (it) =>
    sum(it.members, (member) => (isUp(member) && !member.backup ? 1 : 0)),
  ),
  gauge('backup_servers', 'Backup members up that have a weight', (it) =>
    sum(it.members, (member) => (isUp(member) && member.backup ? 1 : 0)),
  ),
  {
    name: 'agg_server_status',
    type: 'gauge',
    help: 'Members in each state',
    by: 'state',
    read: ({ members }) =>
      Object.fromEntries(
        MEMBER_STATES.map((state) => [
          state,
          sum(members, (member) => (stateOf(member) === state ? 1 : 0)),
        ]),
      ),
  },
  counter('check_up_down_total', 'Times nobody in it served any more', (it) => it.totals.wentDown),
  gauge(
    'check_last_change_seconds',
    'How long it has been up, or down',
    (it) => it.servingForMs / 1000,
  ),
  counter('downtime_seconds_total', 'Time nobody in it served', (it) => it.totals.downMs / 1000),
  gauge('panic', '1 while all members are used because too few are up', (it) => (it.panic ? 1 : 0)),
];

function isUp(member: MemberStatus): boolean {
  return stateOf(member) === 'UP' && member.weight > 0;
}

function sum(members: readonly MemberStatus[], read: (member: MemberStatus) => number): number {
  return members.reduce((total, member) => total + read(member), 0);
}
