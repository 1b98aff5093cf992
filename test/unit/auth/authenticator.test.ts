import { hash } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { describe, expect, test, vi } from 'vitest';
import { Authenticator, LoginMemory } from '../../../src/auth/authenticator.js';
import { BcryptWorker } from '../../../src/auth/bcrypt-worker.js';
import { CheckQueue } from '../../../src/auth/check-queue.js';
import { parseHtpasswd } from '../../../src/auth/htpasswd.js';
import { systemClock } from '../../../src/core/clock.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

const sha1 = (password: string): string => `{SHA}${hash('sha1', password, 'base64')}`;
const slow = (password: string): string => bcrypt.hashSync(password, 4);
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

function authenticator(text: string, memory = new LoginMemory(systemClock)): Authenticator {
  const { users, faults } = parseHtpasswd(text);
  expect(faults).toEqual([]);
  return new Authenticator(users, memory, systemClock);
}

describe('Authenticator', () => {
  test('lets in who knows the password', async () => {
    const one = authenticator(`ann:${slow('s3cret')}\nbob:${sha1('pässword')}`);
    expect(await one.judge(basic('ann', 's3cret'), 'c')).toBe('granted');
    expect(await one.judge(basic('ann', 's3cret '), 'c')).toBe('denied');
    expect(await one.judge(basic('ann', ''), 'c')).toBe('denied');
    expect(one.judge(basic('bob', 'pässword'), 'c')).toBe('granted');
    expect(one.judge(basic('bob', 's3cret'), 'c')).toBe('denied');
    expect(one.judge(undefined, 'c')).toBe('denied');
    expect(one.judge('Bearer x', 'c')).toBe('denied');
  });

  test('remembers what was right: the next request does not wait', async () => {
    const one = authenticator(`ann:${slow('s3cret')}`);
    await one.judge(basic('ann', 's3cret'), 'c');
    expect(one.judge(basic('ann', 's3cret'), 'c')).toBe('granted');
    // Nothing is remembered of what was wrong.
    await one.judge(basic('ann', 'x'), 'c');
    expect(one.judge(basic('ann', 'x'), 'c')).toBeInstanceOf(Promise);
  });

  test('for five minutes', async () => {
    const clock = new VirtualClock();
    const { users } = parseHtpasswd(`ann:${slow('s3cret')}`);
    const one = new Authenticator(users, new LoginMemory(clock), clock);
    expect(await one.judge(basic('ann', 's3cret'), 'c')).toBe('granted');
    clock.advance(299_000);
    expect(one.judge(basic('ann', 's3cret'), 'c')).toBe('granted');
    clock.advance(2000);
    expect(one.judge(basic('ann', 's3cret'), 'c')).toBeInstanceOf(Promise);
  });

  test('a user who is gone or has another password is out at once; the others stay in', async () => {
    const memory = new LoginMemory(systemClock);
    const [ann, bob, cy] = [slow('a'), slow('b'), slow('c')];
    const before = authenticator(`ann:${ann}\nbob:${bob}\ncy:${cy}`, memory);
    for (const name of ['ann', 'bob', 'cy']) {
      expect(await before.judge(basic(name, name.charAt(0)), 'c')).toBe('granted');
    }
    const after = authenticator(`ann:${ann}\nbob:${slow('new')}`, memory);
    expect(after.judge(basic('ann', 'a'), 'c')).toBe('granted');
    expect(await after.judge(basic('bob', 'b'), 'c')).toBe('denied');
    expect(await after.judge(basic('cy', 'c'), 'c')).toBe('denied');
  });

  test("an unknown user costs as much as a known one, and gets in with nobody else's password", async () => {
    const one = authenticator(`ann:${slow('s3cret')}`);
    const verdict = one.judge(basic('zoe', 's3cret'), 'c');
    expect(verdict).toBeInstanceOf(Promise);
    expect(await verdict).toBe('denied');
    expect(await one.judge(basic('zoe', 's3cret'), 'c')).toBe('denied');
  });

  test('the same login at the same time is checked once', async () => {
    const memory = new LoginMemory(systemClock);
    const one = authenticator(`ann:${slow('s3cret')}`, memory);
    const verdicts = Array.from({ length: 20 }, () => one.judge(basic('ann', 's3cret'), 'c'));
    expect(memory.queue.size).toBe(1);
    expect(new Set(await Promise.all(verdicts.map(async (verdict) => verdict)))).toEqual(
      new Set(['granted']),
    );
    expect(memory.queue.size).toBe(0);
  });

  test('a flood of wrong passwords fills neither the line of others nor the memory', async () => {
    const memory = new LoginMemory(systemClock);
    const one = authenticator(`ann:${slow('s3cret')}`, memory);
    const flood = (source: string, count: number): unknown[] =>
      Array.from({ length: count }, (_, i) => one.judge(basic('ann', `${source}${i}`), source));
    expect(flood('192.0.2.1', 20).filter((verdict) => verdict === 'crowded')).toHaveLength(12);
    const own = one.judge(basic('ann', 's3cret'), '192.0.2.2');
    for (let i = 3; memory.queue.size < 64; i++) flood(`192.0.2.${i}`, 8);
    expect(one.judge(basic('ann', 'x'), '198.51.100.1')).toBe('busy');
    expect(await own).toBe('granted');
    expect(one.judge(basic('ann', 's3cret'), '198.51.100.1')).toBe('granted');
  });
});

describe('CheckQueue', () => {
  test('runs one check at a time, in order', async () => {
    const queue = new CheckQueue();
    let running = 0;
    const order: number[] = [];
    const check = (id: number) => async (): Promise<void> => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push(id);
      running--;
    };
    await Promise.all([1, 2, 3].map(async (id) => queue.add('a', check(id))));
    expect(order).toEqual([1, 2, 3]);
    expect(queue.size).toBe(0);
  });
});

describe('BcryptWorker', () => {
  test('checks $2a$, $2b$ and $2y$, many at once', async () => {
    const worker = new BcryptWorker();
    const text = slow('pässword');
    const forms = ['$2a$', '$2b$', '$2y$'].map((form) => form + text.slice(4));
    const right = forms.map((form) => worker.check('pässword', form));
    const wrong = forms.map((form) => worker.check('password', form));
    expect(await Promise.all([...right, ...wrong])).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('ends its thread when there is nothing to do, and loses no check that comes just then', async () => {
    const worker = new BcryptWorker(0);
    const text = slow('x');
    for (let i = 0; i < 8; i++) {
      expect(await worker.check('x', text)).toBe(true);
      // The thread is on its way to rest.
      expect(await worker.check('y', text)).toBe(false);
      await vi.waitFor(() => expect(worker.isRunning).toBe(false), 10_000);
    }
  });

  test('leaves this thread free meanwhile', async () => {
    const worker = new BcryptWorker();
    const text = slow('x').replace('$04$', '$10$');
    await worker.check('warm up', text);
    const checks = { left: 3 };
    for (let i = 0; i < 3; i++) void worker.check('x', text).finally(() => checks.left--);
    let turns = 0;
    while (checks.left > 0) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // In this thread there would be two or three.
    expect(turns).toBeGreaterThan(20);
  });
});
