// Rate limits as stick tables: HAProxy's own sliding rate, which evenkeel counts alike.
import type { FrontendConfig, RateLimitConfig } from '../spec/config.js';
import { connectionRules } from './access.js';
import type { Answers } from './answers.js';
import { Section } from './config-file.js';
import { renderCount } from './count.js';
import type { Emission } from './emission.js';
import { keptTable, NOTE_KEPT } from './peers.js';
import { quoteArgument } from './quote.js';
import { LONGEST_MS, renderTime } from './time.js';

/** Counters of a connection that 2.6 has: sc0, sc1, sc2. */
const COUNTERS = 3;

/** Longest key of a table of texts. */
const LONGEST_KEY = 64;

const LONG = `Values that agree in their first ${LONGEST_KEY} characters count as one`;

const COOKIES =
  'of several cookies of one name HAProxy counts the last, and an empty one not at all.';

/** A list of limits, and where its rules go. */
export interface LimitPlace {
  readonly section: Section;
  /** `frontends[0].rateLimit`. */
  readonly path: string;
  /** Begins the names of its tables: `limit.public`. */
  readonly name: string;
  /** The first counter that is free. */
  readonly counter: number;
  /** Conditions of the route, with `if`; none = everybody. */
  readonly condition: readonly string[];
}

/** The first counter of a frontend that its limits may take: `maxConnectionsPerSource` has one. */
export function firstCounter({ maxConnectionsPerSource }: FrontendConfig): number {
  return maxConnectionsPerSource === undefined ? 0 : 1;
}

/** Writes the limits of an http frontend or route. @returns the tables */
export function addHttpLimits(
  emission: Emission,
  place: LimitPlace,
  limits: readonly RateLimitConfig[],
  answers: Answers,
): readonly Section[] {
  const { section, condition } = place;
  const ready = prepare(emission, place, limits);
  for (const { counter, key, table } of ready) {
    section.add('http-request', `track-sc${counter}`, key, 'table', table.name, condition);
  }
  for (const { counter, limit, table } of ready) {
    const test = ['{', ...exceeds(counter, limit, table.name, 'http_req_rate'), '}'];
    const when = condition.length === 0 ? ['if', ...test] : [...condition, ...test];
    const seconds = Math.ceil(limit.window / 1000);
    const refusal =
      limit.action === 'close'
        ? ['reject']
        : answers.answer(limit.status ?? 429, [['retry-after', `${seconds}`]]);
    section.add('http-request', refusal, when);
  }
  for (const { counter, limit } of ready) {
    if (limit.countDenied === false)
      section.add('http-request', `sc-inc-gpc0(${counter})`, condition);
  }
  return ready.map(({ table }) => table);
}

/** Writes the limits of a tcp frontend, on new connections. @returns the tables */
export function addTcpLimits(
  emission: Emission,
  place: LimitPlace,
  frontend: FrontendConfig,
): readonly Section[] {
  const { section } = place;
  const rules = connectionRules(frontend);
  const ready = prepare(emission, place, frontend.rateLimit ?? [], 'conn_rate');
  for (const { counter, key, table } of ready)
    section.add('tcp-request', rules, `track-sc${counter}`, key, 'table', table.name);
  for (const { counter, limit, table } of ready) {
    const test = exceeds(counter, limit, table.name, 'conn_rate');
    section.add('tcp-request', rules, 'reject', 'if', '{', test, '}');
  }
  for (const { counter, limit } of ready) {
    if (limit.countDenied === false) section.add('tcp-request', rules, `sc-inc-gpc0(${counter})`);
  }
  return ready.map(({ table }) => table);
}

interface ReadyLimit {
  readonly limit: RateLimitConfig;
  readonly counter: number;
  /** What is counted. */
  readonly key: string;
  readonly table: Section;
}

function prepare(
  { report, config }: Emission,
  { path, name, counter }: LimitPlace,
  limits: readonly RateLimitConfig[],
  rate = 'http_req_rate',
): readonly ReadyLimit[] {
  const ready: ReadyLimit[] = [];
  for (const [index, limit] of limits.entries()) {
    const place = `${path}[${index}]`;
    const key = keyOf(limit);
    const reason = refusalOf(limit, key, counter + index);
    if (reason !== undefined || key === undefined) {
      report.refused(place, reason ?? "HAProxy's fetches can not name this key.");
      continue;
    }
    const table = new Section('backend', `${name}.${index}`, place);
    const counted = limit.countDenied === false ? 'gpc0_rate' : rate;
    table.add(
      [
        'stick-table',
        'type',
        ...key.type,
        'size',
        key.type[0] === 'integer' ? 1 : renderCount(limit.maxKeys),
      ],
      // An entry that goes earlier would take the count of the period before with it.
      ['expire', renderTime(limit.window * 2)],
      ['store', `${counted}(${renderTime(limit.window)})`, ...keptTable(config, 'rate-limit')],
    );
    tell({ report }, place, limit, rate === 'http_req_rate');
    ready.push({ limit, counter: counter + index, key: key.fetch, table });
  }
  return ready;
}

function refusalOf(
  limit: RateLimitConfig,
  key: object | undefined,
  counter: number,
): string | undefined {
  if (key === undefined) return "HAProxy's fetches can not name this key.";
  if (limit.action === 'delay') return 'HAProxy does not hold requests back; take deny.';
  if (limit.store !== 'memory') return 'A store of the host is known to its process only.';
  if (counter >= COUNTERS) return `HAProxy counts ${COUNTERS} things of a connection at most.`;
  return undefined;
}

function tell(
  { report }: Pick<Emission, 'report'>,
  place: string,
  limit: RateLimitConfig,
  isHttp: boolean,
): void {
  report.exact(place, 'A stick table with the same sliding rate.');
  if (typeof limit.key === 'object')
    report.approximated(`${place}.key`, 'cookie' in limit.key ? `${LONG}; ${COOKIES}` : `${LONG}.`);
  for (const [field, reason] of Object.entries(REASONS))
    if (Object.hasOwn(limit, field)) report.exact(`${place}.${field}`, reason);
  report.note(NOTE_KEPT);
  if (limit.window * 2 > LONGEST_MS)
    report.approximated(`${place}.window`, 'A source is forgotten after 24 days.');
  if (limit.algorithm === 'gcra') {
    report.approximated(`${place}.algorithm`, 'HAProxy knows the sliding rate only.');
    report.approximated(`${place}.burst`, 'A burst of `requests` passes.');
  }
  if (isHttp && limit.action === 'deny')
    report.note(
      'A denied request reads the whole window as Retry-After, and no RateLimit headers.',
    );
}

/** What becomes of each field of a limit that is written. */
const REASONS: Readonly<Record<string, string>> = {
  requests: 'The same count.',
  window: 'The same period.',
  key: 'The key of the table.',
  action: 'Answered, or closed, in the same way.',
  algorithm: 'The same sliding rate.',
  countDenied: 'What is denied counts, or is counted by a counter of its own.',
  status: 'The same status.',
  ipv6Prefix: 'The source is masked before it is looked up.',
  maxKeys: 'The size of the table; the oldest entry makes room.',
  store: 'A table in memory.',
  onStoreError: 'Not for a table in memory, which never fails.',
};

/** Exactly `requests` of a burst pass. */
function exceeds(
  counter: number,
  { countDenied, requests }: RateLimitConfig,
  table: string,
  rate: string,
): readonly string[] {
  if (countDenied === false) return [`sc_gpc0_rate(${counter},${table})`, 'ge', `${requests}`];
  return [`sc_${rate}(${counter},${table})`, 'gt', `${requests}`];
}

function keyOf({
  key,
  ipv6Prefix = 64,
}: RateLimitConfig): { fetch: string; type: readonly string[] } | undefined {
  if (key === 'source-ip') {
    const mask = ipv6Prefix === 128 ? '' : `,ipmask(32,${ipv6Prefix})`;
    return { fetch: `src${mask}`, type: ['ipv6'] };
  }
  if (key === 'frontend') return { fetch: 'int(1)', type: ['integer'] };
  const isHeader = 'header' in key;
  const argument = quoteArgument(isHeader ? key.header : key.cookie);
  if (argument === undefined) return undefined;
  const fetch = isHeader ? `req.fhdr(${argument},1)` : `req.cook(${argument})`;
  return { fetch, type: ['string', 'len', `${LONGEST_KEY}`] };
}
