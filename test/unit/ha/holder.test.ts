import { expect, test, vi } from 'vitest';
import type { AddressDriver } from '../../../src/ha/driver.js';
import { Holder } from '../../../src/ha/holder.js';

/** A driver that notes what it is asked, and fails to renew as often as it is told. */
class NotedDriver implements AddressDriver {
  readonly description = 'noted';
  readonly calls: string[] = [];
  failures = 0;

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  acquire(): Promise<void> {
    this.calls.push('acquire');
    return Promise.resolve();
  }

  renew(): Promise<void> {
    this.calls.push('renew');
    return this.failures-- > 0 ? Promise.reject(new Error('no fork')) : Promise.resolve();
  }

  release(): Promise<void> {
    this.calls.push('release');
    return Promise.resolve();
  }

  announce(): void {
    this.calls.push('announce');
  }

  detach(): Promise<void> {
    return Promise.resolve();
  }
}

function holding(driver = new NotedDriver()): {
  driver: NotedDriver;
  holder: Holder;
  told: string[];
} {
  const told: string[] = [];
  const holder = new Holder(driver, {
    onAcquired: () => told.push('acquired'),
    onAcquireFailed: (reason) => told.push(`lost: ${reason}`),
    onRenewFailed: (reason) => told.push(`not renewed: ${reason}`),
    onReleaseFailed: (reason) => told.push(`not released: ${reason}`),
  });
  return { driver, holder, told };
}

/** Gets the address when it is told to; gives up when it is asked to. */
class WaitingDriver extends NotedDriver {
  get: () => void = () => undefined;

  override acquire(signal?: AbortSignal): Promise<void> {
    this.calls.push('acquire');
    return new Promise((resolve) => {
      this.get = resolve;
      signal?.addEventListener('abort', () => resolve());
    });
  }
}

test('what was given up while it was waited for, and is wanted again, is taken anew', async () => {
  const driver = new WaitingDriver();
  const { holder, told } = holding(driver);
  holder.acquire();
  holder.release();
  holder.acquire();
  await vi.waitFor(() => expect(driver.calls).toEqual(['acquire', 'release', 'acquire']));
  expect([holder.isHeld, told]).toEqual([false, []]);
  driver.get();
  await holder.settled();
  expect([holder.isHeld, told]).toEqual([true, ['acquired']]);
});

test('renews only what it holds', async () => {
  const { driver, holder } = holding();
  holder.renew();
  holder.acquire();
  holder.renew();
  await holder.settled();
  holder.renew();
  await holder.settled();
  holder.release();
  holder.renew();
  await holder.settled();
  holder.renew();
  expect(driver.calls).toEqual(['acquire', 'renew', 'release']);
});

test('a renewal that fails once is told; twice in a row the address is lost', async () => {
  const { driver, holder, told } = holding();
  holder.acquire();
  await holder.settled();
  for (const failures of [1, 0, 1, 1]) {
    driver.failures = failures;
    holder.renew();
    await holder.settled();
  }
  expect(told).toEqual([
    'acquired',
    'not renewed: no fork',
    'not renewed: no fork',
    'lost: no fork',
  ]);
  expect(holder.isHeld).toBe(false);
  expect(driver.calls.at(-1)).toBe('release');
});

test('a release during a renewal comes after it', async () => {
  const { driver, holder } = holding();
  holder.acquire();
  await holder.settled();
  holder.renew();
  holder.release();
  await holder.settled();
  expect(driver.calls).toEqual(['acquire', 'renew', 'release']);
  expect(holder.isHeld).toBe(false);
});

test('takes the address again after a release that had nothing to do', async () => {
  const { driver, holder } = holding();
  holder.release();
  holder.acquire();
  await holder.settled();
  expect(driver.calls).toEqual(['acquire']);
  expect(holder.isHeld).toBe(true);
});
