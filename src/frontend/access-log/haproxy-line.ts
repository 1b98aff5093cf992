// Lines as `option httplog` of HAProxy writes them, field by field.
// Source: HAProxy 2.6 configuration manual 8.2.3: %ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc
// %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r; captured headers, which there are none of, are left out.
import type { Pool } from '../../pool/pool.js';
import type { ClientConnection, FrontendContext, PoolLookup } from '../handler.js';
import type { RequestTrace } from '../http/request-trace.js';
import { processConnections } from '../process-connections.js';
import { HaproxyTime } from './log-time.js';
import { terminationOf } from './termination.js';

/** Characters of a request line, as HAProxy's tune.http.logurilen. */
const MAX_LINE = 1023;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSAFE = /[\u0000-\u001f"#\u007f-\uffff]/g;

/** What a line tells besides the request. */
export interface LineParts {
  readonly context: FrontendContext;
  readonly pools: PoolLookup;
}

const times = new HaproxyTime();

/** A request as one line, without its end. */
export function renderHaproxyLine(trace: RequestTrace, parts: LineParts): string {
  const { client, startMs, queuedMs, leasedMs, connectedMs, answeredMs, endMs } = trace;
  const request = trace.method === '' ? '<BADREQ>' : requestLine(trace);
  // What never began is -1; what came to no end too.
  const received = trace.method === '' ? -1 : 0;
  const waited = span(queuedMs, endsInQueue(trace) ? endMs : leasedMs);
  const timers = `${received}/${waited}/${span(leasedMs, connectedMs)}/${span(connectedMs, answeredMs)}/${span(startMs, endMs)}`;
  return (
    `${client.source}:${client.sourcePort} [${times.render(trace.at)}] ${wayOf(trace)}` +
    ` ${timers} ${trace.status === 0 ? -1 : trace.status} ${trace.bytesOut} - - ${terminationOf(trace)}--` +
    ` ${renderCounts(trace, parts)} 0/0 "${request}"`
  );
}

/** It waited for a member to the end: until its time was over, or its client gave up. */
function endsInQueue({ leasedMs, phase, reason, end }: RequestTrace): boolean {
  if (reason === 'queue-timeout') return true;
  return phase === 'queue' && end === 'client-abort' && Number.isNaN(leasedMs);
}

/** The facts that lines of http and tcp share. */
interface Way {
  readonly frontend: string;
  readonly client: ClientConnection;
  readonly pool: string;
  readonly member: string;
  readonly tries: number;
  readonly isRedispatched: boolean;
}

/** `public~ web/web-1`; what went to no pool has the frontend's name there, as HAProxy has it. */
export function wayOf({ frontend, client, pool, member }: Way): string {
  const entrance = client.tls === undefined ? frontend : `${frontend}~`;
  return `${entrance} ${pool === '' ? frontend : pool}/${member === '' ? '<NOSRV>' : member}`;
}

/** `%ac/%fc/%bc/%sc/%rc`: connections of the process and the frontend, requests of pool and member, further tries. */
export function renderCounts(
  { client, pool, member, tries, isRedispatched }: Way,
  { context, pools }: LineParts,
): string {
  const served = pool === '' ? undefined : pools(pool);
  const own = member === '' ? 0 : (served?.member(member)?.state.active ?? 0);
  const retries = `${isRedispatched ? '+' : ''}${Math.max(0, tries - 1)}`;
  // The connection that the line is about counts, though it may be closed by now.
  const self = client.hasPlace === false ? 1 : 0;
  return `${processConnections.open + self}/${context.active() + self}/${activeOf(served)}/${own}/${retries}`;
}

function activeOf(pool: Pool | undefined): number {
  let active = 0;
  if (pool !== undefined) for (const { state } of pool.members) active += state.active;
  return active;
}

/** Whole ms of a step. */
export function span(fromMs: number, toMs: number): number {
  return Number.isNaN(fromMs) || Number.isNaN(toMs) ? -1 : Math.max(0, Math.round(toMs - fromMs));
}

/** The request line as it came, what can't stand in a quoted field as `#22`. */
function requestLine({ client, head, method, authority, target, version }: RequestTrace): string {
  const scheme = client.tls === undefined ? 'http' : 'https';
  const line =
    version === '2'
      ? `${method} ${scheme}://${authority}${target} HTTP/2.0`
      : head.slice(0, head.indexOf('\r\n'));
  return line
    .slice(0, MAX_LINE)
    .replace(UNSAFE, (c) => `#${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
