// A script as a sentence: `refuse the first 2, then 300 ms for 5 s`.
import { SpecError } from '../../core/errors.js';
import type { MemberScript, ScriptStep } from './script-spec.js';

const NUMBER_AND_UNIT = /(\d+(?:\.\d+)?)\s*(ms|s|m|h)\b/;
const DURATION = `(\\d+(?:\\.\\d+)?\\s*(?:ms|s|m|h))`;

/** What a step begins with, and what it means; the rest of the step says how long. */
const ACTIONS: readonly (readonly [RegExp, (found: RegExpExecArray) => ScriptStep])[] = [
  [/^(?:ok|answer|up)\b/, () => ({})],
  [/^(?:refuse|down)\b/, () => ({ do: 'refuse' })],
  [/^reset\b/, () => ({ do: 'reset' })],
  [/^hang\b/, () => ({ do: 'hang' })],
  [/^half-close\b/, () => ({ do: 'half-close' })],
  [/^status\s+(\d+)\b/, ([, status]) => ({ status: Number(status) })],
  [
    new RegExp(`^drip\\s+(\\d+)\\s+bytes?\\s+every\\s+${DURATION}`),
    ([, bytes, every]) => ({ drip: { bytes: Number(bytes), every: compact(every) } }),
  ],
  [new RegExp(`^(?:delay\\s+)?${DURATION}`), ([, delay]) => ({ delay: compact(delay) })],
];

/**
 * ```
 *   script = step {", then " step} [", repeat"]  |  "flap every " duration
 *   step   = action [" the first " n | " for the first " n | " for " duration]
 *   action = "ok" | "refuse" | "reset" | "hang" | "half-close" | "status " n | duration | "drip " n " bytes every " duration
 * ```
 * @throws SpecError for a step that is none of these
 */
export function parseSentence(text: string): MemberScript {
  const flap = new RegExp(`^flap\\s+every\\s+${DURATION}$`).exec(text.trim());
  if (flap !== null) {
    const half = compact(flap[1]);
    return { steps: [{ for: half }, { do: 'refuse', for: half }], repeat: true };
  }
  const isRepeated = /,\s*repeat\s*$/.test(text);
  const parts = text.replace(/,\s*repeat\s*$/, '').split(/\s*,?\s*\bthen\b\s*|\s*,\s*/);
  return { steps: parts.map((part, index) => parseStep(part.trim(), index)), repeat: isRepeated };
}

function parseStep(text: string, index: number): ScriptStep {
  for (const [pattern, create] of ACTIONS) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const limit = parseLimit(text.slice(found[0].length).trim());
    if (limit !== undefined) return { ...create(found), ...limit };
  }
  const message = `expected a step such as "refuse the first 2", "300 ms for 5 s" or "status 503", got "${text}"`;
  throw new SpecError([{ path: `steps[${index}]`, code: 'EK_SPEC_INVALID', message }]);
}

function parseLimit(text: string): Pick<ScriptStep, 'first' | 'for'> | undefined {
  if (text === '') return {};
  const count = /^(?:for\s+)?the\s+first\s+(\d+)$/.exec(text);
  if (count !== null) return { first: Number(count[1]) };
  const time = new RegExp(`^for\\s+${DURATION}$`).exec(text);
  return time === null ? undefined : { for: compact(time[1]) };
}

/** `300 ms` -> `300ms`. */
function compact(text: string | undefined): string {
  const [, number, unit] = NUMBER_AND_UNIT.exec(text ?? '') ?? [];
  return `${number}${unit}`;
}
