// What becomes of a spec: files, or refusals that say where and why. Anything else is a fault of the emitter.

import { EvenkeelError, SpecError } from '../../src/core/errors.js';
import type { EmittedFile } from '../../src/emit/emitted-file.js';
import { refusalsOf } from '../../src/emit/fidelity.js';
import {
  type EmitHaproxyOptions,
  type EmittedHaproxy,
  emitHaproxy,
} from '../../src/haproxy/emit-haproxy.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';

/** Files, or refusals. */
export type Outcome =
  | {
      readonly kind: 'emitted';
      readonly files: readonly EmittedFile[];
      readonly emitted: EmittedHaproxy;
    }
  | { readonly kind: 'refused'; readonly why: readonly string[] };

/** Emits. @throws whatever is neither files nor a refusal with a place and a reason */
export function outcomeOf(spec: BalancerSpec, options: EmitHaproxyOptions = {}): Outcome {
  try {
    const emitted = emitHaproxy(spec, { stateFile: '/dev/null', ...options });
    if (emitted.files.length > 0) return { kind: 'emitted', files: emitted.files, emitted };
    return {
      kind: 'refused',
      why: sayWhy(refusalsOf(emitted.report).map(({ path, reason }) => `${path}: ${reason}`)),
    };
  } catch (error) {
    if (error instanceof SpecError) {
      const lines = error.issues.map(({ path, code, message }) => `${path}: ${code} ${message}`);
      return { kind: 'refused', why: sayWhy(lines) };
    }
    if (error instanceof EvenkeelError && error.code === 'EK_FILE')
      return { kind: 'refused', why: sayWhy([error.message.replace(/"\S*": /, '')]) };
    throw error;
  }
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
