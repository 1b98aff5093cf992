// Short forms of monitors: `http:/health:5s`, `https:/health:5s`, `tcp:5s`.
import { parseDuration } from '../core/duration.js';

/** What a short form says; a part of a monitor. */
export interface MonitorShorthand {
  readonly type: 'http' | 'https' | 'tcp';
  readonly path?: string;
  readonly interval?: string;
}

/** Whether a text is meant as a short form: names have no colon. */
export function isMonitorShorthand(text: string): boolean {
  return text.includes(':');
}

/**
 * `http:/health:5s` -> `{ type: 'http', path: '/health', interval: '5s' }`, `tcp:5s` -> `{ type: 'tcp', interval: '5s' }`.
 * The interval may be left out after a path (`http:/health`). Returns undefined for anything else.
 */
export function parseMonitorShorthand(text: string): MonitorShorthand | undefined {
  const tcp = /^tcp:(.+)$/.exec(text);
  if (tcp !== null) {
    const interval = tcp[1] ?? '';
    return isInterval(interval) ? { type: 'tcp', interval } : undefined;
  }
  const http = /^(https?):(\/[^\s#]*?)(?::([^:/]+))?$/.exec(text);
  if (http === null) return undefined;
  const [, scheme, path = '/', interval] = http;
  const type = scheme === 'https' ? 'https' : 'http';
  if (interval === undefined) return { type, path };
  return isInterval(interval) ? { type, path, interval } : undefined;
}

function isInterval(text: string): boolean {
  const ms = /[a-z]$/.test(text) ? parseDuration(text) : undefined;
  return ms !== undefined && ms >= 10 && ms <= 24 * 86_400_000;
}
