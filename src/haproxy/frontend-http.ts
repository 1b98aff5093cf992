// An http frontend: what a request meets, in the order in which it does in process.
import { poolsOfFrontend } from '../emit/pools-of-frontend.js';
import type { FrontendConfig, PoolConfig } from '../spec/config.js';
import { addAccessLog } from './access-log.js';
import { Answers } from './answers.js';
import { addBasicAuth } from './basic-auth.js';
import { addCompression } from './compression.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { addHsts, addMaintenance, addRedirectToHttps, addRequestId } from './features.js';
import { addFixedRules, type HttpPlace } from './fixed-rules.js';
import { addForwarded } from './forwarded.js';
import { addHopRules } from './header-changes.js';
import { addHttpLimits, firstCounter } from './rate-limit.js';
import { addChanges } from './route-changes.js';
import { addRoutes } from './routes.js';
import { addKeyVariables, addRequestVariables } from './template.js';
import { renderTime } from './time.js';
import { addClientSubject } from './tls.js';

/** Where the rules go. */
export type HttpRulesPlace = Omit<HttpPlace, 'answers'> & {
  /** Conditions under which the access list keeps somebody out. */
  readonly denied: readonly (readonly string[])[];
};

/** Writes what a request meets. @returns sections that the frontend refers to */
export function addHttpRules(
  emission: Emission,
  { section, path, needs, denied }: HttpRulesPlace,
  frontend: FrontendConfig,
): readonly Section[] {
  const answers = new Answers(emission, needs, frontend, path);
  const place: HttpPlace = { section, path, needs, answers };
  section.add('timeout', 'http-request', renderTime(frontend.timeouts.requestHead));
  section.add('timeout', 'http-keep-alive', renderTime(frontend.timeouts.keepAlive));
  section.add('errorfiles', answers.sectionName);
  addHttp2(emission, section, frontend, { path, needs });
  addAccessLog(emission, section, frontend, path);
  addCompression(emission, section, frontend, path);
  for (const condition of denied) section.add('http-request', ...answers.answer(403), ...condition);
  addRequestVariables(section);
  addKeyVariables(section, poolsOf(emission, frontend));
  addFixedRules(emission, place, frontend);
  addRequestId(emission, place, frontend);
  addHsts(emission, place, frontend);
  addMaintenance(emission, place, frontend);
  addRedirectToHttps(emission, place, frontend);
  const limits = {
    section,
    path: `${path}.rateLimit`,
    name: `limit.${frontend.name}`,
    counter: firstCounter(frontend),
    condition: [],
  };
  const tables = [...addHttpLimits(emission, limits, frontend.rateLimit ?? [], answers)];
  const users = addBasicAuth(emission, place, frontend);
  tables.push(...addRoutes(emission, place, frontend));
  addHopRules(section);
  addClientSubject(section, frontend);
  addForwarded(emission, section, frontend, path);
  addChanges(emission, place, frontend);
  addTotal(emission, frontend);
  addChoice(emission, section, frontend, path);
  return [answers.section(), ...users, ...tables];
}

/** The pools that it may send to, in the order of the spec. */
function poolsOf({ config }: Emission, frontend: FrontendConfig): readonly PoolConfig[] {
  const names = poolsOfFrontend(frontend);
  return config.pools.filter(({ name }) => names.includes(name));
}

/** In the clear HAProxy follows a client that begins with HTTP/2, unless told not to. */
function addHttp2(
  { report, config }: Emission,
  section: Section,
  { http2, protocol }: FrontendConfig,
  { path, needs }: Pick<HttpPlace, 'path' | 'needs'>,
): void {
  if (protocol === 'http' && http2?.cleartext !== true) section.add('option', 'disable-h2-upgrade');
  if (http2 === undefined) return;
  needs.streams(http2.maxConcurrentStreams);
  report.exact(`${path}.http2.cleartext`, 'Followed, or not, as the spec says.');
  const all = config.frontends.flatMap((frontend) => frontend.http2?.maxConcurrentStreams ?? []);
  const largest = Math.max(...all);
  const place = `${path}.http2.maxConcurrentStreams`;
  if (largest === http2.maxConcurrentStreams)
    report.exact(place, 'tune.h2.max-concurrent-streams.');
  else report.approximated(place, `HAProxy has one number for all frontends: ${largest}.`);
}

/** The backend that a route has set, or the default one. */
function addChoice(
  { backends, report }: Emission,
  section: Section,
  frontend: FrontendConfig,
  path: string,
): void {
  if (frontend.routes.length > 0) section.add('use_backend', '%[var(txn.pool)]', 'if', 'routed');
  else report.exact(`${path}.routes`, 'None.');
  if (frontend.pool === undefined) return;
  section.add('default_backend', backends.use(frontend.pool, frontend).name);
  report.exact(`${path}.pool`, 'default_backend.');
}

/** The wait for a member is no longer than the whole exchange may be. */
function addTotal({ backends }: Emission, frontend: FrontendConfig): void {
  const { total } = frontend.timeouts;
  if (total === undefined) return;
  const names = new Set([
    ...(frontend.pool === undefined ? [] : [frontend.pool]),
    ...frontend.routes.flatMap(({ pool, split }) => [
      ...(pool === undefined ? [] : [pool]),
      ...(split ?? []).map((share) => share.pool),
    ]),
  ]);
  for (const name of names) {
    const { rules, pool } = backends.use(name, frontend);
    if (pool.timeouts.server <= total) continue;
    const isOurs = ['if', '{', 'fe_name', '-m', 'str', '--', frontend.name, '}'];
    rules.unshift(['http-request', 'set-timeout', 'server', renderTime(total), ...isOurs]);
  }
}
