// A monitor with every field, to be changed by tests.
import type { MonitorConfig } from '../../../src/spec/config.js';

/** The defaults of the spec with `changes`. */
export function monitorOf(changes: Partial<MonitorConfig> = {}): MonitorConfig {
  return {
    name: 'check',
    type: 'tcp',
    interval: 5000,
    fastInterval: 5000,
    downInterval: 5000,
    timeout: 2000,
    fall: 3,
    rise: 2,
    initial: 'unknown',
    path: '/',
    method: 'GET',
    headers: {},
    expect: { status: '2xx' },
    ...changes,
  };
}
