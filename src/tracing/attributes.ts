// What spans say of requests and tries. Source: OpenTelemetry semantic conventions for HTTP spans 1.29.
import type { Attributes } from '@opentelemetry/api';
import type { RequestReport, TryReport } from '../model/request-report.js';

const METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** Values that stand for credentials, as the conventions list them. */
const SECRETS = /((?:^|&)(?:AWSAccessKeyId|Signature|sig|X-Goog-Signature)=)[^&]*/g;

/** The method as a name of few values: `GET`, or `_OTHER`. */
export function methodOf({ method }: RequestReport): string {
  return METHODS.has(method) ? method : '_OTHER';
}

/** The method as a word of a span's name: one that few clients know is `HTTP` there. */
export function methodWord({ method }: RequestReport): string {
  return METHODS.has(method) ? method : 'HTTP';
}

/** What is known of a request at its start; samplers see it. */
export function startAttributes(report: RequestReport): Attributes {
  const { method, authority, target, client, version } = report;
  const query = target.indexOf('?');
  const attributes: Attributes = {
    'http.request.method': methodOf(report),
    'url.scheme': client.tls === undefined ? 'http' : 'https',
    'url.path': query < 0 ? target : target.slice(0, query),
    'client.address': client.source,
    'client.port': client.sourcePort,
    'network.protocol.name': 'http',
    'network.protocol.version': version,
    'evenkeel.frontend': report.frontend,
  };
  if (report.balancer !== '') attributes['evenkeel.balancer'] = report.balancer;
  if (method !== '' && !METHODS.has(method)) attributes['http.request.method_original'] = method;
  if (query >= 0) attributes['url.query'] = target.slice(query + 1).replace(SECRETS, '$1REDACTED');
  if (authority !== '') Object.assign(attributes, serverOf(authority));
  const agent = report.header('user-agent');
  if (agent !== undefined) attributes['user_agent.original'] = agent;
  return attributes;
}

/** `[::1]:80` -> address `::1`, port 80. */
function serverOf(authority: string): Attributes {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority);
  const address = match?.[1] ?? match?.[2] ?? authority;
  const port = match?.[3];
  return { 'server.address': address, ...(port !== undefined && { 'server.port': Number(port) }) };
}

/** What a request has come to. */
export function endAttributes(report: RequestReport): Attributes {
  const { route, pool, member, requestId, reason, status, tries } = report;
  const attributes: Attributes = { 'evenkeel.end': report.end, 'evenkeel.tries': tries };
  // What flows through a tunnel is no body.
  const isTunnel = status === 101 || report.method === 'CONNECT';
  if (!isTunnel) attributes['http.request.body.size'] = report.bytesIn;
  if (status > 0) attributes['http.response.status_code'] = status;
  if (route !== '') attributes['evenkeel.route'] = route;
  if (pool !== '') attributes['evenkeel.pool'] = pool;
  if (member !== '') attributes['evenkeel.member'] = member;
  if (requestId !== '') attributes['evenkeel.request_id'] = requestId;
  if (reason !== '') attributes['evenkeel.reason'] = reason;
  const queuedMs = report.leasedMs - report.queuedMs;
  if (queuedMs >= 0) attributes['evenkeel.queue_ms'] = queuedMs;
  return attributes;
}

/** What is known of a try before it is made. */
export function tryAttributes(attempt: TryReport): Attributes {
  const { number, host, port, pool, member } = attempt;
  return {
    'http.request.method': methodOf(attempt.request),
    'server.address': host,
    'server.port': port,
    'evenkeel.pool': pool,
    'evenkeel.member': member,
    ...(number > 1 && { 'http.request.resend_count': number - 1 }),
  };
}

/** What a try has come to. */
export function triedAttributes({
  status,
  isReused,
  connectedMs,
  leasedMs,
}: TryReport): Attributes {
  return {
    ...(status > 0 && { 'http.response.status_code': status }),
    'evenkeel.reused': isReused,
    ...(connectedMs >= leasedMs && { 'evenkeel.connect_ms': connectedMs - leasedMs }),
  };
}

/** What went wrong with a request, as the balancer's fault or its members'; undefined = nothing. */
export function faultOf({ end, status }: RequestReport): string | undefined {
  if (end === 'member-fault' || end === 'member-timeout' || end === 'cut') {
    return status >= 500 ? `${status}` : end;
  }
  return status >= 500 ? `${status}` : undefined;
}

/** What went wrong with a try; a client that left says nothing about the member. */
export function tryFaultOf({ outcome, status }: TryReport): string | undefined {
  if (outcome !== 'ok' && outcome !== 'aborted') return outcome === '' ? undefined : outcome;
  return status >= 400 ? `${status}` : undefined;
}
