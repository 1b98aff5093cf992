// What can be said of a simulation, judged without any test runner: whether it holds, and what to show if not.

import { parseDuration } from '../core/duration.js';
import { EvenkeelError } from '../core/errors.js';
import { renderClock } from './report/axis.js';
import { renderMs } from './report/units.js';
import type { FailoverReport, SimulationReport } from './simulator/report-types.js';
import type { ExpectationSpec } from './simulator/scenario-spec.js';

/** Whether something holds, and a text that says what was seen. */
export interface Finding {
  readonly pass: boolean;
  readonly message: string;
}

/** Events that are shown before and after a moment. */
const AROUND = 8;

/** Clients were served again that soon after every fault. */
export function failsOverWithin(report: SimulationReport, limit: number | string): Finding {
  const limitMs = parseDuration(limit);
  if (limitMs === undefined)
    throw new EvenkeelError('EK_SPEC_INVALID', `expected a duration, got ${JSON.stringify(limit)}`);
  const worst = report.failovers.reduce<FailoverReport | undefined>(
    (most, one) => (most === undefined || one.outageMs > most.outageMs ? one : most),
    undefined,
  );
  if (worst === undefined)
    return finding(
      report,
      false,
      'expected a failover, but nothing went wrong in this scenario',
      0,
    );
  const seen = `"${worst.fault}" cost requests for ${renderMs(worst.outageMs)} (${worst.failed} failed)`;
  const pass = worst.outageMs <= limitMs;
  return finding(report, pass, `${seen}; at most ${renderMs(limitMs)} is allowed`, worst.atMs);
}

/** At most so many requests failed. */
export function losesAtMost(report: SimulationReport, most: number): Finding {
  const { failed, requests } = report.totals;
  const reasons = Object.entries(report.failures).map(([reason, count]) => `${count} ${reason}`);
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  const first = report.timeline.failed.findIndex((count) => count > 0);
  const atMs = Math.max(0, first) * report.timeline.bucketMs;
  const seen = `${failed} of ${requests} requests failed${why}; at most ${most} may`;
  return finding(report, failed <= most, seen, atMs);
}

/** No client was sent to another member while its own would have taken it. */
export function keepsAffinity(report: SimulationReport): Finding {
  const { moves, needless } = report.affinity;
  const seen = `clients changed their member ${moves} times, ${needless} of them while their own would have taken them`;
  return finding(report, needless === 0, seen, report.failovers[0]?.atMs ?? 0);
}

/** Every member got what its weight gives it, within so many percent. */
export function staysBalancedWithin(report: SimulationReport, percent: number): Finding {
  const worst = report.members.reduce((most, one) =>
    Math.abs(one.deviation) > Math.abs(most.deviation) ? one : most,
  );
  const { name, deviation, picked, expected } = worst;
  const pass = Math.abs(deviation) <= percent;
  const seen = `${name} is off by ${deviation} % (${picked} requests, ${expected} by its weight); ${percent} % is allowed`;
  return finding(report, pass, seen, report.failovers[0]?.atMs ?? 0);
}

/** No rule was broken: nobody known to be down was picked, nothing lost that could be sent again, every limit kept. */
export function keepsInvariants(report: SimulationReport): Finding {
  const [first] = report.violations;
  const seen =
    first === undefined
      ? 'no rule was broken'
      : `${report.violations.length} breaches, the first: ${first.invariant}: ${first.detail}`;
  return finding(report, first === undefined, seen, first?.atMs ?? 0);
}

/** Everything that a scenario expects, and that no rule was broken. */
export function judge(report: SimulationReport, expected: ExpectationSpec): readonly Finding[] {
  const { failOverWithin, loseAtMost, keepAffinity, stayBalancedWithin } = expected;
  const findings = [keepsInvariants(report)];
  if (failOverWithin !== undefined) findings.push(failsOverWithin(report, failOverWithin));
  if (loseAtMost !== undefined) findings.push(losesAtMost(report, loseAtMost));
  if (keepAffinity === true) findings.push(keepsAffinity(report));
  if (stayBalancedWithin !== undefined)
    findings.push(staysBalancedWithin(report, stayBalancedWithin));
  return findings;
}

function finding(report: SimulationReport, pass: boolean, seen: string, atMs: number): Finding {
  if (pass) return { pass, message: `${report.name}, seed ${report.seed}: ${seen}` };
  const shown = [
    `${report.name}, seed ${report.seed}: ${seen}`,
    '',
    ...timelineAround(report, atMs),
  ];
  return { pass, message: shown.join('\n') };
}

/** What happened around a moment, a line for each event. */
export function timelineAround(report: SimulationReport, atMs: number): readonly string[] {
  const { events } = report;
  const from = events.findIndex((event) => event.atMs >= atMs);
  const middle = from < 0 ? events.length : from;
  const shown = events.slice(Math.max(0, middle - AROUND), middle + AROUND);
  if (shown.length === 0) return ['nothing happened'];
  return shown.map(({ atMs: at, name, node, pool, member, reason }) => {
    const who = [node, pool, member].filter((part) => part !== undefined).join('/');
    const mark = at >= atMs ? '>' : ' ';
    return `${mark} ${renderClock(Math.round(at)).padStart(9)}  ${name.padEnd(16)} ${who} ${reason}`.trimEnd();
  });
}
