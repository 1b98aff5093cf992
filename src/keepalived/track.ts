// What keepalived looks at before it lets a node have the address.
import { renderAddress } from '../emit/network.js';
import { isUsedBy } from '../emit/pools-of-frontend.js';
import type { HaConfig, HaTrackConfig } from '../spec/config.js';
import type { Line } from './block.js';
import type { KeepalivedEmission } from './emission.js';

/** keepalived takes at most that much off a priority. */
const HIGHEST_WEIGHT = 253;

/** A script, and its name in the list of the instance. */
export interface Track {
  readonly name: string;
  readonly script: Line;
}

/** The scripts of a pair: HAProxy itself, what `track` says, the gateway. */
export function trackScripts(
  emission: KeepalivedEmission,
  ha: HaConfig,
  held: { readonly address: string; readonly interface: string },
): readonly Track[] {
  const { adminSocket, report } = emission;
  report.note(
    'A node whose HAProxy does not answer twice, a second apart, gives the address away.',
  );
  const tracks = [
    trackOf(
      emission,
      'haproxy',
      ['haproxy', adminSocket],
      [
        ['fall', 2],
        ['rise', 2],
      ],
    ),
  ];
  for (const [index, item] of ha.track.entries()) {
    const place = `ha.track[${index}]`;
    const words = wordsOf(emission, item, place);
    if (words === undefined) continue;
    tellTrack(emission, ha, item, place);
    const weight = -Math.min(HIGHEST_WEIGHT, item.lowerBy);
    tracks.push(trackOf(emission, `track_${index}`, words, [['weight', weight]]));
  }
  if (ha.gateway !== undefined) {
    const gateway = renderAddress(ha.gateway);
    if (gateway === undefined) {
      report.refused('ha.gateway', 'A plain address: no zone, no IPv4 in disguise.');
      return tracks;
    }
    report.approximated(
      'ha.gateway',
      'Asked every second, not before a takeover; who holds the address goes on.',
    );
    tracks.push(
      trackOf(emission, 'gateway', ['gateway', gateway, held.address, held.interface], []),
    );
  }
  return tracks;
}

function trackOf(
  { script }: KeepalivedEmission,
  name: string,
  words: readonly string[],
  more: readonly (readonly (string | number)[])[],
): Track {
  return {
    name,
    script: {
      words: ['vrrp_script', name],
      block: [
        { words: ['script', [script, ...words].map(quoteArgument).join(' ')] },
        { words: ['interval', 1] },
        { words: ['timeout', 3] },
        ...more.map((line) => ({ words: line })),
      ],
    },
  };
}

/** Within the quotes of a script blanks separate arguments, but not in single quotes. */
function quoteArgument(text: string): string {
  return /^[A-Za-z0-9_.:/-]+$/.test(text) ? text : `'${text}'`;
}

function wordsOf(
  { config, report, adminSocket }: KeepalivedEmission,
  item: HaTrackConfig,
  place: string,
): readonly string[] | undefined {
  if ('frontend' in item) {
    const frontend = config.frontends.find(({ name }) => name === item.frontend);
    if (frontend !== undefined && frontend.protocol !== 'udp')
      return ['frontend', adminSocket, item.frontend];
    report.refused(place, 'Only what HAProxy serves can be looked at.');
    return undefined;
  }
  const pool = config.pools.find(({ name }) => name === item.pool);
  if (pool !== undefined && isUsedBy(config, pool, 'others'))
    return ['pool', adminSocket, item.pool, `${item.minEligible}`];
  report.refused(place, 'Only pools that HAProxy uses can be looked at.');
  return undefined;
}

function tellTrack(
  { report }: KeepalivedEmission,
  { preempt }: HaConfig,
  { lowerBy }: HaTrackConfig,
  place: string,
): void {
  if (!preempt)
    report.approximated(
      place,
      'Without preempt a living node keeps the address, however low it sinks.',
    );
  else if (lowerBy > HIGHEST_WEIGHT)
    report.approximated(place, `keepalived takes ${HIGHEST_WEIGHT} off a priority at most.`);
  else
    report.exact(
      place,
      'A script with a weight, once a second; the better one comes after a down interval.',
    );
}
