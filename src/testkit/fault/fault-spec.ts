// What goes wrong between two points, as a test or the command line writes it.
import { SpecError, type SpecIssue } from '../../core/errors.js';
import {
  bytes,
  type Duration,
  duration,
  flag,
  integer,
  milliseconds,
  percent,
  type Size,
  size,
} from '../../spec/leaf.js';
import { type ObjectOf, object, optional, required } from '../../spec/shape.js';
import { checkSettings } from '../check-settings.js';

/** What goes wrong in one direction. */
export interface DirectionFaults {
  /** Added to every piece. @defaultValue 0 */
  readonly latency?: Duration;
  /** Up to this much more or less, evenly; the order stays (udp: it may not). @defaultValue 0 */
  readonly jitter?: Duration;
  /** Bytes per second. @defaultValue unlimited */
  readonly bandwidth?: Size;
  /** udp: percent of datagrams that are lost. @defaultValue 0 */
  readonly loss?: number;
  /** Nothing passes. tcp: what waits passes when the fault ends, as TCP sends again; udp: it is lost. @defaultValue false */
  readonly blackhole?: boolean;
  /** tcp: cuts what passes into small pieces. @defaultValue off */
  readonly slice?: { readonly bytes: number; readonly every?: Duration };
  /** tcp: the connection ends in both directions after this many bytes in this one. @defaultValue never */
  readonly closeAfter?: Size;
}

/** What goes wrong: in both directions, and in one of them alone (`up` = from clients, `down` = to clients). */
export interface FaultSpec extends DirectionFaults {
  /** What this says takes the place of the same word for both. */
  readonly up?: DirectionFaults;
  readonly down?: DirectionFaults;
  /** tcp: open connections are reset, and new ones as soon as they come. udp: nothing passes. @defaultValue false */
  readonly reset?: boolean;
}

/** One direction, written out. */
export interface LinkFaults {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Infinity = unlimited. */
  readonly bytesPerSecond: number;
  /** 0-1. */
  readonly loss: number;
  readonly isBlackhole: boolean;
  /** Infinity = whole. */
  readonly sliceBytes: number;
  readonly sliceMs: number;
  /** Infinity = never. */
  readonly closeAfterBytes: number;
}

/** Both directions, written out. */
export interface PlannedFaults {
  readonly up: LinkFaults;
  readonly down: LinkFaults;
  readonly reset: boolean;
}

type Slice = NonNullable<DirectionFaults['slice']>;

const direction = {
  latency: optional(duration({ min: 0 }), 'Added to every piece.'),
  jitter: optional(duration({ min: 0 }), 'Up to this much more or less.'),
  bandwidth: optional(size(1), 'Bytes per second.'),
  loss: optional(percent, 'udp: percent that is lost.'),
  blackhole: optional(flag, 'Nothing passes.'),
  slice: optional(
    object<Slice>({
      bytes: required(integer(1), 'Bytes of a piece.'),
      every: optional(duration({ min: 0 }), 'Time between two pieces. Default 0.'),
    }),
    'tcp: small pieces.',
  ),
  closeAfter: optional(size(0), 'tcp: bytes after which the connection ends.'),
};

const directionSchema: ObjectOf<DirectionFaults> = object<DirectionFaults>(direction);

const faultSchema: ObjectOf<FaultSpec> = object<FaultSpec>({
  ...direction,
  up: optional(directionSchema, 'From clients only.'),
  down: optional(directionSchema, 'To clients only.'),
  reset: optional(flag, 'Connections are reset.'),
});

/** What a line can carry. */
export type LineProtocol = 'tcp' | 'udp';

/** Words that mean nothing on the other kind of line. */
const ONLY_FOR: Readonly<Partial<Record<string, LineProtocol>>> = {
  loss: 'udp',
  slice: 'tcp',
  closeAfter: 'tcp',
};

/**
 * Writes faults out.
 * @throws SpecError with every fault of the faults
 */
export function planFaults(spec: FaultSpec, protocol: LineProtocol): PlannedFaults {
  const { up, down, reset = false, ...both } = checkSettings(faultSchema, spec);
  const strangers = [
    ...strangersOf(both, '', protocol),
    ...strangersOf(up, 'up.', protocol),
    ...strangersOf(down, 'down.', protocol),
  ];
  if (strangers.length > 0) throw new SpecError(strangers);
  return { up: planLink({ ...both, ...up }), down: planLink({ ...both, ...down }), reset };
}

/** The words of one direction that are for the other protocol. */
function strangersOf(faults: object = {}, prefix: string, protocol: LineProtocol): SpecIssue[] {
  return Object.keys(faults).flatMap((word) => {
    const owner = ONLY_FOR[word] ?? protocol;
    const message = `${word} is for ${owner}, not ${protocol}`;
    return owner === protocol ? [] : [{ path: prefix + word, code: 'EK_SPEC_INVALID', message }];
  });
}

function planLink(faults: DirectionFaults): LinkFaults {
  const { slice } = faults;
  return {
    latencyMs: milliseconds(faults.latency ?? 0),
    jitterMs: milliseconds(faults.jitter ?? 0),
    bytesPerSecond:
      faults.bandwidth === undefined ? Number.POSITIVE_INFINITY : bytes(faults.bandwidth),
    loss: (faults.loss ?? 0) / 100,
    isBlackhole: faults.blackhole ?? false,
    sliceBytes: slice?.bytes ?? Number.POSITIVE_INFINITY,
    sliceMs: milliseconds(slice?.every ?? 0),
    closeAfterBytes:
      faults.closeAfter === undefined ? Number.POSITIVE_INFINITY : bytes(faults.closeAfter),
  };
}
