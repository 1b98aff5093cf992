// From a pair's `address` to what holds it.
import type { Clock } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import type { HaAddressSpec } from '../../spec/ha.js';
import type { AddressDriver } from '../driver.js';
import { HookDriver } from './hook.js';
import { LinuxDriver } from './linux.js';
import { type HaListeners, ListenDriver } from './listen.js';
import { MemoryDriver } from './memory.js';

/** What drivers are made with. */
export interface DriverParts {
  readonly clock: Clock;
  readonly advertIntervalMs: number;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly listeners: HaListeners | undefined;
}

/** @throws EvenkeelError `EK_HA` when the hook is none, or nobody brought listeners */
export function createDriver(address: HaAddressSpec, parts: DriverParts): AddressDriver {
  if ('ip' in address) return new LinuxDriver(address, parts);
  if ('hook' in address) return new HookDriver(address.hook, parts.extensions[address.hook]);
  if ('memory' in address) return new MemoryDriver();
  if (parts.listeners === undefined)
    throw new EvenkeelError(
      'EK_HA',
      'ha: address { listen: "local" } needs a balancer, or listeners of its own',
    );
  return new ListenDriver(parts.listeners, parts.clock);
}
