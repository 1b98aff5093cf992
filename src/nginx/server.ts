// A udp frontend as a server of nginx.
import type { FrontendConfig } from '../spec/config.js';
import { accessLines } from './access.js';
import type { Directive } from './directive.js';
import type { NginxEmission } from './emission.js';
import { limitLines } from './limits.js';
import { listenLines } from './listen.js';
import { chooseLines } from './routes.js';
import { renderNginxTime } from './time.js';

/** The server of a frontend, behind what it refers to. */
export function serverDirectives(
  emission: NginxEmission,
  frontend: FrontendConfig,
  path: string,
): readonly Directive[] {
  const limits = limitLines(emission, frontend, path);
  const choice = chooseLines(emission, frontend, path);
  const block: readonly Directive[] = [
    ...listenLines(emission, frontend, path),
    ...limits.own,
    ...accessLines(emission, frontend, path),
    { words: ['proxy_timeout', renderNginxTime(frontend.timeouts.udpSession)] },
    choice.pass,
  ];
  tell(emission, path);
  return [...limits.shared, ...choice.shared, { words: ['server'], block }];
}

function tell({ report }: NginxEmission, path: string): void {
  report.exact(`${path}.name`, 'Part of the names of its limits.');
  report.exact(`${path}.protocol`, 'udp.');
  report.exact(`${path}.drain`, 'worker_shutdown_timeout: the longest of the udp frontends.');
  report.exact(`${path}.timeouts.udpSession`, 'proxy_timeout.');
  report.exact(`${path}.timeouts`, 'Not for udp, but for udpSession.');
  for (const key of ['forwarded', 'upgrades', 'methods', 'limits'] as const)
    report.exact(`${path}.${key}`, 'Not for udp.');
}
