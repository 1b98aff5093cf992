// From a pool's `discovery` to the source it names.
import type { Environment } from '../../core/environment.js';
import type { DiscoveryConfig } from '../../spec/config.js';
import { createCustomLookup } from './custom.js';
import type { Discovery } from './discovery.js';
import { createDnsLookup } from './dns.js';
import { FileDiscovery } from './file.js';
import { PollingDiscovery } from './polling.js';

/** What sources need from their pool. */
export interface DiscoveryOptions {
  readonly environment: Environment;
  readonly defaultPort: number | undefined;
  /** The host's code by name. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/**
 * The source that the config names; asks nothing yet.
 *
 * @throws EvenkeelError `EK_DISCOVERY` for a custom one whose extension is missing
 */
export function createDiscovery(config: DiscoveryConfig, options: DiscoveryOptions): Discovery {
  const { environment, defaultPort } = options;
  if (config.type === 'file')
    return new FileDiscovery({ path: config.path, defaultPort, environment });
  if (config.type === 'dns') {
    return new PollingDiscovery(createDnsLookup(config, defaultPort), {
      title: `dns ${config.name}`,
      intervalMs: config.interval,
      environment,
    });
  }
  return new PollingDiscovery(createCustomLookup(config.use, options.extensions, defaultPort), {
    title: `discovery ${config.use}`,
    intervalMs: config.interval,
    environment,
  });
}
