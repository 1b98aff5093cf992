import { describe, expect, test } from 'vitest';
import { HealthChecker } from '../../../src/health/health-checker.js';
import type { HealthReport } from '../../../src/model/diagnostics.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';
import { heard } from '../../support/heard.js';
import { monitorOf } from './monitor.js';
import { ScriptedProbe } from './scripted-probe.js';

const NOBODY = { onHealth: () => {}, onCheck: () => {}, onDrainAsked: () => {} };

describe('evenkeel:health:result', () => {
  test('tells every check of a target once, with what they make of it', async () => {
    const clock = new VirtualClock();
    const probe = new ScriptedProbe(true, { ok: false, reason: 'status 503' });
    const environment = { clock, random: { next: () => 0.5 } };
    const monitor = monitorOf({ name: 'main', type: 'http', port: 8081, fall: 2 });
    await using checker = new HealthChecker(monitor, { environment, probe });
    const reports = heard<HealthReport>('evenkeel:health:result');
    // Two pools that share a monitor and a target.
    checker.watch({ name: 'web-1', host: '10.0.0.1', port: 80 }, NOBODY);
    checker.watch({ name: 'other', host: '10.0.0.1', port: 80 }, NOBODY);
    await clock.advanceAsync(10_000);
    expect(reports).toEqual(
      [
        { at: 0, ok: true, reason: 'fine', health: 'up' },
        { at: 5000, ok: false, reason: 'status 503', health: 'up' },
        { at: 10_000, ok: false, reason: 'status 503', health: 'down' },
      ].map(({ at, ...rest }) => ({
        monitor: 'main',
        type: 'http',
        member: 'web-1',
        address: '10.0.0.1:8081',
        at: clock.wallTime() - 10_000 + at,
        durationMs: 0,
        ...rest,
      })),
    );
  });
});
