// Who may have a session.

import { readNetwork, renderNetwork } from '../emit/network.js';
import type { FrontendConfig } from '../spec/config.js';
import type { Directive } from './directive.js';
import type { NginxEmission } from './emission.js';

/** Denied networks first: the first rule that fits counts. */
export function accessLines(
  { report }: NginxEmission,
  { access }: FrontendConfig,
  path: string,
): readonly Directive[] {
  if (access === undefined) return [];
  const lines: Directive[] = [];
  for (const verb of ['deny', 'allow'] as const) {
    for (const [index, text] of access[verb].entries()) {
      const network = readNetwork(text);
      if (network === undefined)
        report.refused(`${path}.access.${verb}[${index}]`, 'nginx knows no zones of addresses.');
      else lines.push({ words: [verb, renderNetwork(network)] });
    }
  }
  if (access.allow.length > 0) lines.push({ words: ['deny', 'all'] });
  report.exact(`${path}.access`, 'Datagrams of others are dropped.');
  return lines;
}
