// The pair as an instance of VRRP.
import { isIP, parseHostPort } from '../core/address.js';
import { parseCidr } from '../core/cidr.js';
import { renderAddress } from '../emit/network.js';
import type { HaConfig } from '../spec/config.js';
import { type Line, renderSeconds } from './block.js';
import type { KeepalivedEmission } from './emission.js';
import { trackScripts } from './track.js';

/** VRRPv3 counts hundredths of a second, in 12 bits. */
const LONGEST_V3_MS = 40_950;
/** VRRPv2 counts seconds, in 8 bits; it knows no IPv6. */
const LONGEST_V2_MS = 255_000;
const LONGEST_DELAY_MS = 1_000_000;

/** What is written of a pair. */
export interface Pair {
  readonly version: 2 | 3;
  readonly blocks: readonly Line[];
}

/** Translates `ha`; undefined if it is refused. */
export function pairBlocks(emission: KeepalivedEmission, ha: HaConfig): Pair | undefined {
  const { config, report } = emission;
  const held = heldBy(emission, ha);
  const peers = peerAddresses(emission, ha, held?.address ?? '');
  const own = ownAddress(emission, ha);
  const advert = advertOf(emission, ha, held?.address ?? '');
  const preempt = preemptLines(emission, ha);
  const tracks = trackScripts(emission, ha, held ?? { address: '', interface: '' });
  tell(emission, ha);
  if (held === undefined || advert === undefined) return undefined;
  if (
    config.frontends.some(({ bind }) =>
      bind.some((text) => parseHostPort(text)?.host === held.address),
    )
  )
    report.note(
      'A frontend that listens on the address itself needs net.ipv4.ip_nonlocal_bind=1 (net.ipv6...) on all nodes.',
    );
  const instance: Line = {
    words: ['vrrp_instance', config.name],
    block: [
      { words: ['state', 'BACKUP'] },
      { words: ['interface', held.interface] },
      { words: ['virtual_router_id', ha.id] },
      { words: ['priority', ha.priority] },
      { words: ['advert_int', advert.seconds] },
      ...preempt,
      ...(own === undefined ? [] : [{ words: ['unicast_src_ip', own] }]),
      { words: ['unicast_peer'], block: peers.map((peer) => ({ words: [peer] })) },
      {
        words: ['virtual_ipaddress'],
        block: [{ words: [`${held.address}/${held.prefix}`, 'dev', held.interface] }],
      },
      { words: ['track_script'], block: tracks.map(({ name }) => ({ words: [name] })) },
    ],
  };
  return { version: advert.version, blocks: [...tracks.map(({ script }) => script), instance] };
}

interface Held {
  readonly address: string;
  readonly prefix: number;
  readonly interface: string;
}

/** The address, and the interface that adverts go over as well. */
function heldBy({ report }: KeepalivedEmission, { address }: HaConfig): Held | undefined {
  report.exact('ha.address', 'virtual_ipaddress.');
  if (!('ip' in address)) {
    report.refused('ha.address', 'keepalived moves addresses of interfaces only.');
    return undefined;
  }
  const { address: host = '', prefix = 0 } = parseCidr(address.ip) ?? {};
  const rendered = renderAddress(host);
  const isName = /^[A-Za-z0-9_.-]{1,15}$/.test(address.interface);
  if (rendered === undefined)
    report.refused('ha.address.ip', 'A plain address: no zone, no IPv4 in disguise.');
  if (!isName) report.refused('ha.address.interface', 'No interface of Linux has such a name.');
  if (rendered === undefined || !isName) return undefined;
  report.note(
    'keepalived sends and hears adverts on the interface of the address: ha.bind has to be an address of it.',
  );
  return { address: rendered, prefix, interface: address.interface };
}

function peerAddresses(
  { report }: KeepalivedEmission,
  { peers }: HaConfig,
  held: string,
): readonly string[] {
  return peers.flatMap((text, index) => {
    const place = `ha.peers[${index}]`;
    const address = renderAddress(parseHostPort(text)?.host ?? '');
    if (address === undefined) {
      report.refused(place, 'keepalived knows peers by plain addresses: no name, no zone.');
      return [];
    }
    if (held !== '' && isIP(address) !== isIP(held))
      report.refused(
        place,
        'keepalived wants adverts and the address of one family, IPv4 or IPv6.',
      );
    else report.exact(place, 'unicast_peer; VRRP is IP protocol 112 and has no ports.');
    return [address];
  });
}

function ownAddress({ report }: KeepalivedEmission, { bind }: HaConfig): string | undefined {
  const host = parseHostPort(bind)?.host ?? '';
  if (host === '') {
    report.approximated('ha.bind', 'Adverts come from the first address of the interface.');
    return undefined;
  }
  const address = renderAddress(host);
  if (address === undefined) report.refused('ha.bind', 'A plain address: no name, no zone.');
  else report.exact('ha.bind', 'unicast_src_ip; VRRP is IP protocol 112 and has no ports.');
  return address;
}

function advertOf(
  { report }: KeepalivedEmission,
  { advertInterval }: HaConfig,
  held: string,
): { version: 2 | 3; seconds: string } | undefined {
  const place = 'ha.advertInterval';
  if (advertInterval <= LONGEST_V3_MS) {
    const rounded = Math.max(10, Math.round(advertInterval / 10) * 10);
    if (rounded === advertInterval) report.exact(place, 'advert_int of VRRP version 3.');
    else report.approximated(place, 'VRRP counts hundredths of a second.');
    return { version: 3, seconds: renderSeconds(rounded) };
  }
  const rounded = Math.round(advertInterval / 1000) * 1000;
  if (rounded > LONGEST_V2_MS || isIP(held) === 6) {
    report.refused(
      place,
      `VRRP has adverts every ${isIP(held) === 6 ? '40.95' : '255'} s at the longest.`,
    );
    return undefined;
  }
  if (rounded === advertInterval) report.exact(place, 'advert_int of VRRP version 2.');
  else report.approximated(place, 'VRRP version 2, for so long an interval, counts seconds.');
  return { version: 2, seconds: renderSeconds(rounded) };
}

function preemptLines(
  { report }: KeepalivedEmission,
  { preempt, preemptDelay }: HaConfig,
): readonly Line[] {
  report.exact('ha.preempt', preempt ? "VRRP's own way." : 'nopreempt.');
  if (preemptDelay === 0 || !preempt) {
    report.exact('ha.preemptDelay', 'None.');
    return preempt ? [] : [{ words: ['nopreempt'] }];
  }
  if (preemptDelay > LONGEST_DELAY_MS)
    report.approximated('ha.preemptDelay', 'keepalived waits 1000 s at most.');
  else report.exact('ha.preemptDelay', 'preempt_delay.');
  return [{ words: ['preempt_delay', renderSeconds(Math.min(LONGEST_DELAY_MS, preemptDelay))] }];
}

function tell({ report }: KeepalivedEmission, ha: HaConfig): void {
  report.exact('ha.id', 'virtual_router_id.');
  report.exact('ha.priority', 'The same priority.');
  report.approximated(
    'ha.secretEnv',
    'VRRP has no signatures, so the secret is not written: whoever can send from a peer can take the address.',
  );
  if (ha.track.length === 0) report.exact('ha.track', 'None.');
  if (ha.replicate.length === 0) report.exact('ha.replicate', 'None.');
  else report.elsewhere('ha.replicate', 'haproxy', 'peers of HAProxy copy its tables.');
  report.note(
    'Silence is all that tells of a dead node: a killed one is replaced after three adverts and its skew, not at once; one that is stopped hands over after the skew.',
  );
}
