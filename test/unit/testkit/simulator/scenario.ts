// A small scenario that tests change.
import type { ScenarioSpec } from '../../../../src/testkit/simulator/scenario-spec.js';

/** Three members behind one http frontend, 100 requests a second for a minute. */
export function scenario(
  change: Partial<ScenarioSpec> = {},
  pool: Readonly<Record<string, unknown>> = {},
  frontend: Readonly<Record<string, unknown>> = {},
): ScenarioSpec {
  return {
    duration: '60s',
    spec: {
      frontends: [{ name: 'public', protocol: 'http', bind: [':80'], pool: 'web', ...frontend }],
      pools: [
        {
          name: 'web',
          health: { type: 'http', path: '/health', interval: '2s', fall: 2, rise: 2 },
          members: [
            { name: 'web-1', address: '10.0.0.1:80' },
            { name: 'web-2', address: '10.0.0.2:80' },
            { name: 'web-3', address: '10.0.0.3:80' },
          ],
          ...pool,
        },
      ],
    },
    arrivals: { rate: 100, clients: 50 },
    members: { '*': { service: '10ms' } },
    ...change,
  };
}
