// A request as a line of JSON. Texts that a client or member had a hand in are quoted by JSON itself; the rest needs no look.
import type { RequestTrace } from '../http/request-trace.js';
import { IsoTime } from './log-time.js';

const USER_AGENT = /\r\nuser-agent:[ \t]*([^\r\n]*)/i;

const times = new IsoTime();

/** One line, without its end. What a request does not have is not in it. */
export function renderJsonLine(trace: RequestTrace): string {
  const { client } = trace;
  let line =
    `{"at":"${times.render(trace.at)}","frontend":"${trace.frontend}"` +
    `,"client":"${client.source}","clientPort":${client.sourcePort}`;
  if (trace.method !== '') {
    line +=
      `,"method":${JSON.stringify(trace.method)},"host":${JSON.stringify(trace.authority)}` +
      `,"target":${JSON.stringify(trace.target)},"version":"${trace.version}"`;
    const agent = USER_AGENT.exec(trace.head)?.[1];
    if (agent !== undefined) line += `,"userAgent":${JSON.stringify(asText(agent))}`;
  }
  if (client.tls !== undefined) {
    const { version, cipher, serverName } = client.tls;
    line += `,"tls":{"version":"${version}","cipher":"${cipher}","serverName":${JSON.stringify(serverName)}}`;
  }
  if (trace.requestId !== '') line += `,"requestId":"${trace.requestId}"`;
  if (trace.route !== '') line += `,"route":${JSON.stringify(trace.route)}`;
  if (trace.pool !== '') line += `,"pool":"${trace.pool}"`;
  if (trace.member !== '') line += `,"member":"${trace.member}","tries":${trace.tries}`;
  line += `,"status":${trace.status},"bytesIn":${trace.bytesIn},"bytesOut":${trace.bytesOut}`;
  line += step('queueMs', trace.queuedMs, trace.leasedMs);
  line += step('connectMs', trace.leasedMs, trace.connectedMs);
  line += step('headMs', trace.connectedMs, trace.answeredMs);
  line += step('totalMs', trace.startMs, trace.endMs);
  line += `,"end":"${trace.end}"`;
  return trace.reason === '' ? `${line}}` : `${line},"reason":${JSON.stringify(trace.reason)}}`;
}

/** Bytes of a header as the text that they most likely are. */
function asText(latin1: string): string {
  return /[\u0080-\u00ff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
}

/** Milliseconds with at most three decimals. */
export function step(name: string, fromMs: number, toMs: number): string {
  const ms = toMs - fromMs;
  return Number.isNaN(ms) ? '' : `,"${name}":${Math.max(0, Math.round(ms * 1000) / 1000)}`;
}
