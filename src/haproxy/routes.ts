// The routes of an http frontend: the first that matches sets the backend, or answers.
import type { FrontendConfig, RouteConfig } from '../spec/config.js';
import { LONGEST_BODY } from './answers.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import type { HttpPlace } from './fixed-rules.js';
import { addMatch, NOTE_READINGS } from './match.js';
import { quoteFormat } from './quote.js';
import { addHttpLimits, firstCounter } from './rate-limit.js';
import { findRuns, type RouteRun } from './route-maps.js';
import { REQUEST_VARIABLES, renderFormat } from './template.js';

/** Holds the backend's name as soon as a route has matched. */
const POOL = 'txn.pool';
/** Holds `public/3` for routes that do more than choose a pool. */
export const ROUTE = 'txn.route';

/** Statuses of redirects that nobody may remember. */
const UNCACHED: ReadonlySet<number> = new Set([302, 303, 307]);

/** One route, and where it stands. */
export interface RoutePlace {
  readonly route: RouteConfig;
  readonly index: number;
  /** `frontends[0].routes[3]`. */
  readonly path: string;
  /** `public/3`. */
  readonly label: string;
}

/** Writes the choice of a backend; gives back the tables of rate limits. What routes change on the way comes later: it must not be seen by routes behind. */
export function addRoutes(
  emission: Emission,
  place: HttpPlace,
  frontend: FrontendConfig,
): readonly Section[] {
  const { section, path } = place;
  const tables: Section[] = [];
  if (frontend.routes.length > 0) section.add('acl', 'routed', `var(${POOL})`, '-m', 'found');
  for (const run of findRuns(frontend.routes)) {
    if (run.kind === 'map') addRun(emission, place, frontend, run);
    else tables.push(...addRoute(emission, place, frontend, placeOf(frontend, run.index, path)));
  }
  addDefault(emission, place, frontend);
  return tables;
}

/** Where the route at an index stands. */
export function placeOf(frontend: FrontendConfig, index: number, path: string): RoutePlace {
  return {
    route: frontend.routes[index]!,
    index,
    path: `${path}.routes[${index}]`,
    label: `${frontend.name}/${index}`,
  };
}

/** Whether a route changes something on the way, so that it has to be known later. */
export function changesRequests({ headers, rewritePath, timeouts }: RouteConfig): boolean {
  return headers !== undefined || rewritePath !== undefined || timeouts !== undefined;
}

function addRoute(
  emission: Emission,
  { section, answers, needs }: HttpPlace,
  frontend: FrontendConfig,
  { route, index, path, label }: RoutePlace,
): readonly Section[] {
  const names = addMatch(
    emission,
    { section, prefix: `r${index}`, path: `${path}.match` },
    route.match,
  );
  if (Object.keys(route.match).length === 0)
    emission.report.exact(`${path}.match`, 'Everything that comes so far.');
  const condition = ['if', '!routed', ...names];
  const limits = {
    section,
    path: `${path}.rateLimit`,
    name: `limit.${frontend.name}.r${index}`,
    counter: firstCounter(frontend) + (frontend.rateLimit ?? []).length,
    condition,
  };
  if (route.rateLimit?.length === 0) emission.report.exact(`${path}.rateLimit`, 'None.');
  const tables = addHttpLimits(emission, limits, route.rateLimit ?? [], answers);
  if (route.respond !== undefined) {
    const words = respondWords(emission, { answers, needs }, route.respond, path, index);
    section.addFrom(path, 'http-request', ...words, ...condition);
  } else if (route.redirect !== undefined) {
    addRedirect(emission, { section, answers }, { route, index, path, label }, condition);
  } else {
    if (changesRequests(route))
      section.addFrom(path, 'http-request', `set-var(${ROUTE})`, `str(${label})`, ...condition);
    addChoice(emission, section, frontend, { route, index, path, label }, condition);
  }
  return tables;
}

function addChoice(
  { backends, report }: Emission,
  section: HttpPlace['section'],
  frontend: FrontendConfig,
  { route, path }: RoutePlace,
  condition: readonly string[],
): void {
  if (route.split === undefined) {
    const { name } = backends.use(route.pool ?? '', frontend);
    section.addFrom(path, 'http-request', `set-var(${POOL})`, `str(${name})`, ...condition);
    report.exact(`${path}.pool`, 'A backend.');
    return;
  }
  const shares = route.split.filter(({ weight }) => weight > 0);
  const sum = shares.reduce((total, { weight }) => total + weight, 0);
  const draw = 'txn.draw';
  const source = route.sticky === true ? `src,crc32,mod(${sum})` : `rand(${sum})`;
  section.addFrom(path, 'http-request', `set-var(${draw})`, source, ...condition);
  let end = 0;
  for (const { pool, weight } of shares) {
    end += weight;
    const { name } = backends.use(pool, frontend);
    const drawn = ['{', `var(${draw})`, '-m', 'int', 'lt', `${end}`, '}'];
    section.addFrom(path, ['http-request', `set-var(${POOL})`, `str(${name})`], condition, drawn);
  }
  for (const share of route.split) if (share.weight === 0) backends.use(share.pool, frontend);
  report.exact(`${path}.split`, 'Drawn for each request by weight.');
  report.exact(
    `${path}.sticky`,
    route.sticky === true ? 'crc32 of the address, as in process.' : 'Drawn anew each time.',
  );
}

function respondWords(
  { report }: Emission,
  { answers, needs }: Pick<HttpPlace, 'answers' | 'needs'>,
  { status, body, headers }: NonNullable<RouteConfig['respond']>,
  path: string,
  index: number,
): readonly string[] {
  const bytes = Buffer.from(body, 'utf8');
  if (bytes.length > LONGEST_BODY)
    report.refused(
      `${path}.respond.body`,
      `HAProxy answers from one buffer: at most ${LONGEST_BODY} bytes.`,
    );
  needs.body(Math.min(bytes.length, LONGEST_BODY));
  report.exact(`${path}.respond`, 'The same answer.');
  let type = 'text/plain; charset=utf-8';
  const lines: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'content-type') type = value;
    else lines.push([name.toLowerCase(), value === '' ? renderFormat('') : quoteFormat(value)]);
  }
  return answers.fixed(`r${index}`, { status, body: bytes, type }, lines);
}

function addRedirect(
  { report }: Emission,
  { section, answers }: Pick<HttpPlace, 'section' | 'answers'>,
  { route, path }: RoutePlace,
  condition: readonly string[],
): void {
  const { to, status } = route.redirect!;
  const location = 'txn.location';
  const format = renderFormat(to, prefixLengthOf(route.match.path));
  if (format.includes(`var(${REQUEST_VARIABLES.host})`))
    refuseOddHost(section, answers, condition, `var(${REQUEST_VARIABLES.host})`);
  if (format.includes('ssl_fc_sni')) refuseOddHost(section, answers, condition, 'ssl_fc_sni,lower');
  if (format.includes(`var(${REQUEST_VARIABLES.path})`)) {
    const isNoPath = ['!{', 'path', '-m', 'beg', '--', '/', '}'];
    section.addFrom(path, 'http-request', ...answers.answer(400), ...condition, ...isNoPath);
  }
  section.addFrom(path, 'http-request', `set-var-fmt(${location})`, format, ...condition);
  if (!/^https?:\/\//.test(to)) {
    // No browser may take the path for a host.
    section.addFrom(
      path,
      ['http-request', `set-var(${location})`, `var(${location}),regsub('^[/\\\\]*',/)`],
      ...condition,
    );
  }
  const headers: [string, string][] = [['location', `%[var(${location})]`]];
  if (UNCACHED.has(status)) headers.push(['cache-control', 'no-cache']);
  section.addFrom(path, 'http-request', ...answers.answer(status, headers), ...condition);
  report.exact(`${path}.redirect`, 'The same address.');
}

/** Names and addresses only; a Host may hold more, none of which a host is made of. */
function refuseOddHost(
  section: HttpPlace['section'],
  answers: HttpPlace['answers'],
  condition: readonly string[],
  fetch: string,
): void {
  const plain = ['-m', 'reg', '--', '^([a-z0-9_-]+(\\.[a-z0-9_-]+)*|\\[[0-9a-f:.]+\\])$'];
  section.add('http-request', ...answers.answer(400), ...condition, '!{', fetch, ...plain, '}');
}

/** Characters of the path that `{rest}` leaves out; infinity = all. */
export function prefixLengthOf(path: RouteConfig['match']['path']): number {
  if (path === undefined) return 0;
  if (typeof path === 'string') return path.endsWith('/') ? path.length - 1 : path.length;
  return 'exact' in path ? Number.POSITIVE_INFINITY : 0;
}

function addRun(
  { backends, files, report }: Emission,
  { section, path }: HttpPlace,
  frontend: FrontendConfig,
  run: RouteRun & { kind: 'map' },
): void {
  const lines = run.entries.map(({ key, pool }) => `${key} ${backends.use(pool, frontend).name}`);
  const file = files.add(`maps/${frontend.name}-${run.first}.map`, `${lines.join('\n')}\n`);
  const subject = run.looksAtHost ? `%[var(${REQUEST_VARIABLES.host})]%[path]/` : '%[path]/';
  // `*` is no path.
  const condition = ['if', '!routed', '{', 'path', '-m', 'beg', '--', '/', '}'];
  section.add('http-request', 'set-var-fmt(txn.key)', subject, condition);
  section.add(['http-request', `set-var(${POOL})`, `var(txn.key),map_beg(${file})`], condition);
  if (run.entries.some(({ key }) => !/^[^/]*\/$/.test(key))) report.note(NOTE_READINGS);
  for (let index = run.first; index <= run.last; index++) {
    const place = `${path}.routes[${index}]`;
    const { match } = frontend.routes[index]!;
    if (match.host !== undefined) report.exact(`${place}.match.host`, `A line of ${file}.`);
    if (match.path !== undefined) report.exact(`${place}.match.path`, `A line of ${file}.`);
    report.exact(`${place}.pool`, `A line of ${file}.`);
    const { pool } = frontend.routes[index]!;
    if (pool !== undefined) backends.use(pool, frontend);
  }
}

/** Whoever no route takes goes to the default pool, or is told that there is nothing. */
function addDefault(
  { report }: Emission,
  { section, answers }: HttpPlace,
  frontend: FrontendConfig,
): void {
  if (frontend.pool === undefined) {
    const condition = frontend.routes.length === 0 ? [] : ['unless', 'routed'];
    section.answer(answers.answer(404), condition);
    report.note('Without a route and a default pool HAProxy would answer 503; the file says 404.');
  }
}
