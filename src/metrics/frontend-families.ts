// What is shown of a frontend, under the names that HAProxy's exporter uses.
import type { FrontendStatus } from '../model/status.js';
import { answers, counter, type Family, gauge, oneHot } from './family.js';

/** Families named `<prefix>_frontend_<name>`, with the label `proxy`. */
export const FRONTEND_FAMILIES: readonly Family<FrontendStatus>[] = [
  oneHot('status', 'Whether it takes new clients: DOWN while it drains', ['DOWN', 'UP'], (it) =>
    it.draining || it.addresses.length === 0 ? 'DOWN' : 'UP',
  ),
  gauge('current_sessions', 'Open client connections, or udp sessions', (it) => it.active),
  gauge(
    'limit_sessions',
    'Most client connections, or udp sessions, at once',
    (it) => it.maxConnections,
  ),
  gauge('held_connections', 'Accepted connections that wait for a place', (it) => it.held),
  counter(
    'sessions_total',
    'Client connections, or udp sessions, that came',
    (it) => it.totals.connections,
  ),
  counter(
    'connections_total',
    'Client connections, or udp sessions, that came',
    (it) => it.totals.connections,
  ),
  counter(
    'denied_connections_total',
    'Connections turned away by limits, access lists or a bad PROXY header',
    (it) => it.totals.rejected,
  ),
  counter('bytes_in_total', 'Bytes read from clients', (it) => it.totals.bytesIn),
  counter('bytes_out_total', 'Bytes written to clients', (it) => it.totals.bytesOut),
  counter('http_requests_total', 'Requests', ifHttp('requests')),
  answers('Answers to clients by the class of their status', (it) =>
    isHttp(it) ? it.totals.answers : undefined,
  ),
  counter(
    'request_errors_total',
    'Requests that broke the protocol or a limit on heads, or came too late',
    ifHttp('malformed'),
  ),
  counter(
    'requests_denied_total',
    'Requests refused by access list, method, length of the body or rate limit',
    ifHttp('denied'),
  ),
  counter(
    'intercepted_requests_total',
    'Requests that a rule answered: redirect, fixed answer, password asked for, maintenance',
    ifHttp('intercepted'),
  ),
  counter(
    'failed_total',
    'Answers of 4xx and 5xx of its own, and connections it had no member for',
    (it) => it.totals.failed,
  ),
  counter(
    'limited_total',
    'Requests, connections and sessions that a rate limit turned away',
    (it) => it.totals.limited,
  ),
  counter('delayed_total', 'Those that a rate limit made wait', (it) => it.totals.delayed),
  counter(
    'lost_log_lines_total',
    'Lines of the access log that nobody took in time',
    (it) => it.totals.unlogged,
  ),
];

function isHttp({ protocol }: FrontendStatus): boolean {
  return protocol === 'http' || protocol === 'https';
}

function ifHttp(name: 'requests' | 'malformed' | 'denied' | 'intercepted') {
  return (it: FrontendStatus): number | undefined => (isHttp(it) ? it.totals[name] : undefined);
}
