// Access logs as arrivals to replay: common and combined log format, and lines of JSON.
import { SpecError } from '../../core/errors.js';
import type { TraceEntry } from './scenario-spec.js';

/** `192.0.2.7 - - [10/Oct/2026:13:55:36 +0200] "GET /a HTTP/1.1" 200 ...` */
const COMMON = /^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*"/;
const COMMON_TIME = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Names under which logs of JSON have what is needed, evenkeel's own first. */
const TIME_KEYS = ['time', 'at', 'timestamp', '@timestamp', 'ts', 'msec'];
const SOURCE_KEYS = ['client', 'source', 'remote_addr', 'clientIp', 'ip', 'remoteAddress'];
const PATH_KEYS = ['path', 'target', 'url', 'uri', 'request_uri'];
const METHOD_KEYS = ['method', 'request_method', 'verb'];

/**
 * Reads an access log. Empty lines and lines that begin with `#` do not count.
 * @throws SpecError with the first few lines that are none of the formats
 */
export function readAccessLog(text: string): readonly TraceEntry[] {
  const entries: (TraceEntry & { readonly wallMs: number })[] = [];
  const faulty: { path: string; code: 'EK_SPEC_INVALID'; message: string }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const entry = trimmed.startsWith('{') ? readJson(trimmed) : readCommon(trimmed);
    if (entry !== undefined) entries.push(entry);
    else if (faulty.length < 5)
      faulty.push({
        path: `line ${index + 1}`,
        code: 'EK_SPEC_INVALID',
        message: 'is neither common log format nor JSON with time and client',
      });
  }
  if (faulty.length > 0) throw new SpecError(faulty);
  const sorted = entries.sort((a, b) => a.wallMs - b.wallMs);
  const startMs = sorted[0]?.wallMs ?? 0;
  return sorted.map(({ wallMs, ...entry }) => ({ ...entry, atMs: wallMs - startMs }));
}

type Read = TraceEntry & { readonly wallMs: number };

function readCommon(line: string): Read | undefined {
  const [, source, time, method, path] = COMMON.exec(line) ?? [];
  if (source === undefined || time === undefined) return undefined;
  const [, day, month, year, hour, minute, second, sign, zoneHour, zoneMinute] =
    COMMON_TIME.exec(time) ?? [];
  const monthIndex = MONTHS.indexOf(month ?? '');
  if (monthIndex < 0) return undefined;
  const utcMs = Date.UTC(
    Number(year),
    monthIndex,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  return { atMs: 0, wallMs: utcMs - zoneMs, source, ...rest(path, method) };
}

function readJson(line: string): Read | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  const source = field(record, SOURCE_KEYS);
  const wallMs = toMs(field(record, TIME_KEYS));
  if (typeof source !== 'string' || wallMs === undefined) return undefined;
  return {
    atMs: 0,
    wallMs,
    source,
    ...rest(field(record, PATH_KEYS), field(record, METHOD_KEYS)),
  };
}

function rest(path: unknown, method: unknown): { path?: string; method?: string } {
  return {
    ...(typeof path === 'string' && path !== '' ? { path } : {}),
    ...(typeof method === 'string' && method !== '' ? { method } : {}),
  };
}

/** Unix seconds or ms, or a date as text. */
function toMs(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function field(record: unknown, names: readonly string[]): unknown {
  if (typeof record !== 'object' || record === null) return undefined;
  for (const name of names) if (Object.hasOwn(record, name)) return Reflect.get(record, name);
  return undefined;
}
