// The health checks of a simulation: the real checker asks modelled members over modelled lines.

import type { Random } from '../../core/random.js';
import type { Probe, ProbeResult, ProbeTarget } from '../../health/probe.js';
import { StatusSet } from '../../health/status-set.js';
import type { MonitorConfig } from '../../spec/config.js';
import type { ModelMember } from './model-member.js';
import type { ModelLink } from './model-network.js';
import type { SimClock } from './sim-clock.js';
import type { SimLoop } from './sim-loop.js';

/** What a check needs of its node. */
export interface ProbeParts {
  readonly node: number;
  readonly clock: SimClock;
  readonly loop: SimLoop;
  readonly link: ModelLink;
  readonly random: Random;
  /** The member behind an address. */
  readonly find: (target: ProbeTarget) => ModelMember | undefined;
}

/**
 * Answers as a member in that state would. A check over a connection (`tcp`) needs the kernel only; the others need the process, which takes as
 * long as for a request, but no worker.
 */
export class ModelProbe implements Probe {
  readonly #parts: ProbeParts;
  readonly #kernelOnly: boolean;
  readonly #statuses: StatusSet | undefined;

  constructor(config: MonitorConfig, parts: ProbeParts) {
    this.#parts = parts;
    this.#kernelOnly = config.type === 'tcp';
    const hasStatus = config.type === 'http' || config.type === 'https';
    this.#statuses = hasStatus ? StatusSet.parse(config.expect.status) : undefined;
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const { node, clock, loop, link, find } = this.#parts;
    const member = find(target);
    return new Promise((resolve) => {
      const answer = (result: ProbeResult): void => {
        loop.isUnsettled = true;
        resolve(result);
      };
      signal.addEventListener('abort', () => answer({ ok: false, reason: 'aborted' }), {
        once: true,
      });
      if (member === undefined) return;
      const { state } = member;
      if (state === 'cut' || (member.cutFrom & (1 << node)) !== 0 || link.isLost()) return;
      const roundTripMs = link.delay() + link.delay();
      if (state === 'gone') {
        clock.schedule(roundTripMs, () => answer({ ok: false, reason: 'connect refused' }));
        return;
      }
      if (this.#kernelOnly) {
        clock.schedule(roundTripMs, () => answer({ ok: true, reason: 'connected' }));
        return;
      }
      if (state === 'paused') return;
      const result = this.#judge(member);
      clock.schedule(2 * roundTripMs + member.drawService(this.#parts.random), () =>
        answer(result),
      );
    });
  }

  #judge(member: ModelMember): ProbeResult {
    if (this.#statuses === undefined) return { ok: true, reason: 'answered' };
    const status = member.drawStatus(this.#parts.random);
    return { ok: this.#statuses.has(status), reason: `status ${status}` };
  }
}
