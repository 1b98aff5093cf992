// The health check of a pool, as keepalived makes it of each real server.
import type { MonitorConfig, PoolConfig } from '../spec/config.js';
import { fitsLine, type Line, renderSeconds } from './block.js';
import type { KeepalivedEmission } from './emission.js';
import { udpLines } from './udp-check.js';

/** What is written of a check. */
export interface Check {
  /** Seconds between checks. */
  readonly delayLoop: string;
  /** Of each real server. */
  readonly lines: readonly Line[];
}

/** keepalived counts microseconds, in 32 bits. */
const LONGEST_MS = 4_294_967;

/** Retries, in 32 bits. */
const HIGHEST_RETRY = 4_294_967_295;

/** What is safe in a path of a URL, in keepalived's quotes. */
const SAFE_PATH = /^[A-Za-z0-9/_.,:;=&?%+*{}()[\]|^<>-]+$/;

/** Writes a pool's check; none = servers are always up. */
export function checkBlock(emission: KeepalivedEmission, pool: PoolConfig, path: string): Check {
  const found = monitorOf(emission, pool, path);
  if (found === undefined) return { delayLoop: '60', lines: [] };
  const { monitor, place } = found;
  const { report } = emission;
  const lines: readonly Line[] = [
    { words: ['connect_timeout', renderCheckTime(monitor.timeout)] },
    { words: ['retry', Math.min(HIGHEST_RETRY, monitor.fall - 1)] },
    { words: ['delay_before_retry', renderCheckTime(monitor.fastInterval)] },
    ...(monitor.port === undefined ? [] : [{ words: ['connect_port', monitor.port] }]),
  ];
  report.exact(place, 'The same check.');
  tellTime(report, `${place}.timeout`, monitor.timeout, 'connect_timeout.');
  if (monitor.fall <= HIGHEST_RETRY) report.exact(`${place}.fall`, 'retry.');
  else report.approximated(`${place}.fall`, `keepalived tries ${HIGHEST_RETRY} times at most.`);
  if (monitor.rise === 1) report.exact(`${place}.rise`, 'One good check brings a member back.');
  else report.approximated(`${place}.rise`, 'One good check brings a member back.');
  tellTime(report, `${place}.interval`, monitor.interval, 'delay_loop.');
  report.approximated(
    `${place}.fastInterval`,
    'delay_before_retry; on the way up it is delay_loop.',
  );
  report.approximated(`${place}.downInterval`, 'delay_loop, as while it is up.');
  report.approximated(`${place}.initial`, 'Members start up.');
  return {
    delayLoop: renderCheckTime(monitor.interval),
    lines: typed(emission, monitor, place, lines),
  };
}

function renderCheckTime(milliseconds: number): string {
  return renderSeconds(Math.min(LONGEST_MS, milliseconds));
}

function tellTime(
  report: KeepalivedEmission['report'],
  path: string,
  milliseconds: number,
  reason: string,
): void {
  if (milliseconds <= LONGEST_MS) report.exact(path, reason);
  else report.approximated(path, 'keepalived waits 4294 s at most.');
}

function monitorOf(
  { config, report }: KeepalivedEmission,
  { health }: PoolConfig,
  path: string,
): { readonly monitor: MonitorConfig; readonly place: string } | undefined {
  if (health === undefined) return undefined;
  if (typeof health !== 'string') return { monitor: health, place: `${path}.health` };
  report.exact(`${path}.health`, 'The shared check, made for each virtual server by itself.');
  const index = config.monitors.findIndex(({ name }) => name === health);
  const monitor = config.monitors[index];
  return monitor && { monitor, place: `monitors[${index}]` };
}

function typed(
  emission: KeepalivedEmission,
  monitor: MonitorConfig,
  path: string,
  common: readonly Line[],
): readonly Line[] {
  switch (monitor.type) {
    case 'tcp':
      return [{ words: ['TCP_CHECK'], block: common }];
    case 'udp':
      return [{ words: ['UDP_CHECK'], block: [...common, ...udpLines(emission, monitor, path)] }];
    case 'http':
      return [{ words: ['HTTP_GET'], block: [...common, ...httpLines(emission, monitor, path)] }];
    case 'https':
      return [
        {
          words: ['SSL_GET'],
          block: [{ words: ['enable_sni'] }, ...common, ...httpLines(emission, monitor, path)],
        },
      ];
    default:
      emission.report.refused(
        path,
        `keepalived checks by tcp, udp, http and https, not by ${monitor.type}.`,
      );
      return [];
  }
}

function httpLines(
  { report }: KeepalivedEmission,
  monitor: MonitorConfig,
  path: string,
): readonly Line[] {
  const { expect, headers, drainOn, method, version, sni } = monitor;
  if (!SAFE_PATH.test(monitor.path) || !fitsLine(monitor.path)) {
    report.refused(`${path}.path`, "keepalived can't be told this path.");
    return [];
  }
  if (method !== 'GET') report.refused(`${path}.method`, 'keepalived asks by GET only.');
  if (version === '2') report.refused(`${path}.version`, 'keepalived asks by HTTP/1.1 only.');
  if (expect.body !== undefined)
    report.refused(`${path}.expect.body`, 'keepalived looks at the status only.');
  if (drainOn !== undefined)
    report.refused(`${path}.drainOn`, 'keepalived knows up and down only.');
  const others = Object.keys(headers).filter((name) => name.toLowerCase() !== 'host');
  if (others.length > 0) report.refused(`${path}.headers`, 'keepalived sends Host only.');
  const host = sni ?? Object.entries(headers).find(([name]) => name.toLowerCase() === 'host')?.[1];
  if (host !== undefined && !isHost(host)) {
    report.refused(`${path}.headers`, "keepalived can't be told this host.");
    return [];
  }
  if (!fitsLine(expect.status))
    report.refused(`${path}.expect.status`, 'It is too long for a line of keepalived.');
  const statuses = expect.status
    .split(',')
    .map((item) => item.trim().replace(/^(\d)xx$/, '$100-$199'));
  return [
    { words: ['http_protocol', '1.1'] },
    {
      words: ['url'],
      block: [{ words: ['path', monitor.path] }, { words: ['status_code', ...statuses] }],
    },
    ...(host === undefined ? [] : [{ words: ['virtualhost', host] }]),
  ];
}

function isHost(text: string): boolean {
  return /^[A-Za-z0-9_.:[\]-]+$/.test(text) && fitsLine(text);
}
