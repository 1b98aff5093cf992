// Runs a scenario on both engines through the same code, and says what is not as it must be.
import { isDeepStrictEqual } from 'node:util';
import type { FidelityReport } from '../../../src/emit/fidelity.js';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import {
  ENGINES,
  type EngineKind,
  faultsOf,
  type Observed,
  type Scenario,
  show,
} from './scenario.js';
import { Stage } from './stage.js';

/** What a scenario showed. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly observed: Readonly<Record<EngineKind, Observed>>;
  readonly faults: readonly string[];
}

/** Never rejects for what an engine shows; it does for a scenario that can't be run. */
export async function runScenario(scenario: Scenario): Promise<Outcome> {
  const [inProcess, haproxy] = await Promise.all(ENGINES.map((kind) => runOn(scenario, kind)));
  if (inProcess === undefined || haproxy === undefined) throw new Error('an engine is missing');
  const observed = { process: inProcess.observed, haproxy: haproxy.observed };
  const faults = [
    ...ENGINES.flatMap((kind) => faultsOf(scenario, kind, observed[kind])),
    ...(scenario.same ?? []).flatMap((name) => {
      const [a, b] = [observed.process[name], observed.haproxy[name]];
      return isDeepStrictEqual(a, b) ? [] : [`${name} differs: ${show(a)} and ${show(b)}`];
    }),
    ...unreported(scenario, haproxy.report),
  ];
  return { scenario, observed, faults };
}

async function runOn(
  scenario: Scenario,
  kind: EngineKind,
): Promise<{ observed: Observed; report: FidelityReport | undefined }> {
  const stage = new Stage(scenario, kind);
  try {
    await stage.open();
    const { engine } = stage;
    const report = engine instanceof HaproxyEngine ? engine.report : undefined;
    return { observed: await scenario.run(stage), report };
  } catch (error) {
    throw new Error(`${scenario.id} on ${kind}: ${String(error)}`, { cause: error });
  } finally {
    await stage.close();
  }
}

/** Differences that the fidelity report does not tell. */
function unreported({ differences = {} }: Scenario, report: FidelityReport | undefined): string[] {
  return Object.entries(differences).flatMap(([name, { reported }]) => {
    const isTold =
      'note' in reported
        ? report?.notes.some((note) => reported.note.test(note))
        : report?.entries.some(
            ({ path, fidelity }) =>
              fidelity !== 'exact' && (path === reported.path || isAbove(path, reported.path)),
          );
    if (isTold === true) return [];
    const where = 'note' in reported ? String(reported.note) : reported.path;
    return [`the fidelity report does not tell the difference of ${name} (${where})`];
  });
}

function isAbove(path: string, other: string): boolean {
  return path !== '' && (other.startsWith(`${path}.`) || other.startsWith(`${path}[`));
}
