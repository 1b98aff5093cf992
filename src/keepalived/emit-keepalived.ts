// The pair of a spec as keepalived's configuration, with its udp frontends if asked, and what became of each of their fields.
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
import { isWritable, type Line, renderLines } from './block.js';
import type { KeepalivedEmission, LvsMethod } from './emission.js';
import { pairBlocks } from './instance.js';
import { TRACK_FILE, TRACK_SCRIPT } from './track-script.js';
import { sessionLines, virtualServers } from './virtual-server.js';

/** How to emit. */
export interface EmitKeepalivedOptions extends ParseOptions {
  /** Absolute path of the folder that the files will lie in; all of it must belong to root. @defaultValue '/etc/keepalived' */
  readonly directory?: string;
  /** HAProxy's socket for run-time commands, as `emitHaproxy` has it. @defaultValue '/run/haproxy/admin.sock' */
  readonly adminSocket?: string;
  /** Write udp frontends as virtual servers of LVS, in that way. @defaultValue they are nginx's business */
  readonly lvs?: LvsMethod;
}

/** What came of a spec. */
export interface EmittedKeepalived {
  /** `keepalived.conf`, and with a pair `evenkeel-track`; empty if something was refused, or there is nothing for keepalived. */
  readonly files: readonly EmittedFile[];
  readonly report: FidelityReport;
}

/** Two of them stand in a line of the file. */
const LONGEST_PATH = 400;

/** Name of the file. */
export const KEEPALIVED_FILE = 'keepalived.conf';

/**
 * Writes the pair of a spec as keepalived's configuration. The same spec and options give the same bytes.
 * @param input - a spec in any form, also an expanded one
 * @throws SpecError when the spec has faults; RangeError for a path that keepalived can't be told: with a quote, `\`, `$`, `~`, `@`, or of more than 400 characters
 */
export function emitKeepalived(
  input: BalancerSpec | ServiceSpec | BalancerConfig,
  options: EmitKeepalivedOptions = {},
): EmittedKeepalived {
  const { directory = '/etc/keepalived', adminSocket = '/run/haproxy/admin.sock', lvs } = options;
  for (const path of [directory, adminSocket]) checkPath(path);
  const config = parseSpec(input, options);
  const report = new ReportBuilder();
  const script = `${directory.replace(/\/$/, '')}/${TRACK_FILE}`;
  const sockets = new Set<string>();
  const emission: KeepalivedEmission = { config, report, lvs, script, adminSocket, sockets };
  tellNotes(report, config);
  const pair = config.ha === undefined ? undefined : pairBlocks(emission, config.ha);
  const servers = translateFrontends(emission);
  tellPools(emission);
  refuseUntold(report, config, 'keepalived');
  const blocks: readonly Line[] = [...(pair?.blocks ?? []), ...servers];
  const files = new FileSet();
  if (blocks.length === 0 && !report.hasRefusals)
    report.note('Nothing for keepalived: nothing is written.');
  else if (!report.hasRefusals) {
    const comment = fileHeader('keepalived', config)
      .map((line) => `# ${line}\n`)
      .join('');
    const lines = [globalLine(config, pair?.version, servers.length > 0), ...blocks];
    files.add(KEEPALIVED_FILE, comment + renderLines(lines));
    if (pair !== undefined) files.add(TRACK_FILE, TRACK_SCRIPT, 0o755);
  }
  return { files: files.list(), report: report.build('keepalived', config) };
}

function checkPath(path: string): void {
  if (
    !isWritable(path) ||
    path.includes("'") ||
    !path.startsWith('/') ||
    path.length > LONGEST_PATH
  )
    throw new RangeError(`keepalived can't be told of this path: ${JSON.stringify(path)}`);
}

function globalLine(
  config: BalancerConfig,
  version: number | undefined,
  hasServers: boolean,
): Line {
  const block: Line[] = [{ words: ['router_id', config.name] }];
  if (version !== undefined)
    block.push(
      { words: ['vrrp_version', version] },
      { words: ['enable_script_security'] },
      { words: ['script_user', 'root'] },
    );
  if (hasServers) block.push(...sessionLines(config));
  return { words: ['global_defs'], block };
}

function translateFrontends(emission: KeepalivedEmission): readonly Line[] {
  const { config, report, lvs } = emission;
  return config.frontends.flatMap((frontend, index) => {
    const path = `frontends[${index}]`;
    if (frontend.protocol !== 'udp')
      report.elsewhere(path, 'haproxy', 'keepalived moves the address; HAProxy serves.');
    else if (lvs === undefined)
      report.elsewhere(path, 'nginx', 'Written for keepalived only if asked: --lvs dr.');
    else return virtualServers(emission, frontend, path);
    return [];
  });
}

function tellPools({ config, report, lvs }: KeepalivedEmission): void {
  const own = config.pools.filter((pool) => lvs !== undefined && isUsedBy(config, pool, 'udp'));
  for (const [index, pool] of config.pools.entries()) {
    const path = `pools[${index}]`;
    if (own.includes(pool)) continue;
    if (isUsedBy(config, pool, 'others'))
      report.elsewhere(path, 'haproxy', 'keepalived moves the address; HAProxy serves.');
    else if (isUsedBy(config, pool, 'udp'))
      report.elsewhere(path, 'nginx', 'Only udp frontends use it.');
    else report.exact(path, 'No frontend uses it; it is left out.');
  }
  for (const [index, { name }] of config.monitors.entries()) {
    if (!own.some(({ health }) => health === name))
      report.exact(`monitors[${index}]`, 'No pool in the file uses it; it is left out.');
  }
}
