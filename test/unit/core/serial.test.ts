import { describe, expect, test } from 'vitest';
import { Serial } from '../../../src/core/serial.js';

describe('Serial', () => {
  test('begins a piece of work when the one before has ended', async () => {
    const serial = new Serial();
    const log: string[] = [];
    let release: () => void = () => undefined;
    const first = serial.run(async () => {
      log.push('first begins');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      log.push('first ends');
    });
    const second = serial.run(() => Promise.resolve(log.push('second')));
    await Promise.resolve();
    expect(log).toEqual(['first begins']);
    release();
    await Promise.all([first, second]);
    expect(log).toEqual(['first begins', 'first ends', 'second']);
  });

  test('hands a fault to who asked for the work, and goes on', async () => {
    const serial = new Serial();
    const bad = serial.run(() => Promise.reject(new Error('no')));
    const good = serial.run(() => Promise.resolve(1));
    await expect(bad).rejects.toThrow('no');
    await expect(good).resolves.toBe(1);
    await expect(serial.idle()).resolves.toBeUndefined();
  });
});
