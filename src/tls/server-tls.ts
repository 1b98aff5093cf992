// The TLS of one frontend while it runs: its contexts, and how they are replaced under the connections.
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.js';
import { SpecError, type SpecIssue } from '../core/errors.js';
import type { TlsConfig } from '../spec/config.js';
import type { CertificateFacts } from './certificate.js';
import { FileWatch } from './file-watch.js';
import { filesOf, loadServerMaterial, type ServerMaterial } from './load-server.js';
import { ServerContexts } from './server-contexts.js';
import { type ServerTerms, serverTerms } from './server-terms.js';
import { TicketKeys } from './ticket-keys.js';

/** Told when certificates change, or would have. */
export interface ServerTlsOwner {
  /** New connections get these from now on. @param reason - why: for people */
  onReplaced(certificates: readonly CertificateFacts[], reason: string): void;
  /** What was found is not used; what was there before goes on. */
  onRejected(issues: readonly SpecIssue[], reason: string): void;
}

/**
 * Holds the terms for new connections. A replacement is one assignment: connections that stand keep what they began with.
 * The ticket keys stay, so that clients resume their sessions across it.
 */
export class ServerTls {
  readonly #clock: Clock;
  readonly #owner: ServerTlsOwner;
  readonly #tickets: TicketKeys;
  #material: ServerMaterial;
  #terms: ServerTerms;
  #watch: FileWatch | undefined = undefined;

  /** @throws SpecError with every fault, paths relative to the frontend */
  constructor(config: TlsConfig, clock: Clock, owner: ServerTlsOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.#tickets = new TicketKeys(clock);
    this.#material = loadServerMaterial(config, clock.wallTime());
    this.#terms = this.#termsOf(this.#material);
  }

  /** What a new connection is served with. */
  get terms(): ServerTerms {
    return this.#terms;
  }

  get config(): TlsConfig {
    return this.#material.config;
  }

  /** What is in use. In the order of the spec. */
  get certificates(): readonly CertificateFacts[] {
    return this.#material.certificates;
  }

  /** Reads what other settings name; nothing changes before {@link use}. @throws SpecError with every fault */
  prepare(config: TlsConfig): ServerMaterial {
    return loadServerMaterial(config, this.#clock.wallTime());
  }

  /** New connections get this from now on. */
  use(material: ServerMaterial, reason: string): void {
    const before = this.#material;
    this.#terms = this.#termsOf(material);
    this.#material = material;
    if (this.#watch !== undefined && before.config !== material.config) this.watch();
    if (!isSame(before, material)) this.#owner.onReplaced(material.certificates, reason);
  }

  /** Reads the files of the present settings again; undefined = what they hold now is bad, which is told. */
  reread(reason: string): ServerMaterial | undefined {
    try {
      return this.prepare(this.config);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      this.#owner.onRejected(error.issues, reason);
      return undefined;
    }
  }

  /**
   * Puts other settings in the place of the present ones at once.
   * @throws SpecError with every fault: then nothing has changed, and it is told as an event too
   */
  replace(config: TlsConfig, reason: string): void {
    let material: ServerMaterial;
    try {
      material = this.prepare(config);
    } catch (error) {
      if (error instanceof SpecError) this.#owner.onRejected(error.issues, reason);
      throw error;
    }
    this.use(material, reason);
  }

  /** Begins to watch the files, or watches those of new settings. What has changed since they were read is told, too. */
  watch(): void {
    const files = filesOf(this.config);
    if (this.#watch?.isFor(files) === true) return;
    this.#watch?.close();
    this.#watch = new FileWatch(files, this.#material.files, {
      clock: this.#clock,
      onChange: () => this.#onFileChanged(),
    });
  }

  /** Ceases to watch. */
  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #onFileChanged(): void {
    const reason = 'a file has changed';
    const material = this.reread(reason);
    if (material !== undefined) this.use(material, reason);
  }

  #termsOf(material: ServerMaterial): ServerTerms {
    const { config, certificates, authorities } = material;
    const contexts = new ServerContexts(certificates, {
      config,
      authorities,
      tickets: this.#tickets,
    });
    return serverTerms(config, contexts);
  }
}

function isSame(a: ServerMaterial, b: ServerMaterial): boolean {
  return isDeepStrictEqual(printsOf(a), printsOf(b));
}

function printsOf(material: ServerMaterial): readonly string[] {
  return material.certificates.map((one) => one.fingerprint);
}
