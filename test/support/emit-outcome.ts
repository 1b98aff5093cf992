// What becomes of a spec: files, or refusals that say where and why. Anything else is a fault of the emitter.

import { SpecError } from '../../src/core/errors.js';
import type { EmittedFile } from '../../src/emit/emitted-file.js';
import { type FidelityReport, refusalsOf } from '../../src/emit/fidelity.js';
import { type EmitHaproxyOptions, emitHaproxy } from '../../src/haproxy/emit-haproxy.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { without } from './without.js';

/** What every emitter makes. */
export interface Emitted {
  readonly files: readonly EmittedFile[];
  readonly report: FidelityReport;
}

/** Files (none if nothing is this program's business), or refusals. */
export type Outcome =
  | { readonly kind: 'emitted'; readonly files: readonly EmittedFile[]; readonly emitted: Emitted }
  | { readonly kind: 'refused'; readonly why: readonly string[] };

/** Emits for HAProxy. @throws whatever is neither files nor a refusal with a place and a reason */
export function outcomeOf(spec: BalancerSpec, options: EmitHaproxyOptions = {}): Outcome {
  return outcomeBy(() => emitHaproxy(spec, { stateFile: '/dev/null', ...options }));
}

/** Emits. @throws whatever is neither files, nor nothing to write, nor a refusal with a place and a reason */
export function outcomeBy(emit: () => Emitted): Outcome {
  try {
    const emitted = emit();
    const { files, report } = emitted;
    if (files.length > 0 || report.notes.some((note) => note.endsWith(': nothing is written.')))
      return { kind: 'emitted', files, emitted };
    const why = refusalsOf(report).map(({ path, reason }) => `${path}: ${reason}`);
    return { kind: 'refused', why: sayWhy(why) };
  } catch (error) {
    if (error instanceof SpecError) {
      const lines = error.issues.map(({ path, code, message }) => `${path}: ${code} ${message}`);
      return { kind: 'refused', why: sayWhy(lines) };
    }
    throw error;
  }
}

/** Emits, and once more without what was refused: so most specs made by chance do get to the program. */
export function outcomeOfRest(spec: BalancerSpec, emit: (spec: BalancerSpec) => Outcome): Outcome {
  const outcome = emit(spec);
  if (outcome.kind === 'emitted') return outcome;
  const refused = outcome.why.map((line) => line.replace(/(\.address)?: .*$/s, ''));
  return emit(without(spec, refused));
}

/** A refusal has a place and a reason. */
function sayWhy(lines: readonly string[]): readonly string[] {
  const bad = lines.filter((line) => !/^\S.*: \S/su.test(line));
  if (lines.length === 0 || bad.length > 0)
    throw new Error(`refused without place or reason: ${JSON.stringify(lines)}`);
  return lines;
}

/** The text of a file. @throws when there is none of that name */
export function textOf(files: readonly EmittedFile[], path: string): string {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no file ${path}`);
  return typeof file.content === 'string'
    ? file.content
    : Buffer.from(file.content).toString('latin1');
}
