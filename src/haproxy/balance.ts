// How a backend chooses a server.
import { buildSlotRanges } from '../model/slot-table.js';
import type { HashKeyConfig, StrategyConfig } from '../spec/config.js';
import type { Backend } from './backends.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { quoteArgument } from './quote.js';
import { addStuck, STUCK } from './sticky.js';
import { keyVariable, REQUEST_VARIABLES } from './template.js';

/** Strategies without options, in HAProxy's words. */
const SIMPLE: Readonly<Record<string, readonly string[]>> = {
  'round-robin': ['roundrobin'],
  'static-weighted': ['static-rr'],
  'least-connections': ['leastconn'],
  'two-choices': ['random(2)'],
  random: ['random(1)'],
  first: ['first'],
};

/** Largest weight of a server. */
const HIGHEST_WEIGHT = 256;

/**
 * What weights are multiplied by: a ring has 16 places per unit of weight, too few for even shares when weights are small.
 * A power of two, so that it hardly ever changes.
 */
export function weightFactor({ pool }: Backend): number {
  const { strategy } = pool;
  const usesRing =
    (strategy.type === 'source-hash' && strategy.mapping !== 'modulo') ||
    (strategy.type === 'hash' && strategy.mapping !== 'modulo');
  if (!usesRing) return 1;
  const highest = Math.max(1, ...pool.members.map(({ weight }) => weight));
  let factor = 64;
  while (factor > 1 && highest * factor > HIGHEST_WEIGHT) factor /= 2;
  return factor;
}

/** Writes how the backend chooses. */
export function addBalance(emission: Emission, section: Section, backend: Backend): void {
  const { pool, path } = backend;
  const { strategy } = pool;
  const place = `${path}.strategy`;
  const { report } = emission;
  if (strategy.type === 'source-hash') addSourceHash(emission, section, backend, strategy.mapping);
  else if (strategy.type === 'hash') addHash(emission, section, backend, strategy);
  else {
    const words = SIMPLE[strategy.type];
    if (words === undefined) {
      report.refused(place, 'HAProxy does not measure latency; take two-choices.');
      return;
    }
    section.add('balance', ...words);
    report.exact(place, `balance ${words.join(' ')}.`);
    if (
      strategy.type === 'first' &&
      pool.members.some((member) => member.maxConnections === undefined)
    )
      report.exact(place, 'balance first; a member without maxConnections takes everything.');
  }
}

function addSourceHash(
  { report }: Emission,
  section: Section,
  backend: Backend,
  mapping: 'stable' | 'consistent' | 'modulo',
): void {
  const place = `${backend.path}.strategy`;
  section.add('balance', 'source');
  if (mapping === 'modulo') {
    section.add('hash-type', 'map-based');
    report.exact(place, "HAProxy's own map over the usable members.");
    return;
  }
  section.add('hash-type', 'consistent');
  if (mapping === 'consistent') {
    report.approximated(
      place,
      'The same promise with other places: few clients move, but each engine has its own table.',
    );
    return;
  }
  addStable(section, backend);
  const backups = backend.pool.members.filter(({ backup }) => backup).length;
  report.exact(
    place,
    backups > 1
      ? 'The same member; clients of a failed one, and of backups, are spread by a ring of its own.'
      : 'The same member; clients of a failed one are spread by a ring of its own.',
  );
}

/** The members' ranges of `crc32(address) mod slots`; a server that takes no new clients (weight 0) is passed over. */
function addStable(section: Section, backend: Backend): void {
  const { name, pool } = backend;
  const ranges = buildSlotRanges(pool.members.filter(({ backup }) => !backup));
  const slots = (ranges.at(-1)?.last ?? -1) + 1;
  const isFree = addStuck(section, backend) ? ['!{', `var(${STUCK})`, '-m', 'bool', '}'] : [];
  for (const range of ranges) {
    const span = range.first === range.last ? `${range.first}` : `${range.first}:${range.last}`;
    section.add(
      ['use-server', range.name, 'if', '{', `src,crc32,mod(${slots})`, '-m', 'int', span, '}'],
      ['{', `srv_weight(${name}/${range.name})`, 'gt', '0', '}'],
      isFree,
    );
  }
}

type KeyedHash = Extract<StrategyConfig, { type: 'hash' }>;

function addHash(
  { report }: Emission,
  section: Section,
  { path, pool }: Backend,
  { key, mapping, boundedLoad }: KeyedHash,
): void {
  const place = `${path}.strategy`;
  const fetch = keyFetch(key, pool.name);
  if (fetch === undefined) {
    report.refused(place, "HAProxy's fetches can not name this key.");
    return;
  }
  section.add('balance', 'hash', fetch);
  if (mapping === 'modulo') {
    section.add('hash-type', 'map-based', 'sdbm');
    report.exact(place, 'sdbm modulo the weights of the usable members.');
  } else {
    section.add('hash-type', 'consistent', 'sdbm', 'avalanche');
    report.approximated(
      place,
      `${mapping} becomes HAProxy's ring: few keys move, but each engine has its own places.`,
    );
  }
  const difference = differenceOf(key);
  if (difference !== undefined) report.approximated(`${place}.key.${difference[0]}`, difference[1]);
  if (boundedLoad === undefined) return;
  const factor = Math.min(65_535, Math.max(101, Math.round(boundedLoad * 100)));
  section.add('hash-balance-factor', factor);
  report.approximated(
    `${place}.boundedLoad`,
    `Load is bounded to ${factor} % of the average, in whole percents.`,
  );
}

/** Where HAProxy finds another value than evenkeel: the field, and the reason. undefined = nowhere. */
function differenceOf(key: HashKeyConfig): readonly [string, string] | undefined {
  if (typeof key === 'string') return undefined;
  if ('cookie' in key)
    return [
      'cookie',
      'Of several cookies of one name HAProxy takes the last, and it ends a value at a comma.',
    ];
  if ('query' in key) return ['query', 'HAProxy takes `;` for a separator of query fields too.'];
  return undefined;
}

/** What is hashed, as it came: routes and frontends may have changed the request since. */
function keyFetch(key: HashKeyConfig, pool: string): string | undefined {
  if (key === 'uri' || key === 'path') return `var(${REQUEST_VARIABLES.path})`;
  if ('query' in key) {
    const argument = quoteArgument(key.query);
    return argument === undefined ? undefined : `urlp(${argument})`;
  }
  const name = 'header' in key ? key.header : key.cookie;
  return quoteArgument(name) === undefined ? undefined : `var(${keyVariable(pool)})`;
}
