// The TLS of a frontend across a reload: kept where it stays, made where it is new, and what is told of it.
import { isDeepStrictEqual } from 'node:util';
import { renderIssue } from '../core/errors.js';
import type { TlsConfig } from '../spec/config.js';
import { ServerTls, type ServerTlsOwner } from '../tls/server-tls.js';
import type { FrontendContext } from './handler.js';

/** The TLS that other settings ask for. */
export interface PreparedTls {
  /** Who has it once the settings are in force; undefined = in the clear. */
  readonly next: ServerTls | undefined;
  /** Switches to it. Can't fail. */
  commit(): void;
}

const NOTHING = (): void => {};

/**
 * Makes TLS ready. Where it goes on its ticket keys and its watch go on too.
 * Settings that did not change keep the certificates they have if those in the files are bad by now: a certificate that expired
 * must not keep anybody from changing something else.
 * @throws SpecError with every fault of the new settings
 */
export function prepareTls(
  present: ServerTls | undefined,
  config: TlsConfig | undefined,
  context: FrontendContext,
): PreparedTls {
  if (config === undefined) return { next: undefined, commit: () => present?.close() };
  if (present === undefined) return { next: createTls(config, context), commit: NOTHING };
  const isSame = isDeepStrictEqual(present.config, config);
  const reason = isSame ? 'read again' : 'other settings';
  const material = isSame ? present.reread(reason) : present.prepare(config);
  return {
    next: present,
    commit: material === undefined ? NOTHING : () => present.use(material, reason),
  };
}

/** TLS whose changes are told as events. @throws SpecError with every fault */
export function createTls(config: TlsConfig, context: FrontendContext): ServerTls {
  return new ServerTls(config, context.environment.clock, tellAsEvents(context));
}

function tellAsEvents({ name, events, environment }: FrontendContext): ServerTlsOwner {
  return {
    onReplaced: (certificates, reason) => {
      const at = environment.clock.wallTime();
      events.emit('certificate:replaced', {
        frontend: name,
        at,
        reason,
        names: [...new Set(certificates.flatMap((certificate) => certificate.names))],
        expiresAt: Math.min(...certificates.map((certificate) => certificate.expiresAt)),
      });
    },
    onRejected: (issues, reason) => {
      events.emit('certificate:rejected', {
        frontend: name,
        at: environment.clock.wallTime(),
        reason: `${reason}: ${issues.map(renderIssue).join('; ')}`,
        issues: issues.length,
      });
    },
  };
}
