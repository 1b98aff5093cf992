import { describe, expect, test } from 'vitest';
import { createProbe } from '../../../src/health/create-probe.js';
import type { Probe } from '../../../src/health/probe.js';
import type { MonitorType } from '../../../src/spec/config.js';
import { ask } from './ask.js';
import { monitorOf } from './monitor.js';

const TARGET = { host: '127.0.0.1', port: 1, name: 'web-1' };

describe('createProbe', () => {
  test.each<MonitorType>([
    'tcp',
    'http',
    'https',
    'tls',
    'udp',
    'grpc',
    'redis',
    'postgres',
    'mysql',
    'ldap',
    'smtp',
  ])('has a probe for %s that needs nothing from the host', (type) => {
    expect(createProbe(monitorOf({ type })).check).toBeTypeOf('function');
  });

  test('refuses exec unless the host allows it', () => {
    const config = monitorOf({ name: 'script', type: 'exec', command: ['true'] });
    expect(() => createProbe(config)).toThrow(
      expect.objectContaining({
        code: 'EK_PROBE',
        message: 'monitor "script" starts a program, and the host does not allow it (allowExec)',
      }),
    );
    expect(createProbe(config, { allowExec: true }).check).toBeTypeOf('function');
  });

  test.each([
    ['is missing', {}],
    ['is neither a function nor a probe', { mine: 'text' }],
  ])('refuses a custom check whose extension %s', (fault, extensions) => {
    const config = monitorOf({ type: 'custom', use: 'mine' });
    expect(() => createProbe(config, { extensions })).toThrow(
      expect.objectContaining({
        code: 'EK_PROBE',
        message: `monitor "check": extension "mine" ${fault}`,
      }),
    );
  });

  test('refuses statuses that are none', () => {
    expect(() => createProbe(monitorOf({ type: 'http', expect: { status: 'fine' } }))).toThrow(
      expect.objectContaining({ code: 'EK_SPEC_INVALID' }),
    );
  });

  test('takes a probe as extension as it is', () => {
    const mine: Probe = { check: () => Promise.resolve({ ok: true, reason: 'mine' }) };
    const config = monitorOf({ type: 'custom', use: 'mine' });
    expect(createProbe(config, { extensions: { mine } })).toBe(mine);
  });
});

describe('CustomProbe', () => {
  const custom = { type: 'custom', use: 'mine' } as const;

  test.each([
    ['true', () => true, { ok: true, reason: 'ok' }],
    ['false', () => false, { ok: false, reason: 'check failed' }],
    [
      'a promise of a result',
      () => Promise.resolve({ ok: true, reason: 'lag 3 ms', drain: true }),
      { ok: true, reason: 'lag 3 ms', drain: true },
    ],
    ['a rejection', () => Promise.reject(new Error('lag 9 s')), { ok: false, reason: 'lag 9 s' }],
    [
      'nothing',
      () => undefined,
      { ok: false, reason: 'the custom check returned neither a boolean nor a result' },
    ],
  ])('understands %s', async (_, mine, expected) => {
    expect(await ask({ port: 1 }, custom, { extensions: { mine } })).toEqual(expected);
  });

  test('is told whom to ask and when to give up', async () => {
    const seen: unknown[] = [];
    const mine = (...all: unknown[]): boolean => seen.push(...all) > 0;
    const { signal } = new AbortController();
    await createProbe(monitorOf(custom), { extensions: { mine } }).check(TARGET, signal);
    expect(seen).toEqual([TARGET, signal]);
  });
});
