// The strategy of a pool: what a user writes, and what it expands to.
import type { z } from 'zod';
import type { HashKeyConfig, SimpleStrategyName, StrategyConfig } from './config.js';
import { filled } from './filled.js';
import { cookieName, headerName } from './http-leaf.js';
import { leaf, numberAbove, text } from './leaf.js';
import { either, object, oneOf, optional, required, tagged } from './shape.js';
import { expectedOneOf } from './wording.js';

/** Strategies without options, in the order of the reference. */
export const SIMPLE_STRATEGIES: readonly SimpleStrategyName[] = [
  'round-robin',
  'least-connections',
  'two-choices',
  'random',
  'peak-ewma',
  'first',
  'static-weighted',
];

/** A strategy without options, written as an object. */
export interface SimpleStrategySpec {
  readonly type: SimpleStrategyName;
}

/** The client's address chooses the member. */
export interface SourceHashSpec {
  readonly type: 'source-hash';
  /**
   * `stable`: member = table[crc32(address) mod weights] over configured members, a failed member's clients spread and come home;
   * `consistent`: few clients move on membership changes too; `modulo`: HAProxy's own map over usable members.
   * @defaultValue 'stable'
   */
  readonly mapping?: 'stable' | 'consistent' | 'modulo';
}

/** A part of the request chooses the member; http only. A request without the key is balanced round robin. */
export interface KeyedHashSpec {
  readonly type: 'hash';
  /** What is hashed: `uri`, `path`, `{header}`, `{cookie}` or `{query}`. */
  readonly key: HashKeyConfig;
  /** `consistent` is another word for `rendezvous`. @defaultValue 'rendezvous' */
  readonly mapping?: 'rendezvous' | 'consistent' | 'maglev' | 'ketama' | 'modulo';
  /** No member takes more than this times the average load; above 1. @defaultValue unbounded */
  readonly boundedLoad?: number;
}

/** How a pool chooses among its eligible members: a name, or an object with options. */
export type StrategySpec =
  | SimpleStrategyName
  | 'source-hash'
  | SimpleStrategySpec
  | SourceHashSpec
  | KeyedHashSpec;

const hashKey: z.ZodType<HashKeyConfig> = either<HashKeyConfig>(
  'uri, path, {header}, {cookie} or {query}',
  oneOf('uri', 'path'),
  object<{ readonly header: string }>({
    header: required(headerName, 'Name of a request header.'),
  }),
  object<{ readonly cookie: string }>({ cookie: required(cookieName, 'Name of a cookie.') }),
  object<{ readonly query: string }>({ query: required(text, 'Name of a query parameter.') }),
);

const NAMES: readonly (StrategySpec & string)[] = [...SIMPLE_STRATEGIES, 'source-hash'];

const strategyName: z.ZodType<StrategySpec & string> = leaf<StrategySpec & string>(
  (value) => {
    if (NAMES.some((name) => name === value)) return undefined;
    return value === 'hash'
      ? '"hash" needs a key; write { type: hash, key: uri }'
      : expectedOneOf(NAMES, value);
  },
  { enum: NAMES },
);

export const strategySchema: z.ZodType<StrategySpec> = either<StrategySpec>(
  'the name of a strategy or an object with a type',
  strategyName,
  tagged<SimpleStrategySpec | SourceHashSpec | KeyedHashSpec>(
    'type',
    object<SimpleStrategySpec>({
      type: required(oneOf(...SIMPLE_STRATEGIES), 'A strategy without options.'),
    }),
    object<SourceHashSpec>({
      type: required(oneOf('source-hash'), "The client's address chooses the member."),
      mapping: optional(oneOf('stable', 'consistent', 'modulo'), 'Default stable.'),
    }),
    object<KeyedHashSpec>({
      type: required(oneOf('hash'), 'A part of the request chooses the member (http only).'),
      key: required(hashKey, 'What is hashed.'),
      mapping: optional(
        oneOf('rendezvous', 'consistent', 'maglev', 'ketama', 'modulo'),
        'Default rendezvous; consistent is the same.',
      ),
      boundedLoad: optional(
        numberAbove(1),
        'No member takes more than this times the average load. Default: unbounded.',
      ),
    }),
  ),
);

/** Writes a strategy out. */
export function expandStrategy(spec: StrategySpec = 'round-robin'): StrategyConfig {
  const strategy = typeof spec === 'string' ? { type: spec } : spec;
  if (strategy.type === 'source-hash') {
    return {
      type: 'source-hash',
      mapping: ('mapping' in strategy && strategy.mapping) || 'stable',
    };
  }
  if (strategy.type !== 'hash') return { type: strategy.type };
  const { mapping = 'rendezvous' } = strategy;
  return filled<StrategyConfig & { type: 'hash' }>({
    type: 'hash',
    key: strategy.key,
    mapping: mapping === 'consistent' ? 'rendezvous' : mapping,
    boundedLoad: strategy.boundedLoad,
  });
}
