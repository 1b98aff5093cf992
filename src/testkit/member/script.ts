// A script, checked and written out.
import { anyText, duration, flag, integer, milliseconds } from '../../spec/leaf.js';
import { list, mapOf, type ObjectOf, object, oneOf, optional, required } from '../../spec/shape.js';
import { checkSettings } from '../check-settings.js';
import type { MemberProtocol, MemberScript, ScriptStep, StepAction } from './script-spec.js';
import { parseSentence } from './sentence.js';

/** A step, written out; times in ms. */
export interface Step {
  readonly action: StepAction;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly delayMs: number;
  readonly drip: { readonly bytes: number; readonly everyMs: number } | undefined;
  /** Infinity = any number. */
  readonly first: number;
  /** Infinity = for ever. */
  readonly forMs: number;
}

/** A script, written out. */
export interface PlannedScript {
  readonly name: string;
  readonly protocol: MemberProtocol;
  readonly port: number;
  readonly steps: readonly Step[];
  readonly repeat: boolean;
}

type Drip = NonNullable<ScriptStep['drip']>;

const step: ObjectOf<ScriptStep> = object<ScriptStep>({
  do: optional(oneOf('answer', 'refuse', 'reset', 'hang', 'half-close'), 'What it does.'),
  status: optional(integer(200, 599), 'Status of the answer.'),
  headers: optional(mapOf(anyText), 'Lines of the answer.'),
  body: optional(anyText, 'Body of the answer.'),
  delay: optional(duration({ min: 0 }), 'How long an answer takes.'),
  drip: optional(
    object<Drip>({
      bytes: required(integer(1), 'Bytes of a piece.'),
      every: required(duration(), 'Time between two pieces.'),
    }),
    'Sends the answer in pieces.',
  ),
  first: optional(integer(1), 'How many it lasts.'),
  for: optional(duration(), 'How long it lasts.'),
});

const script: ObjectOf<MemberScript> = object<MemberScript>({
  name: optional(anyText, 'Its name.'),
  protocol: optional(oneOf('http', 'tcp', 'udp'), 'What it speaks.'),
  port: optional(integer(0, 65_535), 'Port of 127.0.0.1.'),
  steps: optional(list(step, 'step', 1), 'One after the other.'),
  repeat: optional(flag, 'Whether the steps begin anew.'),
});

/**
 * Writes a script out.
 * @throws SpecError with every fault
 */
export function planScript(input: MemberScript | string): PlannedScript {
  const given = typeof input === 'string' ? parseSentence(input) : input;
  const { name, protocol, port, steps, repeat } = checkSettings(script, given);
  return {
    name: name ?? 'member',
    protocol: protocol ?? 'http',
    port: port ?? 0,
    steps: (steps ?? [{}]).map(planStep),
    repeat: repeat ?? false,
  };
}

function planStep(given: ScriptStep): Step {
  const { drip } = given;
  return {
    action: given.do ?? 'answer',
    status: given.status ?? 200,
    headers: given.headers ?? {},
    body: given.body,
    delayMs: milliseconds(given.delay ?? 0),
    drip: drip && { bytes: drip.bytes, everyMs: milliseconds(drip.every) },
    first: given.first ?? Number.POSITIVE_INFINITY,
    forMs: given.for === undefined ? Number.POSITIVE_INFINITY : milliseconds(given.for),
  };
}
