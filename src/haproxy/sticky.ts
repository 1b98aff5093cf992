// How clients stay with their server: by HAProxy's own cookies, or by a stick table.

import type { CookieStickyConfig, MemberConfig, StickyConfig } from '../spec/config.js';
import { readSecret } from '../spec/secret.js';
import { OpaqueIds } from '../sticky/member-ids.js';
import type { Backend } from './backends.js';
import type { Section } from './config-file.js';
import { renderCount } from './count.js';
import type { Emission } from './emission.js';
import { keptTable, NOTE_KEPT } from './peers.js';
import { quoteArgument } from './quote.js';
import { serverIdsOf } from './server-ids.js';
import { stickyVariable } from './template.js';
import { renderTime } from './time.js';

/** Holds when the client belongs to a server that serves it: then no hash has a say. */
export const STUCK = 'txn.stuck';

/** Longest key of a table of texts. */
const LONGEST_KEY = 64;

/** Writes the stickiness of a backend. @returns words that differ by server */
export function addSticky(
  emission: Emission,
  section: Section,
  backend: Backend,
): (member: MemberConfig) => readonly string[] {
  const { pool, path } = backend;
  const { sticky } = pool;
  if (sticky === undefined) return () => [];
  const place = `${path}.sticky`;
  for (const [field, reason] of Object.entries(REASONS))
    if (Object.hasOwn(sticky, field)) emission.report.exact(`${place}.${field}`, reason);
  if (sticky.mode === 'cookie') {
    const idOf = idsOf(sticky);
    addCookie(emission, section, sticky, place);
    if (isAskedFirst(backend)) addAge(section, sticky);
    return (member) => ['cookie', idOf(member.name)];
  }
  addTable(emission, section, sticky, place);
  return () => [];
}

/** Whether rules of the backend ask whose client it is. */
function isAskedFirst({ pool }: Backend): boolean {
  const { strategy, onMemberDown } = pool;
  if (onMemberDown === 'refuse') return true;
  return strategy.type === 'source-hash' && strategy.mapping === 'stable';
}

/** What becomes of each field that is written. */
const REASONS: Readonly<Record<string, string>> = {
  mode: 'A cookie, or a stick table.',
  cookie: 'The same name.',
  cookieMode: 'The same way to set it.',
  secure: 'secure.',
  httpOnly: 'httponly.',
  sameSite: 'An attribute of the cookie.',
  maxIdle: 'maxidle, in whole seconds.',
  maxLife: 'maxlife, in whole seconds.',
  domain: 'domain.',
  path: 'path=/, as HAProxy writes it.',
  opaque: 'The values of servers.',
  secretEnv: 'The values of servers are made with it when the file is written.',
  header: 'The same header.',
  ttl: 'expire.',
  size: 'The size of the table; the oldest entry makes room.',
  store: 'A table in memory.',
};

/** To whom a client belongs. */
interface Stuck {
  /** A fetch of the server. */
  readonly fetch: string;
  /** How its value is compared with a member's. */
  readonly valueOf: (member: MemberConfig) => readonly string[];
  /** Holds while what the client brings still counts. */
  readonly isValid: readonly string[];
}

/** undefined = nobody belongs to anyone. */
export function stuckTo(backend: Backend): Stuck | undefined {
  const { pool, name } = backend;
  const { sticky } = pool;
  if (sticky === undefined) return undefined;
  if (sticky.mode === 'cookie') {
    const idOf = idsOf(sticky);
    const cookie = quoteArgument(sticky.cookie) ?? sticky.cookie;
    const fetch = `req.cook(${cookie}),field(1,${sticky.cookieMode === 'prefix' ? '~' : '|'})`;
    return {
      fetch,
      valueOf: (member) => ['-m', 'str', '--', idOf(member.name)],
      isValid: datesOf(sticky).length === 0 ? [] : ['!cookie_is_old'],
    };
  }
  const ids = serverIdsOf(pool);
  const key = sticky.mode === 'header' ? `var(${stickyVariable(pool.name)})` : 'src';
  return {
    fetch: `${key},table_server_id(${name})`,
    valueOf: (member) => ['-m', 'int', `${ids.get(member.name) ?? 0}`],
    isValid: [],
  };
}

/** Notes whether the client belongs to a server that serves it, for hashes to keep away. */
export function addStuck(section: Section, backend: Backend): boolean {
  const stuck = stuckTo(backend);
  if (stuck === undefined) return false;
  const rules = backend.mode === 'http' ? ['http-request'] : ['tcp-request', 'content'];
  for (const member of backend.pool.members) {
    section.add(
      [...rules, `set-var(${STUCK})`, 'bool(true)', 'if', '{', stuck.fetch],
      [...stuck.valueOf(member), '}', ...stuck.isValid],
      ['{', `srv_is_up(${backend.name}/${member.name})`, '}'],
    );
  }
  return true;
}

/** Where dates stand in a cookie, and for how many seconds they count. */
function datesOf({
  cookieMode,
  maxIdle = 0,
  maxLife = 0,
}: CookieStickyConfig): readonly { readonly field: number; readonly seconds: string }[] {
  if (cookieMode !== 'insert') return [];
  return [
    { field: 2, seconds: renderCount(Math.ceil(maxIdle / 1000)) },
    { field: 3, seconds: renderCount(Math.ceil(maxLife / 1000)) },
  ].filter(({ seconds }) => seconds !== '0');
}

/** A date further ahead (s) is none: whoever wrote it had a wrong clock. */
const FUTURE_SECONDS = 86_400;

/**
 * Notes by HAProxy's own rules whether a cookie is past its time, for rules that ask whose client it is before HAProxy does.
 * A date is five digits of base64 that count four seconds each: with `AAA` before them, six bytes.
 */
function addAge(section: Section, sticky: CookieStickyConfig): void {
  for (const { field, seconds } of datesOf(sticky)) {
    const date = `txn.cookie_date${field}`;
    const cookie = quoteArgument(sticky.cookie) ?? sticky.cookie;
    const digits = `%[req.cook(${cookie}),field(${field},|),bytes(0,5)]`;
    const text = `txn.cookie_text${field}`;
    section.add('http-request', `set-var-fmt(${text})`, `AAA${digits}`);
    section.add('http-request', `set-var(${date})`, `var(${text}),b64dec,hex,hex2i,mul(4)`);
    section.add('acl', 'cookie_is_old', `date,sub(${date})`, 'gt', seconds);
    section.add('acl', 'cookie_is_old', `date(${FUTURE_SECONDS}),sub(${date})`, 'lt', '0');
  }
}

function idsOf({ opaque, secretEnv = '' }: CookieStickyConfig): (member: string) => string {
  if (!opaque) return (member) => member;
  const ids = new OpaqueIds(readSecret(secretEnv) ?? '');
  return (member) => ids.idOf(member);
}

function addCookie(
  { report }: Emission,
  section: Section,
  sticky: CookieStickyConfig,
  place: string,
): void {
  const { cookieMode, maxIdle, maxLife, sameSite, domain, path } = sticky;
  const words = ['cookie', sticky.cookie, cookieMode];
  if (cookieMode === 'insert') {
    words.push('indirect', 'nocache');
    if (sticky.httpOnly) words.push('httponly');
    if (sticky.secure) words.push('secure');
    if (domain !== undefined) words.push('domain', domain);
    if (maxIdle !== undefined) words.push('maxidle', `${renderCount(Math.ceil(maxIdle / 1000))}s`);
    if (maxLife !== undefined) words.push('maxlife', `${renderCount(Math.ceil(maxLife / 1000))}s`);
    if (sameSite !== undefined) words.push('attr', `SameSite=${sameSite}`);
    if (path !== '/') words.push('attr', `Path=${path}`);
  }
  section.add(...words);
  report.exact(place, 'The same cookie with the same values.');
  if (path !== '/')
    report.approximated(
      `${place}.path`,
      'HAProxy says path=/ first and yours behind it; browsers heed the last.',
    );
}

function addTable(
  { report, target, config }: Emission,
  section: Section,
  sticky: Exclude<StickyConfig, CookieStickyConfig>,
  place: string,
): void {
  if (sticky.store !== 'memory') {
    report.refused(`${place}.store`, 'A store of the host is known to its process only.');
    return;
  }
  const isHeader = sticky.mode === 'header';
  if (isHeader && quoteArgument(sticky.header) === undefined) {
    report.refused(place, `HAProxy ${target} can not name this header.`);
    return;
  }
  section.add(
    ['stick-table', 'type', ...(isHeader ? ['string', 'len', LONGEST_KEY] : ['ipv6'])],
    ['size', sticky.size, 'expire', renderTime(sticky.ttl), ...keptTable(config, 'sticky')],
  );
  report.note(NOTE_KEPT);
  section.add('stick', 'on', isHeader ? `var(${stickyVariable(section.name)})` : 'src');
  report.exact(place, 'A stick table.');
  if (isHeader)
    report.approximated(
      `${place}.header`,
      `Values that agree in their first ${LONGEST_KEY} characters count as one.`,
    );
}
