// A spec as HAProxy's configuration, and what became of each of its fields.
import { type EmittedFile, FileSet } from '../emit/emitted-file.js';
import type { FidelityReport } from '../emit/fidelity.js';
import { fileHeader } from '../emit/file-header.js';
import { isUsedBy } from '../emit/pools-of-frontend.js';
import { ReportBuilder } from '../emit/report-builder.js';
import { refuseUntold } from '../emit/tell-rest.js';
import type { CertificateStatus } from '../model/status.js';
import type { BalancerSpec } from '../spec/balancer.js';
import type { BalancerConfig } from '../spec/config.js';
import { type ParseOptions, parseSpec } from '../spec/parse.js';
import type { ServiceSpec } from '../spec/service.js';
import { backendSection } from './backend.js';
import { Backends, type Mode } from './backends.js';
import { weightFactor } from './balance.js';
import type { Section, SectionKind } from './config-file.js';
import type { Emission } from './emission.js';
import { exporterSection } from './exporter.js';
import { frontendSections } from './frontend.js';
import {
  defaultsSection,
  GlobalNeeds,
  globalSection,
  type RuntimePaths,
  resolversSection,
  tellBalancer,
} from './global.js';
import { peersSections } from './peers.js';
import { renderConfig } from './render.js';
import { DEFAULT_TARGET, type HaproxyTarget } from './target.js';
import { refuseUnwritable } from './unwritable.js';

/** How to emit. */
export interface EmitHaproxyOptions extends ParseOptions {
  /** The oldest HAProxy that has to understand it. @defaultValue '2.6' */
  readonly target?: HaproxyTarget;
  /**
   * Absolute path of the folder that the files will lie in; written only for certificates towards members, and `EVENKEEL_FILES` in
   * HAProxy's environment goes before it. @defaultValue '/etc/haproxy'
   */
  readonly directory?: string;
  /** Socket for run-time commands. @defaultValue '/run/haproxy/admin.sock' */
  readonly adminSocket?: string;
  /** Where the state of members is kept over a reload. @defaultValue '/var/lib/haproxy/server-state' */
  readonly stateFile?: string;
  /** Socket by which stick tables live through a reload; written only where there are some. @defaultValue '/run/haproxy/peers.sock' */
  readonly peersSocket?: string;
  /**
   * Address of HAProxy's Prometheus exporter, `127.0.0.1:8405`: it answers `/metrics` there to everybody who can reach it.
   * @defaultValue none
   */
  readonly prometheus?: string;
}

/** A pool in the file. */
export interface EmittedBackend {
  /** Its name in HAProxy. */
  readonly name: string;
  readonly pool: string;
  readonly mode: Mode;
  /** What weights of the spec are multiplied by. */
  readonly weightFactor: number;
}

/** What came of a spec. */
export interface EmittedHaproxy {
  /** `haproxy.cfg` and what it refers to by relative path; empty if something was refused. */
  readonly files: readonly EmittedFile[];
  readonly report: FidelityReport;
  readonly backends: readonly EmittedBackend[];
  /** Line of `haproxy.cfg`, from 1 -> place of the spec. */
  readonly places: ReadonlyMap<number, string>;
  /** Certificates of the frontends that end TLS, by their names. */
  readonly certificates: ReadonlyMap<string, readonly CertificateStatus[]>;
}

/** Name of the file. */
export const CONFIG_FILE = 'haproxy.cfg';

const ORDER: readonly SectionKind[] = [
  'global',
  'defaults',
  'http-errors',
  'userlist',
  'resolvers',
  'peers',
  'frontend',
  'backend',
];

/**
 * Writes a spec as HAProxy's configuration. The same spec and options give the same bytes.
 * @param input - a spec in any form, also an expanded one
 * @throws SpecError when the spec has faults; EvenkeelError `EK_FILE` when a file that it names can't be read, `EK_ADDRESS` for an
 * exporter that can't be where it shall be
 */
export function emitHaproxy(
  input: BalancerSpec | ServiceSpec | BalancerConfig,
  options: EmitHaproxyOptions = {},
): EmittedHaproxy {
  const { target = DEFAULT_TARGET } = options;
  const config = parseSpec(input, options);
  const report = new ReportBuilder();
  const files = new FileSet();
  const backends = new Backends(config.pools, config.frontends);
  const certificates = new Map<string, readonly CertificateStatus[]>();
  const emission: Emission = { config, target, report, files, backends, certificates };
  const exporters =
    options.prometheus === undefined ? [] : [exporterSection(options.prometheus, config)];
  const emitted = sectionsOf(emission, {
    directory: options.directory ?? '/etc/haproxy',
    adminSocket: options.adminSocket ?? '/run/haproxy/admin.sock',
    stateFile: options.stateFile ?? '/var/lib/haproxy/server-state',
    peersSocket: options.peersSocket ?? '/run/haproxy/peers.sock',
  });
  const sections = inOrder([...emitted, ...exporters]);
  refuseUnwritable(report, config, sections);
  refuseUntold(report, config, 'HAProxy');
  const header = fileHeader(`HAProxy ${target} and newer`, config);
  const { text, places } = report.hasRefusals
    ? { text: '', places: new Map<number, string>() }
    : renderConfig({ header, sections }, target);
  // Hashes of passwords, and ids that only the secret can make, are not for everybody.
  const isSecret = config.frontends.some(({ basicAuth }) => basicAuth !== undefined);
  files.add(CONFIG_FILE, text, isSecret ? 0o600 : 0o644);
  return {
    files: report.hasRefusals ? [] : files.list(),
    report: report.build(`haproxy ${target}`, config),
    backends: backends.list().map((backend) => ({
      name: backend.name,
      pool: backend.pool.name,
      mode: backend.mode,
      weightFactor: weightFactor(backend),
    })),
    places,
    certificates,
  };
}

function sectionsOf(emission: Emission, paths: RuntimePaths): readonly Section[] {
  const { config, report, backends } = emission;
  const needs = new GlobalNeeds();
  const proxies: Section[] = [];
  tellBalancer(report, config);
  for (const [index, frontend] of config.frontends.entries()) {
    if (frontend.protocol === 'udp') {
      report.elsewhere(`frontends[${index}]`, 'nginx', 'HAProxy does not balance UDP.');
    } else proxies.push(...frontendSections(emission, needs, frontend, index));
  }
  for (const backend of backends.list()) proxies.push(backendSection(emission, needs, backend));
  tellUnused(emission);
  const peers = peersSections(emission, proxies, paths.peersSocket);
  const sections = [
    globalSection(config, needs, paths, peers.length > 0),
    defaultsSection(),
    ...peers,
    ...proxies,
  ];
  if (needs.usesResolvers) sections.push(resolversSection());
  return sections;
}

/** Sections by kind, each name of a kind once. */
function inOrder(sections: readonly Section[]): readonly Section[] {
  const seen = new Set<string>();
  return ORDER.flatMap((kind) =>
    sections.filter((section) => {
      const key = `${kind} ${section.name}`;
      if (section.kind !== kind || seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}

/** Pools and monitors that nothing in the file needs. */
function tellUnused({ config, report, backends }: Emission): void {
  const used = backends.list().map(({ pool }) => pool);
  for (const [index, pool] of config.pools.entries()) {
    if (used.includes(pool)) continue;
    if (isUsedBy(config, pool, 'udp'))
      report.elsewhere(`pools[${index}]`, 'nginx', 'Only udp frontends use it.');
    else report.exact(`pools[${index}]`, 'No frontend uses it; it is left out.');
  }
  for (const [index, monitor] of config.monitors.entries()) {
    if (!used.some(({ health }) => health === monitor.name))
      report.exact(`monitors[${index}]`, 'No pool in the file uses it; it is left out.');
  }
}
