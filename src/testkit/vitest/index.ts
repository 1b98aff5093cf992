// Public names of evenkeel/testkit/vitest: assertions on simulations for vitest. Importing it adds them to `expect`.
import { expect } from 'vitest';
import {
  type Finding,
  failsOverWithin,
  keepsAffinity,
  keepsInvariants,
  losesAtMost,
  staysBalancedWithin,
} from '../assertions.js';
import type { SimulationReport } from '../simulator/report-types.js';

/** What `expect(run)` can say of a simulation. */
export interface SimulationMatchers<Returned = unknown> {
  /** Clients were served again that soon after every fault: `'3.5s'`, or ms. */
  toFailOverWithin(limit: number | string): Returned;
  /** At most so many requests failed. */
  toLoseAtMost(requests: number): Returned;
  /** No client was sent to another member while its own would have taken it. */
  toKeepAffinity(): Returned;
  /** Every member got what its weight gives it, within so many percent. */
  toStayBalancedWithin(percent: number): Returned;
  /** No built-in rule was broken. */
  toKeepInvariants(): Returned;
}

declare module 'vitest' {
  interface Matchers<T> extends SimulationMatchers<T> {}
}

/** The matchers themselves, for an `expect` of your own: `expect.extend(simulationMatchers)`. */
export const simulationMatchers: Parameters<typeof expect.extend>[0] = {
  toFailOverWithin: (run: unknown, limit: number | string) =>
    asResult(failsOverWithin(reportOf(run), limit)),
  toLoseAtMost: (run: unknown, requests: number) => asResult(losesAtMost(reportOf(run), requests)),
  toKeepAffinity: (run: unknown) => asResult(keepsAffinity(reportOf(run))),
  toStayBalancedWithin: (run: unknown, percent: number) =>
    asResult(staysBalancedWithin(reportOf(run), percent)),
  toKeepInvariants: (run: unknown) => asResult(keepsInvariants(reportOf(run))),
};

expect.extend(simulationMatchers);

function asResult({ pass, message }: Finding): { pass: boolean; message: () => string } {
  return { pass, message: () => message };
}

function reportOf(run: unknown): SimulationReport {
  if (typeof run === 'object' && run !== null && 'report' in run) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only a run has a report
    return run.report as SimulationReport;
  }
  throw new TypeError('expected what simulate() resolves with');
}
