// Times that are drawn: how long a member works, a line takes, a client thinks.
import type { Random } from '../../core/random.js';
import { type Duration, duration, milliseconds } from '../../spec/leaf.js';
import { either, list, object, required } from '../../spec/shape.js';

/**
 * A time, fixed or drawn anew each time:
 * - `5ms`: always the same
 * - `{ uniform: [from, to] }`: evenly between
 * - `{ exponential: mean }`: as the time between independent arrivals
 * - `{ lognormal: { median, p99 } }`: mostly near the median, with a long tail; what servers look like
 */
export type DurationModel =
  | Duration
  | { readonly uniform: readonly Duration[] }
  | { readonly exponential: Duration }
  | { readonly lognormal: { readonly median: Duration; readonly p99: Duration } };

type Lognormal = { readonly median: Duration; readonly p99: Duration };

const time = duration({ min: 0 });

/** @internal */
export const durationModel: ReturnType<typeof either<DurationModel>> = either<DurationModel>(
  'a duration, uniform, exponential or lognormal',
  time,
  object<{ readonly uniform: readonly Duration[] }>({
    uniform: required(list(time, 'duration', 2), 'From and to.'),
  }),
  object<{ readonly exponential: Duration }>({ exponential: required(time, 'The mean.') }),
  object<{ readonly lognormal: Lognormal }>({
    lognormal: required(
      object<Lognormal>({
        median: required(duration(), 'Half are below.'),
        p99: required(duration(), 'One in a hundred is above.'),
      }),
      'Mostly near the median, with a long tail.',
    ),
  }),
);

/** Draws times in ms. */
export type Sampler = (random: Random) => number;

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326_347_874_040_841;

/** A model that was checked -> what draws from it. */
export function createSampler(model: DurationModel): Sampler {
  if (typeof model !== 'object') {
    const ms = milliseconds(model);
    return () => ms;
  }
  if ('uniform' in model) {
    const [from = 0, to = from] = model.uniform.map(milliseconds);
    return (random) => from + (to - from) * random.next();
  }
  if ('exponential' in model) {
    const mean = milliseconds(model.exponential);
    return (random) => -mean * Math.log(1 - random.next());
  }
  const median = milliseconds(model.lognormal.median);
  const sigma = Math.log(milliseconds(model.lognormal.p99) / median) / Z99;
  return (random) => median * Math.exp(sigma * drawNormal(random));
}

/** Box and Muller. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A seed of its own for each part of a simulation, so that one part's draws do not move another's. */
export function deriveSeed(seed: number, part: string): number {
  // FNV-1a.
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < part.length; i++) {
    hash ^= part.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}
