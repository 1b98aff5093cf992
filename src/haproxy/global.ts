// The sections on top of the file: global, defaults, resolvers.

import type { ReportBuilder } from '../emit/report-builder.js';
import { tellNotes } from '../emit/tell-rest.js';
import type { BalancerConfig } from '../spec/config.js';
import { Section } from './config-file.js';
import { localPeer } from './peers.js';
import { renderTime } from './time.js';
import { addCiphers } from './tls.js';

/** Room for what rules add to a head. */
const REWRITE_BYTES = 1024;

/** Most lines of a head that HAProxy takes; it counts the start line too (manual, 3.2 tune.http.maxhdr). */
const MOST_LINES = 32_766;

/** Longest head: buffers of all kinds must be below 256 MiB, and each connection has two. */
export const LONGEST_HEAD = 67_108_864;

/** What frontends need of the process as a whole. */
export class GlobalNeeds {
  #headerBytes = 0;
  #headers = 0;
  #bodyBytes = 0;
  #streams = 0;
  #usesResolvers = false;

  /** A head of so many bytes and lines must fit. */
  header(bytes: number, lines: number): void {
    this.#headerBytes = Math.max(this.#headerBytes, bytes);
    this.#headers = Math.max(this.#headers, Math.min(MOST_LINES, lines));
  }

  /** A body of so many bytes is answered from a buffer. */
  body(bytes: number): void {
    this.#bodyBytes = Math.max(this.#bodyBytes, bytes);
  }

  /** So many streams of HTTP/2 may be open on a connection. */
  streams(count: number): void {
    this.#streams = Math.max(this.#streams, count);
  }

  /** Members are named by host. */
  resolvers(): void {
    this.#usesResolvers = true;
  }

  get usesResolvers(): boolean {
    return this.#usesResolvers;
  }

  /** The largest head, its lines in HAProxy's own form, and the room for changes; whole pages of 4 KiB. */
  get bufferBytes(): number {
    const head = this.#headerBytes + this.#headers * 24 + 2 * REWRITE_BYTES;
    const body = this.#bodyBytes + 2 * REWRITE_BYTES;
    return Math.ceil(Math.max(head, body, 16_384) / 4096) * 4096;
  }

  /** HAProxy counts the start line too. */
  get headerLines(): number {
    return Math.max(101, this.#headers + 1);
  }

  get maxStreams(): number | undefined {
    return this.#streams === 0 ? undefined : this.#streams;
  }
}

/** Environment variable with the folder of the files, for those that HAProxy looks for elsewhere. */
export const FILES_VARIABLE = 'EVENKEEL_FILES';

/** Files that the process uses while it runs. */
export interface RuntimePaths {
  /** Folder of the file itself and of what it refers to. */
  readonly directory: string;
  /** Socket for run-time commands. */
  readonly adminSocket: string;
  /** State of the members over a reload; written by whoever reloads. */
  readonly stateFile: string;
  /** Socket by which tables go from a worker to the one that follows it. */
  readonly peersSocket: string;
}

/** The global section. */
export function globalSection(
  config: BalancerConfig,
  needs: GlobalNeeds,
  { directory, adminSocket, stateFile }: RuntimePaths,
  hasPeers: boolean,
): Section {
  const section = new Section('global');
  const drains = [...config.frontends, ...config.pools].map(({ drain }) => drain.timeout);
  section.add('default-path', 'config');
  if (hasPeers) section.add('localpeer', localPeer(config));
  addCertificateBase(section, config, directory);
  section.add('log', 'stdout', 'format', 'raw', 'local0');
  section.add(
    ['stats', 'socket', adminSocket, 'mode', '660', 'level', 'admin'],
    ['expose-fd', 'listeners'],
  );
  section.add('stats', 'timeout', '30s');
  section.add('server-state-file', stateFile);
  section.add('hard-stop-after', renderTime(Math.max(1, ...drains)));
  section.add('spread-checks', 10);
  section.add('tune.bufsize', needs.bufferBytes);
  section.add('tune.maxrewrite', REWRITE_BYTES);
  section.add('tune.http.maxhdr', needs.headerLines);
  const usesTls =
    config.frontends.some(({ tls }) => tls !== undefined) ||
    config.pools.some(({ tls }) => tls !== undefined);
  if (usesTls) addCiphers(section);
  if (needs.maxStreams !== undefined)
    section.add('tune.h2.max-concurrent-streams', needs.maxStreams);
  return section;
}

/** HAProxy opens certificates of its own towards members after it has left `default-path` again. */
function addCertificateBase(section: Section, config: BalancerConfig, directory: string): void {
  if (config.pools.every(({ tls }) => tls?.clientCert === undefined)) return;
  section.add('presetenv', FILES_VARIABLE, directory);
  section.addVerbatim('crt-base', `"\${${FILES_VARIABLE}}"`);
}

/** What every proxy has. */
export function defaultsSection(): Section {
  const section = new Section('defaults');
  section.add('log', 'global');
  section.add('option', 'dontlognull');
  section.add('option', 'abortonclose');
  section.add('option', 'redispatch', 1);
  section.add('load-server-state-from-file', 'global');
  section.add('timeout', 'connect', '5s');
  section.add('timeout', 'client', '50s');
  section.add('timeout', 'server', '50s');
  section.add('timeout', 'queue', '5s');
  return section;
}

/** Asks the machine's DNS servers for the members that are named by host. */
export function resolversSection(): Section {
  const section = new Section('resolvers', RESOLVERS);
  section.add('parse-resolv-conf');
  section.add('accepted_payload_size', 8192);
  section.add('hold', 'valid', '10s');
  return section;
}

/** Name of the section. */
export const RESOLVERS = 'evenkeel';

/** Tells what became of the fields of the balancer as a whole. */
export function tellBalancer(report: ReportBuilder, config: BalancerConfig): void {
  tellNotes(report, config);
  report.note('Header names reach both sides in lower case.');
  report.note(
    "Requests are read by HAProxy's own parser: it forwards some malformed heads that evenkeel refuses (bare LF, line folding), refuses a missing Host without closing, and answers heads that it can't read with a page of its own.",
  );
  report.note(
    'Members and clients see headers that Connection names, and Max-Forwards is not looked at.',
  );
  report.note(
    'A body that stalls is answered 504 after `timeouts.server` of the pool (from 2.8 400 after `timeouts.client`), not 408.',
  );
  report.note(
    'A client that ends its half of the connection while a member works on its request counts as gone.',
  );
}
