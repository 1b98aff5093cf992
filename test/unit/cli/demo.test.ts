import { describe, expect, test } from 'vitest';
import { Balancer } from '../../../src/balancer/balancer.js';
import { quantile, SteadyLoad } from '../../../src/cli/demo/load.js';
import { createPalette } from '../../../src/cli/demo/paint.js';
import { renderReport } from '../../../src/cli/demo/report.js';
import { DemoView, type Frame } from '../../../src/cli/demo/view.js';
import { systemClock } from '../../../src/core/clock.js';

function frame(rates: Record<string, number>): Frame {
  const balancer = new Balancer({
    pools: [
      {
        name: 'web',
        members: Object.keys(rates).map((name) => ({ name, address: '10.0.0.1:80' })),
      },
    ],
  });
  return {
    status: balancer.status(),
    rates: new Map(Object.entries(rates)),
    requests: 1234,
    failed: 0,
    retried: 2,
    p99Ms: 7.25,
  };
}

class Recorder {
  readonly isTTY: boolean;
  readonly columns: number;
  text = '';

  constructor(isTTY: boolean, columns = 100) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }
}

describe('DemoView', () => {
  test('writes a plain line per frame where it can not redraw', () => {
    for (const screen of [new Recorder(false), new Recorder(true, 60)]) {
      const view = new DemoView(screen, createPalette(false));
      view.show(frame({ blue: 100, green: 50 }));
      view.show(frame({ blue: 90, green: 0 }));
      expect(
        screen.text
          .trimEnd()
          .split('\n')
          .map((line) => line.trim()),
      ).toEqual(['blue 100/s  green  50/s  failed 0', 'blue  90/s  green   0/s  failed 0']);
    }
  });

  test('draws each frame over the one before, and the log above it', () => {
    const screen = new Recorder(true);
    const view = new DemoView(screen, createPalette(false));
    view.show(frame({ blue: 100, green: 50 }));
    const first = screen.text;
    expect(first).toContain(`blue    ${'█'.repeat(36)} 100/s`);
    expect(first).toContain(`green   ${'█'.repeat(18)}${' '.repeat(18)}  50/s`);
    const height = first.split('\n').length - 1;
    screen.text = '';
    view.log('kill');
    expect(screen.text).toBe(`\u001b[${height}A\u001b[Jkill\n${first}`);
    screen.text = '';
    view.end();
    view.log('over');
    expect(screen.text).toBe(`\u001b[${height}A\u001b[Jover\n`);
  });
});

describe('renderReport', () => {
  test('tells shares, failures, latency and the failover', () => {
    const load = new SteadyLoad(systemClock);
    for (let i = 1; i <= 100; i++) load.latenciesMs.push(i);
    load.answered.set('blue', 75);
    load.answered.set('green', 25);
    const failover = { member: 'green', detectedMs: 412.4, slowestMs: 9.04, retried: 3 };
    const lines = renderReport(load, failover, createPalette(false)).split('\n');
    expect(lines).toContain(`  blue             75  75.0 %  ${'█'.repeat(18)}`);
    expect(lines).toContain('  requests        100');
    expect(lines).toContain('  failed          0');
    expect(lines).toContain('  latency         p50 51.0 ms   p99 100.0 ms');
    expect(lines).toContain('  failover        green out of rotation 412 ms after kill -9');
  });

  test('names the last fault when requests failed', () => {
    const load = new SteadyLoad(systemClock);
    load.failed = 2;
    load.lastFault = 'status 502';
    const failover = { member: 'green', detectedMs: 1, slowestMs: 0, retried: 0 };
    expect(renderReport(load, failover, createPalette(false))).toContain('2 (status 502)');
  });
});

describe('quantile', () => {
  test.each([
    [[], 0.5, 0],
    [[7], 0.99, 7],
    [[3, 1, 2, 4], 0.5, 3],
    [[3, 1, 2, 4], 1, 4],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });
});

describe('createPalette', () => {
  test('colours, or leaves text alone', () => {
    expect(createPalette(true).bold('x')).toBe('\u001b[1mx\u001b[22m');
    expect(createPalette(false).bold('x')).toBe('x');
  });
});
