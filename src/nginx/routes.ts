// Where a client's datagrams go.

import { contains, type Network, readNetwork, renderNetwork } from '../emit/network.js';
import type { FrontendConfig } from '../spec/config.js';
import type { Directive } from './directive.js';
import { findPool, NAMES, type NginxEmission } from './emission.js';

/** The choice of a frontend. */
export interface Choice {
  /** In the stream block. */
  readonly shared: readonly Directive[];
  /** The last line of the server. */
  readonly pass: Directive;
}

/** Ends a session at once. */
const DROP: Directive = { words: ['return', ''] };

/** Writes routes and the default pool. */
export function chooseLines(
  emission: NginxEmission,
  frontend: FrontendConfig,
  path: string,
): Choice {
  const { report } = emission;
  const { routes, pool } = frontend;
  if (pool !== undefined) tellPool(emission, pool, `${path}.pool`);
  if (routes.length > 0) return routed(emission, frontend, path);
  report.exact(`${path}.routes`, 'None.');
  const found = findPool(emission, pool);
  return { shared: [], pass: found === undefined ? DROP : { words: ['proxy_pass', found.name] } };
}

function tellPool(emission: NginxEmission, name: string, path: string): void {
  const isEmpty = findPool(emission, name) === undefined;
  emission.report.exact(
    path,
    isEmpty ? 'It has no members: datagrams are dropped.' : 'An upstream.',
  );
}

interface Entry {
  readonly network: Network;
  readonly pool: string;
}

/**
 * `geo` takes the narrowest network, the spec the first route. Of two networks one lies in the other, or they have nothing in common:
 * with those left out that lie in one of an earlier route, the narrowest is the first.
 */
function routed(emission: NginxEmission, frontend: FrontendConfig, path: string): Choice {
  const { report } = emission;
  const entries: Entry[] = [];
  let fallback = frontend.pool;
  let isOpen = true;
  for (const [index, { match, pool = '' }] of frontend.routes.entries()) {
    const place = `${path}.routes[${index}]`;
    tellPool(emission, pool, `${place}.pool`);
    report.exact(`${place}.match`, isOpen ? 'geo by address.' : 'Nothing reaches it.');
    if (!isOpen) continue;
    if (match.source === undefined) {
      fallback = pool;
      isOpen = false;
    }
    for (const [at, text] of (match.source ?? []).entries()) {
      const network = readNetwork(text);
      if (network === undefined)
        report.refused(`${place}.match.source[${at}]`, 'nginx knows no zones of addresses.');
      else if (!entries.some((entry) => contains(entry.network, network)))
        entries.push({ network, pool });
    }
  }
  const variable = `$${NAMES.route(frontend.name)}`;
  const valueOf = (name: string | undefined): string => findPool(emission, name)?.name ?? '';
  const lines = entries.flatMap(({ network, pool }) =>
    halves(network).map((half) => ({ words: [renderNetwork(half), valueOf(pool)] })),
  );
  return {
    shared: [
      { words: ['geo', variable], block: [{ words: ['default', valueOf(fallback)] }, ...lines] },
    ],
    // Without a pool there is no such upstream, and the session ends.
    pass: { words: ['proxy_pass', variable] },
  };
}

/** All addresses are two halves: nginx would take them for another default. */
function halves(network: Network): readonly Network[] {
  if (network.prefix > 0) return [network];
  const upper = Uint8Array.from(network.bytes);
  upper[0] = 0x80;
  return [
    { bytes: network.bytes, prefix: 1 },
    { bytes: upper, prefix: 1 },
  ];
}
