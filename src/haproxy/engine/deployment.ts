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
import { type Death, HaproxyProcess } from '../process/haproxy-process.js';
import { findHaproxy, type HaproxyProgram, runProgram } from '../process/program.js';
import { refuseTaken } from '../process/taken-ports.js';
import { RuntimeSocket } from '../runtime/runtime-socket.js';
import { targetOf } from '../target.js';
import type { WrittenConfig } from './plan.js';

/** Where and what to run. */
export interface DeploymentOptions {
  readonly directory: string;
  readonly program?: string;
  /** Configurations kept besides the current one. */
  readonly keep: number;
  readonly clock: Clock;
  readonly printsLog: boolean;
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
  #program: HaproxyProgram | undefined;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#store = new ConfigStore(options.directory, options.keep);
    const { clock } = options;
    this.runtime = new RuntimeSocket({ path: this.#inRun('admin.sock'), clock });
    this.process = new HaproxyProcess({
      program: options.program ?? 'haproxy',
      configFile: path.join(this.#store.currentFolder, CONFIG_FILE),
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

  /**
   * Finds the program and makes the directory.
   * @throws EK_PROGRAM, EK_FILE, EK_IN_USE when another HAProxy answers in this directory
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
    if (await this.#isTaken())
      throw new EvenkeelError(
        'EK_IN_USE',
        `another HAProxy runs in ${directory}: end it, or choose another directory`,
      );
  }

  /**
   * Emits and writes a configuration, and has HAProxy check it.
   * @throws SpecError for what HAProxy can't do (EK_NOT_SUPPORTED), or does not take (EK_HAPROXY); EK_FILE
   */
  async prepare(config: BalancerConfig): Promise<Candidate> {
    const target = targetOf(this.#program?.version ?? '');
    const emitted = emitHaproxy(config, {
      ...(target === undefined ? {} : { target }),
      adminSocket: this.runtime.path,
      stateFile: this.#inRun('server-state'),
    });
    refuseWhatIsLeftOut(emitted.report);
    const folder = await this.#store.write(emitted.files);
    const text = String(emitted.files.find(isMain)?.content ?? '');
    const files = emitted.files.filter((file) => !isMain(file));
    const { places, report, backends, certificates } = emitted;
    const candidate = { config, folder, text, files, places, report, backends, certificates };
    await this.#check(candidate);
    return candidate;
  }

  /** Makes it current and starts HAProxy with it. @throws EK_BIND, SpecError, EK_PROGRAM */
  async start(candidate: Candidate): Promise<void> {
    await refuseTaken(wantedBy(candidate.config));
    const before = await this.#store.use(candidate.folder);
    try {
      await this.process.start(originOf(candidate));
    } catch (error) {
      if (before !== undefined) await this.#store.use(before);
      throw error;
    }
    await this.#store.prune();
  }

  /** Starts HAProxy with what is current, after it died. @throws EK_BIND, SpecError, EK_PROGRAM */
  async revive(running: Candidate): Promise<void> {
    await this.process.start(originOf(running));
  }

  /** Makes it current without a reload: what differs was done by commands already. */
  async adopt(candidate: Candidate): Promise<void> {
    await this.#store.use(candidate.folder);
    await this.#store.prune();
  }

  /**
   * Reloads into a candidate; on failure the one before is current again, and its worker has served on.
   * @throws EK_BIND, SpecError, EK_PROGRAM
   */
  async reload(candidate: Candidate, running: Candidate): Promise<void> {
    const bound = new Set(running.config.frontends.flatMap(({ bind }) => bind));
    await refuseTaken(wantedBy(candidate.config).filter(({ bind }) => !bound.has(bind)));
    await this.#keepState();
    await this.#store.use(candidate.folder);
    try {
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

  /** Health, weights and operator's states of now, for the worker that comes. */
  async #keepState(): Promise<void> {
    try {
      const state = await this.runtime.ask('show servers state');
      await this.#store.writeRun('server-state', `${state}\n`);
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

  async #isTaken(): Promise<boolean> {
    try {
      await this.process.master.ask('show proc');
      return true;
    } catch {
      return false;
    }
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

function wantedBy({ frontends }: BalancerConfig): readonly { bind: string; path: string }[] {
  return frontends.flatMap((frontend, i) =>
    frontend.protocol === 'udp'
      ? []
      : frontend.bind.map((bind, j) => ({ bind, path: `frontends[${i}].bind[${j}]` })),
  );
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
