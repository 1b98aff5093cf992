// An http frontend: what a request meets, in the order in which it does in process.
import type { FrontendConfig } from '../spec/config.js';
import { Answers } from './answers.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { addHsts, addMaintenance, addRedirectToHttps, addRequestId } from './features.js';
import { addFixedRules, type HttpPlace } from './fixed-rules.js';
import { addForwarded } from './forwarded.js';
import { addChanges } from './route-changes.js';
import { addRoutes } from './routes.js';
import { addRequestVariables } from './template.js';
import { renderTime } from './time.js';

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
  for (const condition of denied) section.add('http-request', ...answers.answer(403), ...condition);
  addRequestVariables(section);
  addFixedRules(emission, place, frontend);
  addRequestId(emission, place, frontend);
  addHsts(emission, place, frontend);
  addMaintenance(emission, place, frontend);
  addRedirectToHttps(emission, place, frontend);
  addRoutes(emission, place, frontend);
  for (const key of ['basicAuth', 'compression', 'accessLog', 'http2', 'rateLimit'] as const) {
    if (frontend[key] !== undefined) emission.report.refused(`${path}.${key}`, 'Not written yet.');
  }
  addForwarded(emission, section, frontend, path);
  addChanges(emission, place, frontend);
  addTotal(emission, frontend);
  addChoice(emission, section, frontend, path);
  return [answers.section()];
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
