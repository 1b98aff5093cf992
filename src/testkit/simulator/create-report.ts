// From what was noted to what is reported.
import type { ScenarioPlan } from './plan.js';
import type { Recorder } from './recorder.js';
import type { FailoverReport, MemberReport, SimulationReport, Timeline } from './report-types.js';

/** Faults that hurt clients; the others are the operator's work. */
const DISRUPTIVE: ReadonlySet<string> = new Set([
  'kill',
  'cut',
  'pause',
  'slow',
  'errors',
  'partition',
  'network',
  'load',
  'resign',
]);

/** Events that show that a fault was noticed. */
const NOTICES: ReadonlySet<string> = new Set(['member:down', 'member:ejected', 'ha:active']);

/** @internal @param members - names, by index */
export function createReport(
  plan: ScenarioPlan,
  recorder: Recorder,
  members: readonly string[],
  unfinished: number,
): SimulationReport {
  const requests = sum(recorder.requests) + unfinished;
  const failed = sum(recorder.failed) + unfinished;
  const limited = sum(recorder.limited);
  const { answered, latency } = recorder;
  return {
    name: plan.name,
    description: plan.description,
    seed: plan.seed,
    durationMs: plan.durationMs,
    totals: {
      requests,
      answered,
      failed,
      limited,
      late: sum(recorder.late),
      retried: recorder.retried,
      unfinished,
      availability: requests === limited ? 100 : round((100 * answered) / (requests - limited), 5),
    },
    failures: Object.fromEntries([...recorder.failures].sort(([a], [b]) => (a < b ? -1 : 1))),
    latencyMs: {
      mean: answered === 0 ? null : round(recorder.latencySum / answered),
      p50: numberOrNull(latency.overall(0.5)),
      p90: numberOrNull(latency.overall(0.9)),
      p99: numberOrNull(latency.overall(0.99)),
      p999: numberOrNull(latency.overall(0.999)),
      max: answered === 0 ? null : round(recorder.latencyMax),
    },
    failovers: reportFailovers(plan, recorder),
    members: reportMembers(recorder, members),
    affinity: { moves: recorder.moves, needless: recorder.needlessMoves },
    owners: recorder.owners,
    violations: recorder.invariants.violations,
    events: recorder.events.map((event) => ({ ...event, atMs: round(event.atMs) })),
    droppedEvents: recorder.droppedEvents,
    timeline: reportTimeline(recorder, members),
  };
}

function reportFailovers(plan: ScenarioPlan, recorder: Recorder): FailoverReport[] {
  const faults = plan.faults.filter(({ action }) => DISRUPTIVE.has(action));
  return faults.map(({ label, atMs }, index) => {
    const endMs =
      faults.slice(index + 1).find((next) => next.atMs > atMs)?.atMs ?? Number.POSITIVE_INFINITY;
    let failed = 0;
    let lastMs = atMs;
    for (const at of recorder.failedAt) {
      if (at < atMs || at >= endMs) continue;
      failed++;
      if (at > lastMs) lastMs = at;
    }
    const notice = recorder.events.find(
      (event) => event.atMs >= atMs && event.atMs < endMs && NOTICES.has(event.name),
    );
    return {
      fault: label,
      atMs,
      ...(notice === undefined ? {} : { noticedMs: round(notice.atMs - atMs) }),
      outageMs: round(lastMs - atMs),
      failed,
    };
  });
}

function reportMembers(recorder: Recorder, names: readonly string[]): MemberReport[] {
  const { buckets, picks, balance, memberFailures } = recorder;
  return names.map((name, index) => {
    const picked = sum(picks.subarray(index * buckets, (index + 1) * buckets));
    const expected = balance.expected[index]!;
    return {
      name,
      picked,
      expected: round(expected, 1),
      deviation: expected === 0 ? 0 : round((100 * (picked - expected)) / expected, 2),
      failed: picked === 0 ? 0 : round((100 * memberFailures[index]!) / picked, 2),
    };
  });
}

function reportTimeline(recorder: Recorder, names: readonly string[]): Timeline {
  const { buckets, latency, picks } = recorder;
  const pieces = Array.from({ length: buckets }, (_, piece) => piece);
  return {
    bucketMs: recorder.bucketMs,
    requests: [...recorder.requests],
    failed: [...recorder.failed],
    limited: [...recorder.limited],
    late: [...recorder.late],
    p50: pieces.map((piece) => numberOrNull(latency.percentile(piece, 0.5))),
    p99: pieces.map((piece) => numberOrNull(latency.percentile(piece, 0.99))),
    queued: [...recorder.queued],
    picks: Object.fromEntries(
      names.map((name, index) => [
        name,
        [...picks.subarray(index * buckets, (index + 1) * buckets)],
      ]),
    ),
  };
}

function sum(numbers: Uint32Array): number {
  let total = 0;
  for (const value of numbers) total += value;
  return total;
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : round(value);
}

function round(value: number, digits = 3): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
