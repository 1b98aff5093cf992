// The access log of a tcp frontend: one line for each connection that was served or turned away for want of a member.
import type { FrontendConfig } from '../../spec/config.js';
import type { FrontendContext, PoolLookup } from '../handler.js';
import type { ConnectionSink, ConnectionTrace } from '../tcp/connection-trace.js';
import { AccessLog } from './access-log.js';
import { type LineParts, renderCounts, span, wayOf } from './haproxy-line.js';
import { step } from './json-line.js';
import { HaproxyTime, IsoTime } from './log-time.js';
import { logWriterOf } from './log-writer.js';

const haproxyTimes = new HaproxyTime();
const isoTimes = new IsoTime();

/** Who ended it, and how far it was: HAProxy 2.6 configuration manual 8.5. */
const ENDINGS: Readonly<Record<ConnectionTrace['end'], string>> = {
  ok: '-',
  'client-abort': 'C',
  'client-timeout': 'c',
  'member-fault': 'S',
  'member-timeout': 's',
  cut: 'K',
};
const PHASES: Readonly<Record<ConnectionTrace['phase'], string>> = {
  request: 'R',
  queue: 'C',
  connect: 'C',
  body: 'D',
};

/** As `option tcplog` writes it: %ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq. */
export function renderTcplogLine(trace: ConnectionTrace, parts: LineParts): string {
  const { client, startMs, leasedMs, connectedMs, endMs, end, phase } = trace;
  const timers = `${span(startMs, leasedMs)}/${span(leasedMs, connectedMs)}/${span(startMs, endMs)}`;
  return (
    `${client.source}:${client.sourcePort} [${haproxyTimes.render(trace.at)}] ${wayOf(trace)}` +
    ` ${timers} ${trace.bytesOut} ${end === 'ok' ? '--' : ENDINGS[end] + PHASES[phase]}` +
    ` ${renderCounts(trace, parts)} 0/0`
  );
}

/** One line of JSON, without its end. What a connection does not have is not in it. */
export function renderConnectionJson(trace: ConnectionTrace): string {
  const { client } = trace;
  let line =
    `{"at":"${isoTimes.render(trace.at)}","frontend":"${trace.frontend}"` +
    `,"client":"${client.source}","clientPort":${client.sourcePort}`;
  if (trace.pool !== '') line += `,"pool":"${trace.pool}"`;
  if (trace.member !== '') line += `,"member":"${trace.member}","tries":${trace.tries}`;
  line += `,"bytesIn":${trace.bytesIn},"bytesOut":${trace.bytesOut}`;
  line += step('queueMs', trace.startMs, trace.leasedMs);
  line += step('connectMs', trace.leasedMs, trace.connectedMs);
  line += step('totalMs', trace.startMs, trace.endMs);
  line += `,"end":"${trace.end}"`;
  return trace.reason === '' ? `${line}}` : `${line},"reason":${JSON.stringify(trace.reason)}}`;
}

/** The access log that a tcp frontend asks for; undefined = none. */
export function createConnectionLog(
  { accessLog }: FrontendConfig,
  pools: PoolLookup,
  context: FrontendContext,
): ConnectionSink | undefined {
  if (accessLog === undefined) return undefined;
  const log = new AccessLog(logWriterOf(context.accessLog, context.environment.clock), context);
  const parts: LineParts = { context, pools };
  return accessLog.format === 'json'
    ? { onEnd: (trace) => log.write(renderConnectionJson(trace)) }
    : { onEnd: (trace) => log.write(renderTcplogLine(trace, parts)) };
}
