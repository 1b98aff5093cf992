// The shape of a scenario: what is allowed where, and what a faulty value is told.
import {
  anyText,
  duration,
  flag,
  integer,
  leaf,
  name,
  numberAbove,
  percent,
  text,
} from '../../spec/leaf.js';
import {
  either,
  list,
  mapOf,
  type ObjectOf,
  object,
  oneOf,
  optional,
  required,
} from '../../spec/shape.js';
import { expectedGot } from '../../spec/wording.js';
import { durationModel } from './chance.js';
import type {
  ArrivalSpec,
  ExpectationSpec,
  FaultAction,
  FaultEvent,
  LinkSpec,
  MemberModelSpec,
  PairModelSpec,
  PairNodeSpec,
  ScenarioSpec,
  TraceEntry,
} from './scenario-spec.js';

const moment = duration({ min: 0 });
const rate = numberAbove(0);
const count = integer(1, 1_000_000);
const names = either<string | readonly string[]>('a name or a list', text, list(text, 'name', 1));

type RateStep = { readonly at: number | string; readonly rate: number };

const nonNegative = leaf<number>(
  (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= 0
      ? undefined
      : expectedGot('a number of at least 0', value),
  { type: 'number', minimum: 0 },
);

const entry: ObjectOf<TraceEntry> = object<TraceEntry>({
  atMs: required(nonNegative, 'ms from the first one.'),
  source: required(text, 'Address of the client.'),
  path: optional(text, 'Path.'),
  method: optional(text, 'Method.'),
});

const arrival: ObjectOf<ArrivalSpec> = object<ArrivalSpec>({
  frontend: optional(text, 'Which frontend.'),
  rate: optional(
    either<number | readonly RateStep[]>(
      'a number above 0 or a list of steps',
      rate,
      list(
        object<RateStep>({
          at: required(moment, 'From then on.'),
          rate: required(nonNegative, 'Requests a second.'),
        }),
        'step',
        1,
      ),
    ),
    'Requests a second.',
  ),
  pattern: optional(oneOf('poisson', 'even'), 'How they come.'),
  think: optional(durationModel, 'Pause after each answer.'),
  replay: optional(
    either<string | readonly TraceEntry[]>(
      'a file or a list of entries',
      text,
      list(entry, 'entry'),
    ),
    'A log.',
  ),
  clients: optional(count, 'How many.'),
  idempotent: optional(percent, 'Percent of GET.'),
  paths: optional(list(text, 'path', 1), 'Drawn evenly.'),
  host: optional(text, 'Host.'),
  headers: optional(mapOf(anyText), 'Header lines.'),
  timeout: optional(duration(), 'Patience.'),
  from: optional(moment, 'Begin.'),
  until: optional(moment, 'End.'),
});

const member: ObjectOf<MemberModelSpec> = object<MemberModelSpec>({
  service: optional(durationModel, 'How long it works.'),
  concurrency: optional(integer(1, 100_000), 'At once.'),
  backlog: optional(integer(0), 'Waiting in it.'),
  errors: optional(percent, 'Percent of errors.'),
  errorStatus: optional(integer(400, 599), 'Status of errors.'),
});

const link: ObjectOf<LinkSpec> = object<LinkSpec>({
  latency: optional(durationModel, 'One way.'),
  loss: optional(percent, 'Percent lost.'),
});

/** @internal */
export const FAULT_ACTIONS: readonly FaultAction[] = [
  'kill',
  'cut',
  'pause',
  'slow',
  'errors',
  'drain',
  'maintenance',
  'weight',
  'partition',
  'network',
  'load',
  'resign',
];

const fault: ObjectOf<FaultEvent> = object<FaultEvent>({
  at: required(moment, 'When.'),
  do: required(oneOf(...FAULT_ACTIONS), 'What.'),
  target: optional(names, 'Whom.'),
  from: optional(names, 'From whom.'),
  for: optional(duration(), 'How long.'),
  by: optional(numberAbove(0), 'Factor.'),
  percent: optional(percent, 'Percent of answers.'),
  status: optional(integer(400, 599), 'Status.'),
  to: optional(integer(0, 256), 'Weight.'),
  latency: optional(durationModel, 'One way.'),
  loss: optional(percent, 'Percent lost.'),
});

const pair: ObjectOf<PairModelSpec> = object<PairModelSpec>({
  nodes: required(
    list(
      object<PairNodeSpec>({
        name: required(name, 'Its name.'),
        priority: optional(integer(1, 254), 'Default 100.'),
      }),
      'node',
      2,
    ),
    'The nodes.',
  ),
  advertInterval: optional(duration({ min: 10 }), 'Default 1s.'),
  preempt: optional(flag, 'Default true.'),
  preemptDelay: optional(moment, 'Default 0s.'),
  gateway: optional(flag, 'Default false.'),
  replicate: optional(
    list(oneOf('sticky', 'rate-limit', 'health'), 'kind'),
    "Default: that of the spec's ha.",
  ),
});

const expectation: ObjectOf<ExpectationSpec> = object<ExpectationSpec>({
  failOverWithin: optional(moment, 'Served again.'),
  loseAtMost: optional(integer(0), 'Failed requests.'),
  keepAffinity: optional(flag, 'Clients stay.'),
  stayBalancedWithin: optional(nonNegative, 'Percent.'),
});

type Network = NonNullable<ScenarioSpec['network']>;

/** What the spec room checks by its own rules. */
const anySpec = leaf<ScenarioSpec['spec']>(
  (value) =>
    typeof value === 'object' && value !== null
      ? undefined
      : expectedGot('a spec (frontends and pools)', value),
  { type: 'object' },
);

/** @internal */
export const scenarioSchema: ObjectOf<ScenarioSpec> = object<ScenarioSpec>({
  name: optional(text, 'Its name.'),
  description: optional(anyText, 'What it shows.'),
  spec: required(anySpec, 'What runs.'),
  duration: required(duration({ max: 366 * 86_400_000 }), 'How long.'),
  seed: optional(integer(0), 'Default 1.'),
  arrivals: required(
    either<ArrivalSpec | readonly ArrivalSpec[]>(
      'an object or a list of them',
      arrival,
      list(arrival, 'item', 1),
    ),
    'Who comes.',
  ),
  members: optional(mapOf(member), 'How members work.'),
  network: optional(
    object<Network>({
      clients: optional(link, 'Between clients and nodes.'),
      members: optional(link, 'Between nodes and members.'),
      peers: optional(link, 'Between nodes.'),
    }),
    'The lines.',
  ),
  faults: optional(list(fault, 'fault'), 'What goes wrong.'),
  pair: optional(pair, 'Several nodes.'),
  late: optional(duration(), 'Default 1s.'),
  expect: optional(expectation, 'What it has to show.'),
});
