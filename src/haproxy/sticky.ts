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
import { serverIds } from './server-ids.js';
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
    return (member) => ['cookie', idOf(member.name)];
  }
  addTable(emission, section, sticky, place);
  return () => [];
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

/** A fetch of the server that the client belongs to, and its value for a member; undefined = nobody belongs to anyone. */
export function stuckTo(
  backend: Backend,
):
  | { readonly fetch: string; readonly valueOf: (member: MemberConfig) => readonly string[] }
  | undefined {
  const { pool, name } = backend;
  const { sticky } = pool;
  if (sticky === undefined) return undefined;
  if (sticky.mode === 'cookie') {
    const idOf = idsOf(sticky);
    const cookie = quoteArgument(sticky.cookie) ?? sticky.cookie;
    const fetch = `req.cook(${cookie}),field(1,${sticky.cookieMode === 'prefix' ? '~' : '|'})`;
    return { fetch, valueOf: (member) => ['-m', 'str', '--', idOf(member.name)] };
  }
  const ids = serverIds(pool.members.map((member) => member.name));
  const key =
    sticky.mode === 'header' ? `req.fhdr(${quoteArgument(sticky.header) ?? ''},1)` : 'src';
  return {
    fetch: `${key},table_server_id(${name})`,
    valueOf: (member) => ['-m', 'int', `${ids.get(member.name) ?? 0}`],
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
      [...stuck.valueOf(member), '}', '{', `srv_is_up(${backend.name}/${member.name})`, '}'],
    );
  }
  return true;
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
  const argument = isHeader ? quoteArgument(sticky.header) : '';
  if (argument === undefined) {
    report.refused(place, `HAProxy ${target} can not name this header.`);
    return;
  }
  section.add(
    ['stick-table', 'type', ...(isHeader ? ['string', 'len', LONGEST_KEY] : ['ipv6'])],
    ['size', sticky.size, 'expire', renderTime(sticky.ttl), ...keptTable(config, 'sticky')],
  );
  report.note(NOTE_KEPT);
  section.add('stick', 'on', isHeader ? `req.fhdr(${argument},1)` : 'src');
  report.exact(place, 'A stick table.');
  if (isHeader)
    report.approximated(
      `${place}.header`,
      `Values that agree in their first ${LONGEST_KEY} characters count as one.`,
    );
}
