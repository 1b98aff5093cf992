// Nothing real: for tests, and for pairs whose hosts listen to the events.
import type { AddressDriver } from '../driver.js';

/** Remembers whether it holds. */
export class MemoryDriver implements AddressDriver {
  readonly description: string = 'memory';

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  acquire(): Promise<void> {
    return Promise.resolve();
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  announce(): void {
    // There is no network.
  }

  detach(): Promise<void> {
    return Promise.resolve();
  }
}
