// The udp frontends of a spec as nginx's stream configuration, and what became of each of their fields.
import { type EmittedFile, FileSet } from '../emit/emitted-file.js';
import type { FidelityReport } from '../emit/fidelity.js';
import { fileHeader } from '../emit/file-header.js';
import { isUsedBy } from '../emit/pools-of-frontend.js';
import { ReportBuilder } from '../emit/report-builder.js';
import { refuseUntold, tellNotes } from '../emit/tell-rest.js';
import type { BalancerSpec } from '../spec/balancer.js';
import type { BalancerConfig } from '../spec/config.js';
import { type ParseOptions, parseSpec } from '../spec/parse.js';
import type { ServiceSpec } from '../spec/service.js';
import { type Directive, renderDirectives } from './directive.js';
import type { NginxEmission } from './emission.js';
import { serverDirectives } from './server.js';
import { renderNginxTime } from './time.js';
import { upstreamDirective } from './upstream.js';

/** What came of a spec. */
export interface EmittedNginx {
  /** `nginx.conf`, a whole configuration; empty if something was refused, or there is no udp frontend. */
  readonly files: readonly EmittedFile[];
  readonly report: FidelityReport;
}

/** Name of the file. */
export const NGINX_FILE = 'nginx.conf';

/** Where Debian and Red Hat load the stream module; where it is built in there is nothing. */
const MODULES = ['/etc/nginx/modules-enabled/*.conf', '/usr/share/nginx/modules/*.conf'];

/** A session takes two of nginx's connections, and a worker may get all of them. */
const PER_SESSION = 2;
/** For sockets that listen, and channels between workers. */
const SPARE = 512;
const HIGHEST_CONNECTIONS = 1_048_576;

/**
 * Writes the udp frontends of a spec as a whole nginx.conf; other frontends are HAProxy's business. The same spec gives the same bytes.
 * @param input - a spec in any form, also an expanded one
 * @throws SpecError when the spec has faults
 */
export function emitNginx(
  input: BalancerSpec | ServiceSpec | BalancerConfig,
  options: ParseOptions = {},
): EmittedNginx {
  const config = parseSpec(input, options);
  const report = new ReportBuilder();
  const emission: NginxEmission = { config, report, sockets: new Set() };
  tellNotes(report, config);
  const servers = translateFrontends(emission);
  const upstreams = translatePools(emission);
  if (config.ha !== undefined) report.elsewhere('ha', 'keepalived', 'nginx moves no addresses.');
  refuseUntold(report, config, 'nginx');
  const files = new FileSet();
  if (servers.length === 0) report.note('No udp frontend: nothing is written.');
  else if (!report.hasRefusals)
    files.add(NGINX_FILE, renderFile(config, [...upstreams, ...servers]));
  return { files: files.list(), report: report.build('nginx', config) };
}

function translateFrontends(emission: NginxEmission): readonly Directive[] {
  const { config, report } = emission;
  return config.frontends.flatMap((frontend, index) => {
    const path = `frontends[${index}]`;
    if (frontend.protocol === 'udp') return serverDirectives(emission, frontend, path);
    report.elsewhere(path, 'haproxy', 'Only udp frontends are written for nginx.');
    return [];
  });
}

function translatePools(emission: NginxEmission): readonly Directive[] {
  const { config, report } = emission;
  report.note('A reload of nginx begins new sessions: those before it get no more datagrams.');
  const own = config.pools.filter((pool) => isUsedBy(config, pool, 'udp'));
  const upstreams = config.pools.flatMap((pool, index) => {
    const path = `pools[${index}]`;
    if (own.includes(pool)) {
      if (pool.members.length > 0) return [upstreamDirective(emission, pool, path)];
      upstreamDirective(emission, pool, path);
      report.exact(`${path}.members`, 'None: datagrams are dropped.');
    } else if (isUsedBy(config, pool, 'others'))
      report.elsewhere(path, 'haproxy', 'Only tcp and http frontends use it.');
    else report.exact(path, 'No frontend uses it; it is left out.');
    return [];
  });
  for (const [index, { name }] of config.monitors.entries()) {
    const path = `monitors[${index}]`;
    if (own.some(({ health }) => health === name))
      report.approximated(path, 'nginx makes no checks of UDP; its pools tell what it does.');
    else report.exact(path, 'No pool in the file uses it; it is left out.');
  }
  return upstreams;
}

function renderFile(config: BalancerConfig, stream: readonly Directive[]): string {
  const own = config.frontends.filter(({ protocol }) => protocol === 'udp');
  const sessions = own.reduce((sum, { maxConnections }) => sum + maxConnections, 0);
  const connections = Math.min(HIGHEST_CONNECTIONS, sessions * PER_SESSION + SPARE);
  const comment = fileHeader('nginx', config)
    .map((line) => `# ${line}\n`)
    .join('');
  const directives: readonly Directive[] = [
    ...MODULES.map((glob) => ({ words: ['include', glob] })),
    { words: ['worker_processes', 'auto'] },
    { words: ['worker_rlimit_nofile', connections] },
    {
      words: [
        'worker_shutdown_timeout',
        renderNginxTime(Math.max(...own.map(({ drain }) => drain.timeout))),
      ],
    },
    { words: ['events'], block: [{ words: ['worker_connections', connections] }] },
    { words: ['stream'], block: stream },
  ];
  return comment + renderDirectives(directives);
}
