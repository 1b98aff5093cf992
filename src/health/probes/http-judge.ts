// How the answer to a check over HTTP is judged, whatever the version: by its status and its body.
import { EvenkeelError } from '../../core/errors.js';
import type { MonitorConfig } from '../../spec/config.js';
import type { ProbeResult } from '../probe.js';
import { StatusSet } from '../status-set.js';
import { failure, success } from './conversation.js';

/** The rules of one monitor. */
export class HttpJudge {
  readonly #expected: StatusSet;
  readonly #drainOn: StatusSet | undefined;
  readonly #bodyFault: (body: string) => string | undefined;

  constructor(config: MonitorConfig) {
    this.#expected = parseStatuses(config, config.expect.status);
    this.#drainOn =
      config.drainOn === undefined ? undefined : parseStatuses(config, config.drainOn);
    this.#bodyFault = createBodyRule(config.expect.body);
  }

  /** @param body - its first 64 KiB */
  judge(status: number, body: string): ProbeResult {
    if (this.#drainOn?.has(status) === true)
      return { ok: true, reason: `status ${status}, asks to drain`, drain: true };
    if (!this.#expected.has(status)) return failure(`status ${status}`);
    const fault = this.#bodyFault(body);
    return fault === undefined ? success(`status ${status}`) : failure(fault);
  }
}

function createBodyRule(
  rule: MonitorConfig['expect']['body'],
): (body: string) => string | undefined {
  if (rule === undefined) return () => undefined;
  if ('contains' in rule) {
    const { contains } = rule;
    return (body) => (body.includes(contains) ? undefined : `body does not contain "${contains}"`);
  }
  const pattern = new RegExp(rule.regex);
  return (body) => (pattern.test(body) ? undefined : `body does not match /${rule.regex}/`);
}

function parseStatuses(config: MonitorConfig, text: string): StatusSet {
  const set = StatusSet.parse(text);
  if (set !== undefined) return set;
  throw new EvenkeelError(
    'EK_SPEC_INVALID',
    `monitor "${config.name}": statuses must be like "2xx", "200,204" or "200-299", got "${text}"`,
  );
}
