// Stick tables that live through reloads: the old worker teaches the new one. In a pair they can go to the other nodes too.
import { parseHostPort } from '../core/address.js';
import { renderAddress } from '../emit/network.js';
import type { BalancerConfig } from '../spec/config.js';
import { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** Name of the section of tables that stay here, and of this process in it. */
const PEERS = 'evenkeel';

/** Name of the section of tables that go to the other nodes. */
const PAIR = 'evenkeel-pair';

/** What is true of such tables. */
export const NOTE_KEPT: string =
  'Tables of clients and rates live through reloads, from some ten seconds after a start: before that a reload begins with empty ones.';

/** Words that end the line of a table of that kind. */
export function keptTable(
  { ha }: BalancerConfig,
  kind: 'sticky' | 'rate-limit',
): readonly string[] {
  return ['peers', ha?.replicate.includes(kind) === true ? PAIR : PEERS];
}

/** What this process is called in both sections; each node of a pair needs a name of its own. */
export function localPeer({ ha }: BalancerConfig): string {
  const own =
    ha?.replicate.some((kind) => kind !== 'health') === true ? peerOf(ha.bind) : undefined;
  return own?.name ?? PEERS;
}

/** The sections that tables of these proxies name. @param socket - where workers meet; nobody else may say anything there */
export function peersSections(
  emission: Emission,
  proxies: readonly Section[],
  socket: string,
): readonly Section[] {
  const uses = (name: string): boolean =>
    proxies.some(({ lines }) =>
      lines.some(
        ({ words }) => words[0] === 'stick-table' && words.slice(-2).join() === `peers,${name}`,
      ),
    );
  const sections: Section[] = [];
  if (uses(PEERS)) {
    const section = new Section('peers', PEERS);
    section.add('bind', `unix@${socket}`, 'mode', '600');
    section.add('server', localPeer(emission.config));
    sections.push(section);
  }
  const pair = pairSection(emission, uses(PAIR));
  return pair === undefined ? sections : [...sections, pair];
}

interface Peer {
  readonly name: string;
  /** HAProxy takes the last colon for the port's. */
  readonly address: string;
}

/** Named by its address, so that all nodes call it the same. undefined = it has none, or one that is not plain. */
function peerOf(text: string): Peer | undefined {
  const { host = '', port = 0 } = parseHostPort(text) ?? {};
  const address = renderAddress(host);
  if (address === undefined || port === 0) return undefined;
  return { name: `${address}-${port}`, address: `${address}:${port}` };
}

/** Tells what becomes of `ha`, and writes who copies to whom. */
function pairSection({ config, report }: Emission, isUsed: boolean): Section | undefined {
  const { ha } = config;
  if (ha === undefined) return undefined;
  report.elsewhere('ha', 'keepalived', 'HAProxy moves no addresses.');
  for (const [index, kind] of ha.replicate.entries()) {
    const place = `ha.replicate[${index}]`;
    if (kind === 'health')
      report.approximated(place, 'HAProxy tells nobody of health: each node checks for itself.');
    else
      report.approximated(
        place,
        'peers: in the clear and unsigned, to whoever can connect from there; what came last counts.',
      );
  }
  if (!isUsed) return undefined;
  const section = new Section('peers', PAIR, 'ha');
  const own = peerOf(ha.bind);
  if (own === undefined) {
    report.refused('ha.bind', "HAProxy's peers know each other by address: write the node's own.");
    return undefined;
  }
  section.addFrom('ha.bind', 'bind', own.address, ...(own.address.match(/:.*:/) ? ['v6only'] : []));
  section.addFrom('ha.bind', 'server', own.name);
  for (const [index, text] of ha.peers.entries()) {
    const place = `ha.peers[${index}]`;
    const peer = peerOf(text);
    if (peer === undefined)
      report.refused(place, "HAProxy's peers know each other by address: write it.");
    else section.addFrom(place, 'server', peer.name, peer.address);
  }
  return section;
}
