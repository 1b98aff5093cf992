// Every strategy a spec can name, and how to make it.
import { EvenkeelError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import type { SimpleStrategyName, StrategyConfig } from '../spec/config.js';
import { BoundedLoad } from './bounded-load.js';
import { First } from './first.js';
import { KeyedHash } from './keyed-hash.js';
import { LeastConnections } from './least-connections.js';
import { PeakEwma } from './peak-ewma.js';
import { RandomChoice } from './random.js';
import { RoundRobin } from './round-robin.js';
import { SourceHash } from './source-hash.js';
import { StaticWeighted } from './static-weighted.js';
import type { Strategy } from './strategy.js';
import { TwoChoices } from './two-choices.js';

const SIMPLE: Readonly<Record<SimpleStrategyName, (random: Random) => Strategy>> = {
  'round-robin': () => new RoundRobin(),
  'static-weighted': () => new StaticWeighted(),
  'least-connections': () => new LeastConnections(),
  'two-choices': (random) => new TwoChoices(random),
  random: (random) => new RandomChoice(random),
  'peak-ewma': (random) => new PeakEwma(random),
  first: () => new First(),
};

/** Names a spec can use. */
export const STRATEGY_NAMES: readonly string[] = [...Object.keys(SIMPLE), 'source-hash', 'hash'];

/**
 * Makes the strategy a spec asks for.
 * @throws `EK_SPEC_INVALID` for `boundedLoad` with `mapping: modulo`: that map follows who is usable, and a full member would reshuffle it
 */
export function createStrategy(config: StrategyConfig, random: Random): Strategy {
  if (config.type === 'source-hash') return new SourceHash(config.mapping);
  if (config.type !== 'hash') return SIMPLE[config.type](random);
  const hash = new KeyedHash(config.key, config.mapping);
  if (config.boundedLoad === undefined) return hash;
  if (config.mapping === 'modulo')
    throw new EvenkeelError('EK_SPEC_INVALID', 'boundedLoad does not go with mapping "modulo"', {
      side: 'client',
    });
  return new BoundedLoad(hash, config.boundedLoad);
}
