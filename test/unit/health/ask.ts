// Asks a probe once, as a checker would.
import { createProbe, type ProbeOptions } from '../../../src/health/create-probe.js';
import type { ProbeResult } from '../../../src/health/probe.js';
import { renderFailure } from '../../../src/health/reason.js';
import type { MonitorConfig } from '../../../src/spec/config.js';
import { monitorOf } from './monitor.js';

/** Where to ask. */
export interface Place {
  readonly port: number;
  /** @defaultValue '127.0.0.1' */
  readonly host?: string;
}

/** The result of one check; a rejection becomes a bad result, as in a checker. */
export async function ask(
  place: Place,
  changes: Partial<MonitorConfig>,
  options: ProbeOptions & { signal?: AbortSignal } = {},
): Promise<ProbeResult> {
  const probe = createProbe(monitorOf(changes), options);
  const target = { host: place.host ?? '127.0.0.1', port: place.port, name: 'web-1' };
  try {
    return await probe.check(target, options.signal ?? new AbortController().signal);
  } catch (error) {
    return { ok: false, reason: renderFailure(error) };
  }
}
