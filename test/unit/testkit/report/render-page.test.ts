import { describe, expect, test } from 'vitest';
import { renderClock, ticksUpTo } from '../../../../src/testkit/report/axis.js';
import { memberLanes } from '../../../../src/testkit/report/member-lanes.js';
import { renderMs } from '../../../../src/testkit/report/units.js';
import { simulate } from '../../../../src/testkit/simulator/simulate.js';
import { scenario } from '../simulator/scenario.js';

describe('the page of a simulation', () => {
  test('stands alone: no script, nothing loaded, every text escaped', async () => {
    const run = await simulate(
      scenario({
        name: 'a <b> & "c"',
        pair: { nodes: [{ name: 'a', priority: 200 }, { name: 'b' }] },
        faults: [{ at: '20s', do: 'kill', target: ['web-1', 'a'], for: '10s' }],
      }),
    );
    const page = run.toHtml();
    expect(page).toContain('<h1>a &lt;b&gt; &amp; &quot;c&quot;</h1>');
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|https?:|@import|url\(/);
    expect(page).toContain('kill web-1 a');
    expect(page).toContain('class="owner"');
    expect(page).not.toContain('NaN');
    expect(page.match(/<svg/g)).toHaveLength(1);
    expect(page.match(/<(\w+)[ >]/g)?.length).toBeGreaterThan(100);
  });

  test('the table has totals, failovers and members', async () => {
    const run = await simulate(
      scenario({ faults: [{ at: '20s', do: 'kill', target: 'web-1', for: '10s' }] }),
    );
    const text = run.toText();
    expect(text).toContain('balancer: 60 s, seed 1');
    expect(text).toMatch(/availability +100 %/);
    expect(text).toMatch(/kill web-1 +20 s/);
    expect(text).toMatch(/web-3 +[\d,]+/);
  });

  test('lanes follow the events of a member', () => {
    const event = (atMs: number, name: string, state?: string): object => ({
      atMs,
      name,
      member: 'm',
      reason: 'why',
      ...(state === undefined ? {} : { state }),
    });
    const [lane] = memberLanes(
      ['m'],
      [
        event(10, 'member:up'),
        event(20, 'member:draining'),
        event(30, 'member:state', 'ready'),
        event(40, 'member:down'),
      ] as never,
      100,
    );
    expect(lane?.stretches.map(({ state, fromMs, toMs }) => `${state} ${fromMs}-${toMs}`)).toEqual([
      'unknown 0-10',
      'up 10-20',
      'draining 20-30',
      'up 30-40',
      'down 40-100',
    ]);
  });

  test.each([
    [0, '0 s'],
    [0.25, '250 us'],
    [12.34, '12.3 ms'],
    [4250, '4.25 s'],
    [200_000, '3 min 20 s'],
    [null, '-'],
  ])('%s ms is written %s', (ms, text) => {
    expect(renderMs(ms)).toBe(text);
  });

  test('ticks are round, and times read as clocks', () => {
    expect(ticksUpTo(90, 4)).toEqual([0, 50]);
    expect(ticksUpTo(300, 4)).toEqual([0, 100, 200, 300]);
    expect(renderClock(65_250)).toBe('1:05.25');
    expect(renderClock(3_600_000)).toBe('1:00:00');
  });
});
