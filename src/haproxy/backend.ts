// A pool as a backend.
import type { MonitorConfig, RetriesConfig } from '../spec/config.js';
import type { Backend } from './backends.js';
import { addBalance } from './balance.js';
import { Section } from './config-file.js';
import type { Emission } from './emission.js';
import type { GlobalNeeds } from './global.js';
import { addHealthCheck, checkPortWords } from './health-check.js';
import { addHttpVersion } from './http-version.js';
import { addServers } from './member.js';
import { poolTlsWords } from './pool-tls.js';
import { addSticky, STUCK, stuckTo } from './sticky.js';
import { isKnownTo } from './target.js';
import { renderTime } from './time.js';

/** The section of a backend. */
export function backendSection(emission: Emission, needs: GlobalNeeds, backend: Backend): Section {
  const section = new Section('backend', backend.name, backend.path);
  const { pool, path, mode } = backend;
  const { report } = emission;
  section.add('mode', mode);
  report.exact(`${path}.name`, 'The name of the backend.');
  report.exact(
    `${path}.drain`,
    'Carried out by whoever drains; a reload waits this long at least.',
  );
  const stickyWords = addSticky(emission, section, backend);
  addBalance(emission, section, backend);
  addTimeouts(emission, section, backend);
  addRetries(emission, section, backend);
  addQueue(emission, section, backend);
  if (mode === 'http') {
    section.add('http-reuse', pool.http.reuse);
    report.exact(`${path}.http.reuse`, `http-reuse ${pool.http.reuse}.`);
    report.exact(`${path}.http.maxIdlePerMember`, 'pool-max-conn.');
    report.approximated(
      `${path}.http.idleTimeout`,
      'Idle connections are purged in this rhythm, half of them each time.',
    );
  } else {
    report.exact(`${path}.http`, 'Not for tcp.');
  }
  for (const rule of backend.rules) section.add(...rule);
  const versionWords = mode === 'http' ? addHttpVersion(emission, section, backend) : [];
  addDownRules(emission, section, backend);
  const monitor = monitorOf(emission, backend);
  const words = [
    ...versionWords,
    ...(monitor === undefined
      ? []
      : addHealthCheck(emission, section, backend, monitor.config, monitor.path)),
    ...outlierWords(emission, backend, monitor !== undefined),
  ];
  const tlsWordsOf = poolTlsWords(emission, section, backend);
  addDiscovery(emission, backend);
  addServers(emission, section, backend, {
    needs,
    monitor: monitor?.config,
    words,
    wordsOf: (member, memberPath) => [
      ...tlsWordsOf(member, memberPath),
      ...stickyWords(member),
      ...checkPortWords(backend, member, monitor?.config),
    ],
  });
  if (pool.members.length === 0) report.exact(`${path}.members`, 'None.');
  report.exact(
    `${path}.slowStart`,
    pool.slowStart === 0 ? 'Off.' : 'slowstart, in steps of a second or a twentieth.',
  );
  report.exact(`${path}.sendProxyProtocol`, 'The same header.');
  report.exact(`${path}.sessionsOnDown`, 'The same.');
  report.exact(`${path}.defaultPort`, 'Part of the addresses.');
  return section;
}

function monitorOf(
  { config, report }: Emission,
  { pool, path }: Backend,
): { config: MonitorConfig; path: string } | undefined {
  const { health } = pool;
  if (health === undefined) return undefined;
  if (typeof health !== 'string') return { config: health, path: `${path}.health` };
  report.exact(`${path}.health`, 'The shared check, made by each backend by itself.');
  const index = config.monitors.findIndex(({ name }) => name === health);
  const monitor = config.monitors[index];
  return monitor === undefined ? undefined : { config: monitor, path: `monitors[${index}]` };
}

function addTimeouts({ report }: Emission, section: Section, backend: Backend): void {
  const { pool, path, users, mode } = backend;
  section.add('timeout', 'connect', renderTime(pool.timeouts.connect));
  section.add('timeout', 'server', renderTime(pool.timeouts.server));
  section.add('timeout', 'queue', renderTime(pool.queue.timeout));
  report.exact(`${path}.timeouts`, 'timeout connect, timeout server.');
  const tunnels = users.map(({ timeouts }) => timeouts.tunnel);
  section.add('timeout', 'tunnel', renderTime(Math.min(...tunnels)));
  if (new Set(tunnels).size === 1 || mode === 'tcp') return;
  for (const { name, timeouts } of users) {
    section.add(
      ['http-request', 'set-timeout', 'tunnel', renderTime(timeouts.tunnel)],
      ['if', '{', 'fe_name', '-m', 'str', '--', name, '}'],
    );
  }
}

/** Statuses that HAProxy may retry on. */
const RETRIED: ReadonlySet<string> = new Set('401,403,404,408,425,500,501,502,503,504'.split(','));

function addRetries(
  { report, target }: Emission,
  section: Section,
  { pool, path, mode }: Backend,
): void {
  const { attempts, on } = pool.retries;
  const place = `${path}.retries`;
  // Only http has `retry-on`.
  const isTried = mode === 'http' || on.includes('connect-failure');
  section.add('retries', isTried ? attempts : 0);
  if (attempts === 0) report.exact(`${place}.attempts`, 'retries 0.');
  else
    report.approximated(
      `${place}.attempts`,
      'retries, each on another server if there is one; the same server is asked again after a second where evenkeel gives up.',
    );
  report.approximated(`${place}.budgetPercent`, 'HAProxy has no budget of retries.');
  report.approximated(
    `${place}.backoff`,
    'The next server is asked at once; the same one again after a second.',
  );
  report.approximated(`${place}.bufferBytes`, 'A request is retried if it fits into one buffer.');
  if (mode === 'tcp') {
    report.exact(`${place}.on`, 'A connection that can not be made.');
    return;
  }
  const conditions = retryConditions(on, isKnownTo(target, '3.2'));
  for (const condition of on) {
    if (/^\d/.test(condition) && !conditions.includes(condition))
      report.refused(`${place}.on`, `HAProxy ${target} can not retry on ${condition}.`);
  }
  report.exact(`${place}.on`, 'The same conditions.');
  section.add('retry-on', ...(conditions.length === 0 ? ['none'] : conditions));
  if (conditions.some((condition) => condition !== 'conn-failure')) {
    section.add('acl', 'is_idempotent', 'method', '--', 'GET');
    for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
      section.add('acl', 'is_idempotent', 'method', '--', method);
    section.add('http-request', 'disable-l7-retry', 'unless', 'is_idempotent');
  }
}

function retryConditions(on: RetriesConfig['on'], knows429: boolean): readonly string[] {
  return on.flatMap((condition) => {
    if (condition === 'connect-failure') return ['conn-failure'];
    if (condition === 'reset-before-response') return ['empty-response'];
    return RETRIED.has(condition) || (condition === '429' && knows429) ? [condition] : [];
  });
}

/** Only members that can be full make anybody wait. */
function addQueue({ report }: Emission, section: Section, backend: Backend): void {
  const { pool, path, mode, name } = backend;
  const place = `${path}.queue`;
  report.exact(`${place}.timeout`, 'timeout queue.');
  if (pool.members.every(({ maxConnections }) => maxConnections === undefined)) {
    report.exact(`${place}.max`, 'Nobody waits: no member has maxConnections.');
    return;
  }
  const { max } = pool.queue;
  const isFull =
    max === 0 ? [`be_conn_free(${name})`, 'eq', '0'] : [`queue(${name})`, 'ge', `${max}`];
  const refusal =
    mode === 'http'
      ? ['http-request', 'deny', 'deny_status', '503']
      : ['tcp-request', 'content', 'reject'];
  section.add(...refusal, 'if', '{', ...isFull, '}');
  const { strategy, sticky } = pool;
  if (sticky !== undefined || strategy.type === 'hash' || strategy.type === 'source-hash')
    report.approximated(
      `${place}.max`,
      'HAProxy looks at the pool as a whole: a client may be refused whose own member is free, or with 0 wait where only its own is full.',
    );
  else report.exact(`${place}.max`, 'Looked at before a client is queued.');
}

/** What becomes of clients that belong to a member that is down, and of pools with few members left. */
function addDownRules({ report }: Emission, section: Section, backend: Backend): void {
  const { pool, path, mode, name } = backend;
  if (pool.backups === 'all') section.add('option', 'allbackups');
  report.exact(`${path}.backups`, pool.backups === 'all' ? 'option allbackups.' : 'The first one.');
  if (pool.panicThreshold > 0)
    report.refused(`${path}.panicThreshold`, 'HAProxy never uses members that are down.');
  else report.exact(`${path}.panicThreshold`, 'Off.');
  const place = `${path}.onMemberDown`;
  if (pool.onMemberDown === 'keep' && pool.sticky !== undefined)
    report.refused(
      place,
      'HAProxy binds clients to the server that serves them; take next or refuse.',
    );
  if (pool.onMemberDown !== 'refuse') {
    report.exact(place, 'They are served elsewhere.');
    return;
  }
  const owners = ownersOf(section, backend);
  if (owners === undefined) {
    report.refused(place, 'Only with mapping stable is it known whose clients they are.');
    return;
  }
  const refusal =
    mode === 'http'
      ? ['http-request', 'deny', 'deny_status', '503']
      : ['tcp-request', 'content', 'reject'];
  for (const [server, test] of owners)
    section.add(refusal, 'if', test, '!{', `srv_is_up(${name}/${server})`, '}');
  if (pool.sticky !== undefined)
    report.approximated(
      place,
      'They are answered 503, or closed; one whose member turns out to be dead before a check has seen it is served elsewhere.',
    );
  else
    report.exact(
      place,
      owners.length === 0 ? 'No client belongs to a member.' : 'They are answered 503, or closed.',
    );
}

/** A server, and the conditions under which a client is its own. */
type Owner = readonly [string, readonly string[]];

/** Whose clients they are: a test for each server, those that stickiness knows first. undefined = nobody can tell. */
function ownersOf(section: Section, backend: Backend): readonly Owner[] | undefined {
  const hashed = hashOwners(section, backend);
  if (hashed === undefined) return undefined;
  const stuck = stuckTo(backend);
  if (stuck === undefined) return hashed;
  const isFree = ['!{', `var(${STUCK})`, '-m', 'bool', '}'];
  return [
    ...backend.pool.members.map((member): Owner => {
      const test = ['{', stuck.fetch, ...stuck.valueOf(member), '}'];
      return [member.name, [...test, ...stuck.isValid]];
    }),
    ...hashed.map(([server, test]): Owner => [server, [...test, ...isFree]]),
  ];
}

function hashOwners(
  section: Section,
  { pool: { strategy } }: Backend,
): readonly Owner[] | undefined {
  if (strategy.type === 'hash') return undefined;
  if (strategy.type !== 'source-hash') return [];
  if (strategy.mapping !== 'stable') return undefined;
  return section.lines
    .filter(({ words }) => words[0] === 'use-server')
    .map(({ words }) => {
      // use-server NAME if { TEST } ...
      const start = words.indexOf('{');
      return [words[1] ?? '', words.slice(start, words.indexOf('}') + 1)] as const;
    });
}

function outlierWords(
  { report }: Emission,
  { pool, path, mode }: Backend,
  isChecked: boolean,
): readonly string[] {
  const { outlier } = pool;
  if (outlier === undefined) return [];
  const place = `${path}.outlier`;
  if (!isChecked) {
    report.refused(place, 'HAProxy watches traffic only of servers that have active checks.');
    return [];
  }
  const limit = Math.min(255, outlier.consecutiveFailures);
  if (limit === outlier.consecutiveFailures)
    report.exact(`${place}.consecutiveFailures`, 'error-limit.');
  else report.approximated(`${place}.consecutiveFailures`, 'HAProxy counts to 255 at most.');
  report.approximated(
    `${place}.ejectFor`,
    'A server comes back after `rise` good checks, not after a time.',
  );
  report.approximated(`${place}.maxEjectedPercent`, 'HAProxy may leave every server out.');
  const layer = mode === 'http' ? 'layer7' : 'layer4';
  return ['observe', layer, 'error-limit', `${limit}`, 'on-error', 'mark-down'];
}

function addDiscovery({ report }: Emission, { pool, path }: Backend): void {
  if (pool.discovery === undefined) return;
  report.refused(`${path}.discovery`, 'Members are found while evenkeel runs; list them.');
}
