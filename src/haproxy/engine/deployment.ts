// Configurations of one engine and the HAProxy that runs them: written, checked, made current, rolled back.
import path from 'node:path';
import type { Clock } from '../../core/clock.js';
import { EvenkeelError, SpecError } from '../../core/errors.js';
import type { FidelityReport } from '../../emit/fidelity.js';
import { refusalsOf } from '../../emit/fidelity.js';
import type { CertificateStatus } from '../../model/status.js';
import type { BalancerConfig } from '../../spec/config.js';
import { CONFIG_FILE, type EmittedBackend, emitHaproxy } from '../emit-haproxy.js';
import { FILES_VARIABLE } from '../global.js';
import { refusal } from '../process/alerts.js';
import { ConfigStore } from '../process/config-store.js';
import { DirectoryClaim } from '../process/directory-claim.js';
import { type Death, HaproxyProcess } from '../process/haproxy-process.js';
import { bindsOf, findOrphan, type Orphan } from '../process/orphan.js';
import { findHaproxy, type HaproxyProgram, runProgram } from '../process/program.js';
import { refuseTaken } from '../process/taken-ports.js';
import { RuntimeSocket } from '../runtime/runtime-socket.js';
import { carriedState, type NextServer } from '../runtime/server-state.js';
import { targetOf } from '../target.js';
import type { WrittenConfig } from './plan.js';
import { type ServerLine, splitConfig } from './servers.js';

/** Where and what to run. */
export interface DeploymentOptions {
  /** Name of the spec. */
  readonly name: string;
  readonly directory: string;
  readonly program?: string;
  /** Configurations kept besides the current one. */
  readonly keep: number;
  /** Address of the exporter. @defaultValue none */
  readonly prometheus?: string;
  readonly clock: Clock;
  readonly printsLog: () => boolean;
  readonly onDeath: (death: Death) => void;
}

/** A configuration that is written and that HAProxy takes, but does not run yet. */
export interface Candidate extends WrittenConfig {
  readonly config: BalancerConfig;
  readonly folder: string;
  readonly places: ReadonlyMap<number, string>;
  readonly report: FidelityReport;
  readonly backends: readonly EmittedBackend[];
  readonly certificates: ReadonlyMap<string, readonly CertificateStatus[]>;
}

/** Longest path of a Unix socket that HAProxy binds: it adds a suffix of its own. */
const SOCKET_BYTES = 90;

/** One directory, one HAProxy. */
export class Deployment {
  readonly runtime: RuntimeSocket;
  readonly process: HaproxyProcess;
  readonly #options: DeploymentOptions;
  readonly #store: ConfigStore;
  readonly #claim: DirectoryClaim;
  #program: HaproxyProgram | undefined;
  /** Serves until another one has started. */
  #orphan: Orphan | undefined;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#store = new ConfigStore(options.directory, options.keep);
    this.#claim = new DirectoryClaim(this.#inRun('engine.sock'));
    const { clock } = options;
    this.runtime = new RuntimeSocket({ path: this.#inRun('admin.sock'), clock });
    this.process = new HaproxyProcess({
      program: options.program ?? 'haproxy',
      configFile: this.#configFile,
      masterSocket: this.#inRun('master.sock'),
      clock,
      printsLog: options.printsLog,
      env: { [FILES_VARIABLE]: this.#store.currentFolder },
      onDeath: options.onDeath,
    });
  }

  /** `2.6`; known once it is open. */
  get series(): string {
    return this.#program?.series ?? '';
  }

  /** Process id of the HAProxy that serves here since its engine was killed; undefined when there is none, or its place is taken. */
  get orphan(): number | undefined {
    return this.#orphan?.pid;
  }

  /**
   * Finds the program and makes the directory, which nobody else can use until `close`.
   * @throws EK_PROGRAM, EK_FILE, EK_IN_USE when another engine holds this directory, or a HAProxy answers in it that is not of this spec
   */
  async open(): Promise<void> {
    const { program, directory } = this.#options;
    this.#program = await findHaproxy(program);
    this.process.use(this.#program.path);
    if (targetOf(this.#program.version) === undefined)
      throw new EvenkeelError(
        'EK_PROGRAM',
        `${this.#program.path} is HAProxy ${this.#program.version}; 2.6 or newer is needed`,
      );
    const socket = this.#inRun('master.sock');
    if (Buffer.byteLength(socket) > SOCKET_BYTES)
      throw new EvenkeelError(
        'EK_FILE',
        `the directory ${directory} can't be used: ${socket} is too long for a socket (above ${SOCKET_BYTES} bytes)`,
        { side: 'client' },
      );
    await this.#store.open();
    await this.#claim.take();
    this.#orphan = await findOrphan({
      directory: this.#store.directory,
      master: this.process.master,
      configFile: this.#configFile,
      name: this.#options.name,
    });
  }

  /** Ends HAProxy, and lets the directory go. */
  async close(): Promise<void> {
    await this.process.end();
    await this.#claim.release();
  }

  /**
   * Emits and writes a configuration, and has HAProxy check it.
   * @throws SpecError for what HAProxy can't do (EK_NOT_SUPPORTED), or does not take (EK_HAPROXY); EK_FILE
   */
  async prepare(config: BalancerConfig): Promise<Candidate> {
    const target = targetOf(this.#program?.version ?? '');
    const { prometheus } = this.#options;
    const emitted = emitHaproxy(config, {
      ...(prometheus === undefined ? {} : { prometheus }),
      ...(target === undefined ? {} : { target }),
      adminSocket: this.runtime.path,
      stateFile: this.#inRun('server-state'),
      peersSocket: this.#inRun('peers.sock'),
    });
    refuseWhatIsLeftOut(emitted.report);
    // Before anything is written: a directory that was moved away must find its place free when it comes back.
    await this.#store.verify();
    const folder = await this.#store.write(emitted.files);
    const text = String(emitted.files.find(isMain)?.content ?? '');
    const files = emitted.files.filter((file) => !isMain(file));
    const { places, report, backends, certificates } = emitted;
    const candidate = { config, folder, text, files, places, report, backends, certificates };
    await this.#check(candidate);
    return candidate;
  }

  /**
   * Makes it current and starts HAProxy with it. One that serves here already hands its listeners over, and finishes what it has.
   * @throws EK_BIND, SpecError, EK_PROGRAM
   */
  async start(candidate: Candidate): Promise<void> {
    const orphan = this.#orphan;
    await refuseTaken(wantedBy(candidate).filter(({ sockets }) => !isHeldBy(orphan, sockets)));
    if (orphan !== undefined) await this.#keepState(candidate);
    const before = await this.#store.use(candidate.folder);
    const from = orphan === undefined ? undefined : { ...orphan, socket: this.runtime.path };
    try {
      await this.process.start(originOf(candidate), from);
    } catch (error) {
      if (before !== undefined) await this.#store.use(before);
      throw error;
    }
    this.#orphan = undefined;
    await this.#store.prune();
  }

  /** Starts HAProxy with what is current, after it died; files that were removed are written again. @throws EK_BIND, SpecError, EK_PROGRAM, EK_FILE */
  async revive(running: Candidate): Promise<void> {
    const main = { path: CONFIG_FILE, content: running.text };
    await this.#store.restore(running.folder, [main, ...running.files]);
    await this.#claim.renew();
    await this.process.start(originOf(running));
  }

  /** Makes it current without a reload: what differs was done by commands already. */
  async adopt(candidate: Candidate): Promise<void> {
    await this.#store.use(candidate.folder);
    await this.#store.prune();
  }

  /**
   * Reloads into a candidate; on failure the one before is current again, and its worker has served on.
   * @throws EK_BIND, SpecError, EK_PROGRAM, EK_FILE, EK_IN_USE
   */
  async reload(candidate: Candidate, running: Candidate): Promise<void> {
    const bound = new Set(running.config.frontends.flatMap(({ bind }) => bind));
    await refuseTaken(wantedBy(candidate).filter(({ bind }) => !bound.has(bind)));
    await this.#claim.renew();
    await this.#keepState(candidate);
    await this.#store.use(candidate.folder);
    try {
      // A master that can't bind its socket again ends, and its workers with it.
      await this.#store.verify();
      await this.process.reload(originOf(candidate));
    } catch (error) {
      await this.#store.use(running.folder);
      throw error;
    }
    await this.#store.prune();
  }

  /** HAProxy's own name of a certificate file: with `crt-base` it is the whole path, else what the configuration says. */
  certificateName({ text }: Candidate, file: string): string {
    return /^\s*crt-base\s/m.test(text) ? `${this.#store.currentFolder}/${file}` : file;
  }

  /** Removes a candidate that is not going to run. */
  async discard(candidate: Candidate): Promise<void> {
    await this.#store.discard(candidate.folder);
  }

  /** Health of now, for the worker that comes. */
  async #keepState({ text }: Candidate): Promise<void> {
    const { backends } = splitConfig(text);
    try {
      const state = await this.runtime.ask('show servers state');
      const carried = carriedState(state, (backend, server) => {
        const line = backends.get(backend)?.servers.get(server);
        return line === undefined ? undefined : nextServer(line);
      });
      await this.#store.writeRun('server-state', carried);
    } catch {
      // Without it members start as after a start: up until the first check.
    }
  }

  async #check(candidate: Candidate): Promise<void> {
    const file = path.join(candidate.folder, CONFIG_FILE);
    const run = await runProgram(this.#program?.path ?? 'haproxy', ['-c', '-f', file], {
      [FILES_VARIABLE]: candidate.folder,
    });
    if (run?.code === 0) return;
    await this.discard(candidate);
    throw refusal(run?.output ?? 'it is gone', originOf(candidate));
  }

  get #configFile(): string {
    return path.join(this.#store.currentFolder, CONFIG_FILE);
  }

  #inRun(name: string): string {
    return path.join(this.#store.runFolder, name);
  }
}

function originOf({ places }: Candidate): (line: number) => string | undefined {
  return (line) => places.get(line);
}

function isMain(file: { readonly path: string }): boolean {
  return file.path === CONFIG_FILE;
}

/** Addresses to listen on, and the sockets that each of them is. */
function wantedBy({
  config,
  text,
  places,
}: Candidate): readonly { bind: string; path: string; sockets: readonly string[] }[] {
  const lines = text.split('\n');
  const linesOf = (place: string): string =>
    [...places]
      .flatMap(([line, from]) => (from === place ? (lines[line - 1] ?? '') : []))
      .join('\n');
  return config.frontends.flatMap((frontend, i) =>
    frontend.protocol === 'udp'
      ? []
      : frontend.bind.map((bind, j) => {
          const place = `frontends[${i}].bind[${j}]`;
          return { bind, path: place, sockets: [...bindsOf(linesOf(place))] };
        }),
  );
}

function nextServer({ address, settings }: ServerLine): NextServer {
  const hasHealth = settings.has('check') && !settings.has('disabled');
  return { address, weight: Number(settings.get('weight') ?? 1), hasHealth };
}

function isHeldBy(orphan: Orphan | undefined, sockets: readonly string[]): boolean {
  return orphan !== undefined && sockets.every((socket) => orphan.binds.has(socket));
}

/** An engine runs a spec whole: what another program would have to do is refused as well. */
function refuseWhatIsLeftOut(report: FidelityReport): void {
  const refused = [
    ...refusalsOf(report),
    ...report.entries.filter(({ elsewhere }) => elsewhere !== undefined),
  ];
  if (refused.length === 0) return;
  throw new SpecError(
    refused.map(({ path: place, reason }) => ({
      path: place,
      code: 'EK_NOT_SUPPORTED',
      message: `HAProxy can't do that: ${reason}`,
    })),
  );
}
