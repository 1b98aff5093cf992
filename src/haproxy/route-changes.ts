// What routes change on the way: headers, the path that members see, time limits.
import { poolsOfFrontend, poolsOfRoute } from '../emit/pools-of-frontend.js';
import type { FrontendConfig, RewritePathConfig, RouteConfig } from '../spec/config.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import type { HttpPlace } from './fixed-rules.js';
import { addHeaderChanges } from './header-changes.js';
import { quoteArgument } from './quote.js';
import { placeOf, prefixLengthOf, ROUTE, type RoutePlace } from './routes.js';
import { renderTime } from './time.js';

/** Writes the changes of the frontend, and then those of the route that was taken. */
export function addChanges(emission: Emission, place: HttpPlace, frontend: FrontendConfig): void {
  const { section, path } = place;
  if (frontend.headers !== undefined) {
    addHeaderChanges(section, frontend.headers.request, { rules: 'http-request' });
    tellLateLooks(emission, frontend.headers, {
      path: `${path}.headers`,
      pools: poolsOfFrontend(frontend),
      compression: frontend.compression,
    });
    addHeaderChanges(section, frontend.headers.response, { rules: 'http-response' });
    emission.report.exact(`${path}.headers`, 'Remove, set, add: the same changes.');
  }
  for (const index of frontend.routes.keys()) {
    addRouteChanges(emission, section, frontend, placeOf(frontend, index, path));
  }
}

function addRouteChanges(
  emission: Emission,
  section: Section,
  frontend: FrontendConfig,
  { route, path, label }: RoutePlace,
): void {
  const { report } = emission;
  const condition = ['if', '{', `var(${ROUTE})`, '-m', 'str', '--', label, '}'];
  if (route.headers !== undefined) {
    const prefixLength = prefixLengthOf(route.match.path);
    const { request, response } = route.headers;
    addHeaderChanges(section, request, { rules: 'http-request', condition, prefixLength });
    addHeaderChanges(section, response, { rules: 'http-response', condition, prefixLength });
    report.exact(`${path}.headers`, 'Remove, set, add, behind those of the frontend.');
    tellLateLooks(emission, route.headers, {
      path: `${path}.headers`,
      pools: poolsOfRoute(route),
      compression: frontend.compression,
    });
  }
  if (route.rewritePath !== undefined) addRewrite(section, route.rewritePath, condition);
  if (route.rewritePath !== undefined) report.exact(`${path}.rewritePath`, 'The same path.');
  addTimeouts(emission, frontend, { route, path, condition });
  if (route.retries !== undefined) {
    report.refused(
      `${path}.retries`,
      'HAProxy knows retries by backend only (by request from 3.2); give the route a pool of its own.',
    );
  }
}

/** Compression looks at what clients accept when all changes are made, and a pool for its own cookie. */
function tellLateLooks(
  { report, config }: Emission,
  { request: { remove, set } }: NonNullable<FrontendConfig['headers']>,
  { path, pools, compression }: LateLooks,
): void {
  const names = [...remove, ...Object.keys(set)].map((name) => name.toLowerCase());
  if (names.includes('accept-encoding') && compression !== undefined)
    report.approximated(
      `${path}.request`,
      'HAProxy looks at Accept-Encoding when the change is made: it compresses only what is still accepted then.',
    );
  if (!names.includes('cookie')) return;
  const blinded = config.pools.find(
    ({ name, sticky }) => sticky?.mode === 'cookie' && pools.includes(name),
  );
  if (blinded !== undefined)
    report.refused(
      `${path}.request`,
      `HAProxy looks for the sticky cookie of pool "${blinded.name}" when the change is made, and would not find it.`,
    );
}

/** Where changes are made, and who looks behind them. */
interface LateLooks {
  /** `frontends[0].headers`. */
  readonly path: string;
  readonly pools: readonly string[];
  readonly compression: FrontendConfig['compression'];
}

/** The path is rewritten once, at the end: templates show it as it came. */
function addRewrite(
  section: Section,
  rewrite: RewritePathConfig,
  condition: readonly string[],
): void {
  const written = 'txn.written';
  if ('regex' in rewrite) {
    // The pattern has only what both engines read alike; `$1` is `\1` here.
    const to = rewrite.to.replaceAll(/\\|\$([0-9$])/g, (_, group: string | undefined) => {
      if (group === undefined) return '\\\\';
      return group === '$' ? '$' : `\\${group}`;
    });
    const pattern = quoteArgument(rewrite.regex) ?? '';
    const replacement = to === '' ? '' : (quoteArgument(to) ?? '');
    section.add(
      ['http-request', `set-var(${written})`, `path,regsub(${pattern},${replacement})`],
      ...condition,
    );
    section.add(
      'http-request',
      'set-path',
      `%[var(${written})]`,
      ...condition,
      '{',
      ...slash(written),
      '}',
    );
    section.add(
      'http-request',
      'set-path',
      `/%[var(${written})]`,
      ...condition,
      '!{',
      ...slash(written),
      '}',
    );
    return;
  }
  const prefix = rewrite.prefix.replace(/\/$/, '');
  const to = rewrite.to.replace(/\/$/, '');
  const rest = `%[path,bytes(${prefix.length})]`;
  section.add(
    'http-request',
    `set-var-fmt(${written})`,
    `${escapeFormat(to)}${rest}`,
    ...condition,
    '{',
    'path',
    '-m',
    'beg',
    '--',
    `${prefix}/`,
    '}',
  );
  if (prefix !== '')
    section.add(
      'http-request',
      `set-var-fmt(${written})`,
      escapeFormat(rewrite.to),
      ...condition,
      '{',
      'path',
      '-m',
      'str',
      '--',
      prefix,
      '}',
    );
  section.add(
    'http-request',
    'set-path',
    `%[var(${written})]`,
    ...condition,
    '{',
    `var(${written})`,
    '-m',
    'found',
    '}',
  );
}

function slash(variable: string): readonly string[] {
  return [`var(${variable})`, '-m', 'beg', '--', '/'];
}

function escapeFormat(text: string): string {
  return text.replaceAll('%', '%%');
}

function addTimeouts(
  { backends, report }: Emission,
  frontend: FrontendConfig,
  { route, path, condition }: { route: RouteConfig; path: string; condition: readonly string[] },
): void {
  const { timeouts } = route;
  if (timeouts === undefined) return;
  for (const name of poolsOfRoute(route)) {
    const { rules, pool } = backends.use(name, frontend);
    const server = timeouts.server ?? pool.timeouts.server;
    const shortest = Math.min(server, timeouts.total ?? server);
    rules.push(['http-request', 'set-timeout', 'server', renderTime(shortest), ...condition]);
  }
  if (timeouts.server !== undefined)
    report.exact(`${path}.timeouts.server`, 'Set for the requests of this route.');
  if (timeouts.total !== undefined) report.approximated(`${path}.timeouts.total`, TOTAL_REASON);
}

/** HAProxy has no limit of a whole exchange. */
export const TOTAL_REASON =
  'HAProxy bounds the wait for the member, not the whole exchange; each wait is at most this long.';
