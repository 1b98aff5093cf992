import { describe, expect, test, vi } from 'vitest';
import { type Random, seededRandom } from '../../../src/core/random.js';
import {
  HealthChecker,
  type HealthListener,
  MAX_CHECKS_IN_FLIGHT,
} from '../../../src/health/health-checker.js';
import type { ProbeResult } from '../../../src/health/probe.js';
import type { MonitorConfig } from '../../../src/spec/config.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';
import { monitorOf } from './monitor.js';
import { ScriptedProbe } from './scripted-probe.js';

/** No jitter: the middle of the range. */
const MIDDLE: Random = { next: () => 0.5 };
const WEB_1 = { host: '10.0.0.1', port: 80, name: 'web-1' };

/** A listener that writes down what it hears. */
function createRecorder(): HealthListener & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    onHealth: (flip) => heard.push(`${flip.state}: ${flip.reason}`),
    onCheck: (check) => heard.push(check.ok ? 'good' : `bad: ${check.reason}`),
    onDrainAsked: (isDraining) => heard.push(isDraining ? 'drain' : 'no drain'),
  };
}

function setUp(changes: Partial<MonitorConfig> = {}, probe = new ScriptedProbe(), random = MIDDLE) {
  const clock = new VirtualClock();
  const config = monitorOf(changes);
  const checker = new HealthChecker(config, { environment: { clock, random }, probe });
  return { clock, checker, probe, recorder: createRecorder() };
}

/** When each check of one target began, for given answers, over `forMs`. */
async function startTimes(
  changes: Partial<MonitorConfig>,
  answers: (boolean | ProbeResult)[],
  forMs: number,
): Promise<number[]> {
  const clock = new VirtualClock();
  const times: number[] = [];
  const queue = [...answers];
  const probe = {
    check: () => {
      times.push(clock.now());
      const next = (queue.length > 1 ? queue.shift() : queue[0]) ?? true;
      return Promise.resolve(typeof next === 'boolean' ? { ok: next, reason: '' } : next);
    },
  };
  const environment = { clock, random: MIDDLE };
  await using checker = new HealthChecker(monitorOf(changes), { environment, probe });
  checker.watch(WEB_1, createRecorder());
  await clock.advanceAsync(forMs);
  return times;
}

describe('HealthChecker, results', () => {
  test('one good check brings an unknown target up, and the listener hears check before flip', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(true));
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['good', 'up: fine']);
  });

  test('one bad check takes an unknown target down', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(false));
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['bad: broken', 'down: broken']);
  });

  test('later it takes `fall` bad checks, and the last one gives the reason', async () => {
    const { clock, checker, recorder } = setUp(
      { fall: 2 },
      new ScriptedProbe(true, { ok: false, reason: 'first' }, { ok: false, reason: 'second' }),
    );
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(10_000);
    expect(recorder.heard).toEqual([
      'good',
      'up: fine',
      'bad: first',
      'bad: second',
      'down: second',
    ]);
  });

  test('flips are told once, not per check', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(false));
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(50_000);
    expect(recorder.heard.filter((line) => line.startsWith('down'))).toHaveLength(1);
    expect(recorder.heard.filter((line) => line.startsWith('bad'))).toHaveLength(11);
  });

  test('a target that starts up needs `fall` failures, one that starts down `rise` good checks', async () => {
    const up = setUp({ initial: 'up', fall: 2 }, new ScriptedProbe(false));
    up.checker.watch(WEB_1, up.recorder);
    await up.clock.advanceAsync(5000);
    expect(up.recorder.heard).toEqual(['bad: broken', 'bad: broken', 'down: broken']);
    const down = setUp({ initial: 'down' }, new ScriptedProbe(true));
    down.checker.watch(WEB_1, down.recorder);
    await down.clock.advanceAsync(5000);
    expect(down.recorder.heard).toEqual(['good', 'good', 'up: fine']);
    expect(down.checker.initialState()).toBe('down');
  });

  test('a check that fails for want of descriptors here is told, and counts neither way', async () => {
    const { clock, checker, probe, recorder } = setUp({ fall: 1, rise: 1 });
    checker.watch(WEB_1, recorder);
    let asked = 0;
    const answer = async (result: boolean | 'EMFILE'): Promise<void> => {
      asked++;
      while (probe.questions.length < asked) await clock.advanceAsync(100);
      if (result === 'EMFILE') probe.last.fail(Object.assign(new Error(), { code: result }));
      else probe.last.answer(result);
      await clock.advanceAsync(0);
    };
    for (const result of ['EMFILE', true, 'EMFILE', false, 'EMFILE'] as const) await answer(result);
    const ours = 'bad: too many open files here';
    expect(recorder.heard).toEqual([
      ours,
      'good',
      'up: fine',
      ours,
      'bad: broken',
      'down: broken',
      ours,
    ]);
  });

  test('a rejected check is a failure whose reason is the error', async () => {
    const { clock, checker, probe, recorder } = setUp();
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    probe.last.fail(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['bad: connect refused', 'down: connect refused']);
  });

  test('a probe that throws instead of rejecting is a failure too', async () => {
    const clock = new VirtualClock();
    const recorder = createRecorder();
    const probe = {
      check: () => {
        throw new Error('thrown');
      },
    };
    const checker = new HealthChecker(monitorOf(), { environment: { clock }, probe });
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['bad: thrown', 'down: thrown']);
  });

  test('a check has its end in Unix time and its length', async () => {
    const { clock, checker, probe } = setUp();
    const checks: unknown[] = [];
    checker.watch(WEB_1, { ...createRecorder(), onCheck: (check) => checks.push(check) });
    await clock.advanceAsync(0);
    await clock.advanceAsync(120);
    probe.last.answer(true);
    await clock.advanceAsync(0);
    expect(checks).toEqual([{ at: clock.wallTime(), ok: true, reason: 'fine', durationMs: 120 }]);
  });

  test('drain is told when the target begins to ask for it and when it ceases', async () => {
    const drain = { ok: true, reason: 'status 404', drain: true };
    const { clock, checker, recorder } = setUp(
      {},
      new ScriptedProbe(true, drain, drain, false, true, true),
    );
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(20_000);
    expect(recorder.heard).toEqual([
      'good',
      'up: fine',
      'good',
      'drain',
      'good',
      // A bad check says nothing about it.
      'bad: broken',
      'good',
      'no drain',
    ]);
  });
});

describe('HealthChecker, code of the host', () => {
  test('a probe that returns nothing is a failure, and the checks go on', async () => {
    const nothing: unknown = undefined;
    let asked = 0;
    const probe = {
      check: () => {
        asked++;
        return Promise.resolve(nothing as ProbeResult);
      },
    };
    const clock = new VirtualClock();
    const environment = { clock, random: MIDDLE };
    await using checker = new HealthChecker(monitorOf(), { environment, probe });
    const recorder = createRecorder();
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(5000);
    expect(asked).toBe(2);
    expect(recorder.heard[0]).toBe('bad: the check returned no result');
  });

  test('a listener that throws keeps nothing from the others, and its error is thrown later', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(true));
    checker.watch(WEB_1, {
      ...createRecorder(),
      onCheck: () => {
        throw new Error('my fault');
      },
    });
    checker.watch(WEB_1, recorder);
    const later: (() => void)[] = [];
    vi.stubGlobal('queueMicrotask', (callback: () => void) => later.push(callback));
    try {
      await clock.advanceAsync(0);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(recorder.heard).toEqual(['good', 'up: fine']);
    expect(later).toHaveLength(1);
    expect(later[0]).toThrow('my fault');
    await checker.close();
  });
});

describe('HealthChecker, times', () => {
  test('the next check starts an interval after the end of the last', async () => {
    const { clock, checker, probe, recorder } = setUp({ interval: 1000, fastInterval: 1000 });
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    await clock.advanceAsync(700);
    probe.last.answer(true);
    await clock.advanceAsync(999);
    expect(probe.questions).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(probe.questions).toHaveLength(2);
  });

  test('it is fast while going up or down, slow while down, and normal while up', async () => {
    const times = await startTimes(
      { interval: 1000, fastInterval: 100, downInterval: 3000, fall: 3, rise: 2 },
      [true, true, false, false, false, false, true, true, true, true],
      13_000,
    );
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    // up, up, going down twice, down, down, going up, up ...
    expect(gaps.slice(0, 8)).toEqual([1000, 1000, 100, 100, 3000, 3000, 100, 1000]);
  });

  test('a check that lasts longer than the timeout is a failure that names the limit', async () => {
    const { clock, checker, probe, recorder } = setUp({ timeout: 2000 });
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    await clock.advanceAsync(1999);
    expect(probe.last.signal.aborted).toBe(false);
    await clock.advanceAsync(1);
    expect(probe.last.signal.aborted).toBe(true);
    expect(recorder.heard).toEqual(['bad: timeout after 2s', 'down: timeout after 2s']);
  });

  test('an answer after the timeout changes nothing', async () => {
    const { clock, checker, probe, recorder } = setUp({ timeout: 100 });
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(100);
    probe.last.answer(true);
    await clock.advanceAsync(10);
    expect(recorder.heard).toEqual(['bad: timeout after 100ms', 'down: timeout after 100ms']);
  });

  test('a probe that ignores its timeout is not asked again before it ends, and goes down', async () => {
    const { clock, checker, probe, recorder } = setUp({ initial: 'up', timeout: 100, fall: 3 });
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(20_000);
    expect(probe.questions).toHaveLength(1);
    expect(recorder.heard).toContain('down: timeout after 100ms, and still not ended');
    probe.answers = [true];
    probe.last.answer(true);
    await clock.advanceAsync(10_000);
    expect(probe.questions.length).toBeGreaterThan(1);
    expect(probe.maxOpen).toBe(1);
    expect(recorder.heard.at(-1)).toBe('up: fine');
  });

  test('intervals stray by at most a tenth, to both sides', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const probe = {
      check: () => {
        times.push(clock.now());
        return Promise.resolve({ ok: true, reason: '' });
      },
    };
    const environment = { clock, random: seededRandom(7) };
    const checker = new HealthChecker(monitorOf({ interval: 1000 }), { environment, probe });
    checker.watch(WEB_1, createRecorder());
    await clock.advanceAsync(200_000);
    await checker.close();
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(900);
    expect(Math.min(...gaps)).toBeLessThan(920);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1100);
    expect(Math.max(...gaps)).toBeGreaterThan(1080);
  });
});

/** When the first checks of `count` targets began, sorted. */
async function firstStarts(count: number, changes: Partial<MonitorConfig>): Promise<number[]> {
  const clock = new VirtualClock();
  const times = new Map<string, number>();
  const probe = {
    check: (target: { name: string }) => {
      if (!times.has(target.name)) times.set(target.name, clock.now());
      return Promise.resolve({ ok: true, reason: '' });
    },
  };
  const environment = { clock, random: MIDDLE };
  await using checker = new HealthChecker(monitorOf(changes), { environment, probe });
  for (let i = 0; i < count; i++)
    checker.watch({ host: `10.0.0.${i}`, port: 80, name: `m${i}` }, createRecorder());
  await clock.advanceAsync(1000);
  return [...times.values()].sort((a, b) => a - b);
}

describe('HealthChecker, first checks', () => {
  test('the first target is checked at once', async () => {
    expect(await firstStarts(1, {})).toEqual([0]);
  });

  test('many are spread evenly over one second', async () => {
    const times = await firstStarts(100, { interval: 5000 });
    expect(times).toHaveLength(100);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inside = times.filter((time) => time >= tenth * 100 && time < (tenth + 1) * 100);
      expect(inside.length).toBeGreaterThanOrEqual(8);
      expect(inside.length).toBeLessThanOrEqual(12);
    }
  });

  test('over the interval if that is shorter', async () => {
    const times = await firstStarts(20, { interval: 200, fastInterval: 200 });
    expect(times.at(-1)).toBeLessThan(200);
    expect(times.at(-1)).toBeGreaterThan(150);
  });

  test('a target added later is checked at once, however many there are', async () => {
    const { clock, checker, probe, recorder } = setUp({}, new ScriptedProbe(true));
    for (let i = 0; i < 50; i++)
      checker.watch({ host: `10.0.1.${i}`, port: 80, name: `m${i}` }, createRecorder());
    await clock.advanceAsync(1000);
    const before = probe.questions.length;
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    expect(probe.questions.slice(before).map((question) => question.target.name)).toEqual([
      'web-1',
    ]);
  });
});

describe('HealthChecker, many targets', () => {
  test('at most 64 checks run at once, and the others follow in order', async () => {
    const { clock, checker, probe } = setUp({ fastInterval: 10, timeout: 60_000 });
    for (let i = 0; i < 200; i++)
      checker.watch({ host: 'h', port: i + 1, name: `m${i}` }, createRecorder());
    await clock.advanceAsync(1000);
    expect(probe.open).toBe(MAX_CHECKS_IN_FLIGHT);
    for (const question of probe.questions.slice()) question.answer(true);
    await clock.advanceAsync(0);
    expect(probe.questions).toHaveLength(2 * MAX_CHECKS_IN_FLIGHT);
    expect(probe.maxOpen).toBe(MAX_CHECKS_IN_FLIGHT);
    const names = new Set(probe.questions.map((question) => question.target.name));
    expect(names.size).toBe(2 * MAX_CHECKS_IN_FLIGHT);
  });

  test('the timeout counts from the start of the check, not from the wait for a slot', async () => {
    const { clock, checker, probe } = setUp({ interval: 1e6, fastInterval: 10, timeout: 1000 });
    for (let i = 0; i <= MAX_CHECKS_IN_FLIGHT; i++)
      checker.watch({ host: 'h', port: i + 1, name: `m${i}` }, createRecorder());
    await clock.advanceAsync(900);
    for (const question of probe.questions.slice()) question.answer(true);
    await clock.advanceAsync(0);
    expect(probe.questions).toHaveLength(MAX_CHECKS_IN_FLIGHT + 1);
    await clock.advanceAsync(999);
    expect(probe.last.signal.aborted).toBe(false);
    await clock.advanceAsync(1);
    expect(probe.last.signal.aborted).toBe(true);
  });

  test('a silent target holds its slot only until the timeout', async () => {
    const { clock, checker, probe } = setUp({ fastInterval: 10, timeout: 1000, downInterval: 1e6 });
    for (let i = 0; i < MAX_CHECKS_IN_FLIGHT + 1; i++)
      checker.watch({ host: 'h', port: i + 1, name: `m${i}` }, createRecorder());
    await clock.advanceAsync(999);
    expect(probe.questions).toHaveLength(MAX_CHECKS_IN_FLIGHT);
    await clock.advanceAsync(10);
    expect(probe.questions).toHaveLength(MAX_CHECKS_IN_FLIGHT + 1);
  });
});

describe('HealthChecker, shared', () => {
  test('two watchers of one address share its checks and both hear', async () => {
    const { clock, checker, probe, recorder } = setUp({}, new ScriptedProbe(true));
    const other = createRecorder();
    checker.watch(WEB_1, recorder);
    checker.watch({ ...WEB_1, name: 'same-box' }, other);
    await clock.advanceAsync(0);
    expect(probe.questions).toHaveLength(1);
    expect(recorder.heard).toEqual(['good', 'up: fine']);
    expect(other.heard).toEqual(recorder.heard);
  });

  test('a port of the monitor makes one target of all ports of a host', async () => {
    const { clock, checker, probe, recorder } = setUp({ port: 8081 }, new ScriptedProbe(true));
    checker.watch(WEB_1, recorder);
    checker.watch({ ...WEB_1, port: 81 }, createRecorder());
    await clock.advanceAsync(0);
    expect(probe.questions.map(({ target }) => target.port)).toEqual([8081]);
  });

  test('who comes later hears soon, but not from within watch, what is known', async () => {
    const drain = { ok: true, reason: 'status 404', drain: true };
    const { clock, checker, probe, recorder } = setUp({}, new ScriptedProbe(drain));
    checker.watch(WEB_1, createRecorder());
    await clock.advanceAsync(0);
    checker.watch(WEB_1, recorder);
    expect(recorder.heard).toEqual([]);
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['good', 'drain', 'up: status 404']);
    expect(probe.questions).toHaveLength(1);
  });

  test('who comes while a healthy target has begun to fail hears why it is up', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(true, false));
    checker.watch(WEB_1, createRecorder());
    await clock.advanceAsync(5000);
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['bad: broken', 'up: fine']);
  });

  test('a watcher that takes its target to drain is told by the first good check that it does not', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(false, true));
    checker.watch(WEB_1, recorder, { initial: 'up', isDraining: true });
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['bad: broken']);
    await clock.advanceAsync(5000);
    expect(recorder.heard).toEqual(['bad: broken', 'good', 'no drain']);
  });

  test('who comes later and leaves at once hears nothing', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(true));
    checker.watch(WEB_1, createRecorder());
    await clock.advanceAsync(0);
    checker.watch(WEB_1, recorder)();
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual([]);
  });

  test('a watcher that believes otherwise is told by the first check that says so', async () => {
    const { clock, checker, recorder } = setUp({}, new ScriptedProbe(false, true));
    checker.watch(WEB_1, createRecorder(), { initial: 'up' });
    checker.watch(WEB_1, recorder, { initial: 'unknown' });
    await clock.advanceAsync(0);
    expect(recorder.heard).toEqual(['bad: broken']);
    await clock.advanceAsync(5000);
    expect(recorder.heard).toEqual(['bad: broken', 'good', 'up: fine']);
  });

  test('a watcher that knows its target as up loses it only after `fall` failures', async () => {
    const { clock, checker, recorder } = setUp({ fall: 3 }, new ScriptedProbe(false));
    checker.watch(WEB_1, recorder, { initial: 'up' });
    await clock.advanceAsync(5000);
    expect(recorder.heard).not.toContain('down: broken');
    await clock.advanceAsync(5000);
    expect(recorder.heard.at(-1)).toBe('down: broken');
  });

  test('the checks go on until the last watcher leaves', async () => {
    const { clock, checker, probe, recorder } = setUp({}, new ScriptedProbe(true));
    const stopFirst = checker.watch(WEB_1, recorder);
    const stopSecond = checker.watch(WEB_1, createRecorder());
    stopFirst();
    stopFirst();
    await clock.advanceAsync(0);
    expect(probe.questions).toHaveLength(1);
    expect(recorder.heard).toEqual([]);
    stopSecond();
    expect(clock.pending).toBe(0);
    await clock.advanceAsync(60_000);
    expect(probe.questions).toHaveLength(1);
  });

  test('a stop of an earlier watch does not end checks begun anew', async () => {
    const { clock, checker, probe, recorder } = setUp({}, new ScriptedProbe(true));
    const stop = checker.watch(WEB_1, createRecorder());
    stop();
    checker.watch(WEB_1, recorder);
    stop();
    await clock.advanceAsync(1000);
    expect(probe.questions).toHaveLength(1);
    expect(recorder.heard).toEqual(['good', 'up: fine']);
  });

  test('a custom check sees the name, so other names are other targets', async () => {
    const { clock, checker, probe } = setUp(
      { type: 'custom', use: 'mine' },
      new ScriptedProbe(true),
    );
    checker.watch(WEB_1, createRecorder());
    checker.watch({ ...WEB_1, name: 'web-2' }, createRecorder());
    await clock.advanceAsync(1000);
    expect(probe.questions.map(({ target }) => target.name)).toEqual(['web-1', 'web-2']);
  });
});

describe('HealthChecker, end', () => {
  test('close stops timers and running checks, and nobody hears of it', async () => {
    const { clock, checker, probe, recorder } = setUp();
    checker.watch(WEB_1, recorder);
    checker.watch({ ...WEB_1, port: 81 }, recorder);
    await clock.advanceAsync(0);
    expect(probe.open).toBe(1);
    await checker.close();
    await checker.close();
    expect(probe.last.signal.aborted).toBe(true);
    expect(clock.pending).toBe(0);
    probe.last.answer(true);
    await clock.advanceAsync(60_000);
    expect(recorder.heard).toEqual([]);
    expect(probe.questions).toHaveLength(1);
  });

  test('checks in line for a slot never begin after close', async () => {
    const { clock, checker, probe } = setUp({ fastInterval: 10, timeout: 60_000 });
    for (let i = 0; i < 100; i++)
      checker.watch({ host: 'h', port: i + 1, name: `m${i}` }, createRecorder());
    await clock.advanceAsync(20);
    await checker.close();
    expect(probe.questions).toHaveLength(MAX_CHECKS_IN_FLIGHT);
    expect(clock.pending).toBe(0);
  });

  test('watching a closed checker is refused', async () => {
    const { checker, recorder } = setUp();
    await checker.close();
    expect(() => checker.watch(WEB_1, recorder)).toThrow(
      expect.objectContaining({ code: 'EK_CLOSED' }),
    );
  });

  test('a listener may stop its own watch', async () => {
    const { clock, checker, probe } = setUp({}, new ScriptedProbe(true));
    const stop = checker.watch(WEB_1, { ...createRecorder(), onCheck: () => stop() });
    await clock.advanceAsync(60_000);
    expect(probe.questions).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('HealthChecker, monitors', () => {
  test('takes the short form, a spec, and a spec written out', () => {
    const short = new HealthChecker('http:/health:5s').config;
    const written = new HealthChecker({ type: 'http', path: '/health', interval: '5s' }).config;
    expect(short).toEqual(written);
    expect(short).toMatchObject({ interval: 5000, timeout: 2000, fall: 3, rise: 2 });
    expect(new HealthChecker(short).config).toEqual(short);
  });

  test('refuses a monitor with faults, all of them at once', () => {
    expect(() => new HealthChecker({ type: 'tcp', fall: 0, path: '/x' })).toThrow(
      /fall.*\n.*path|path.*\n.*fall/,
    );
  });

  test('refuses exec unless the host allows it', () => {
    const monitor = { type: 'exec', command: ['true'] } as const;
    expect(() => new HealthChecker(monitor)).toThrow(/allowExec/);
    expect(new HealthChecker(monitor, { allowExec: true }).config.type).toBe('exec');
  });

  test('with a probe of its own a custom monitor needs no extension', async () => {
    const clock = new VirtualClock();
    const probe = new ScriptedProbe(true);
    const checker = new HealthChecker({ type: 'custom' }, { environment: { clock }, probe });
    checker.watch(WEB_1, createRecorder());
    await clock.advanceAsync(0);
    expect(probe.questions).toHaveLength(1);
  });
});

describe('HealthChecker, by the word of another node', () => {
  const ASKED = { interval: 1000, fastInterval: 1000, downInterval: 1000 };

  test('a target that was never checked is down until good checks say otherwise', async () => {
    const probe = new ScriptedProbe();
    const { clock, checker, recorder } = setUp({ ...ASKED, initial: 'up' }, probe);
    checker.watch(WEB_1, recorder);
    checker.doubt(WEB_1, 'status 500');
    expect(recorder.heard).toEqual(['down: status 500']);
    probe.answers = [true];
    await clock.advanceAsync(0);
    expect(recorder.heard.at(-1)).toBe('good');
    await clock.advanceAsync(1000);
    expect(recorder.heard.at(-1)).toBe('up: fine');
  });

  test('a target whose last check was good stays up; one bad check then takes it down', async () => {
    const probe = new ScriptedProbe(true);
    const { clock, checker, recorder } = setUp(ASKED, probe);
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    checker.doubt(WEB_1, 'status 500');
    expect(recorder.heard).toEqual(['good', 'up: fine']);
    probe.answers = [false];
    await clock.advanceAsync(1000);
    expect(recorder.heard.slice(2)).toEqual(['bad: broken', 'down: broken']);
  });

  test('a good check, or the other node, ends the doubt', async () => {
    const probe = new ScriptedProbe(true);
    const { clock, checker, recorder } = setUp(ASKED, probe);
    checker.watch(WEB_1, recorder);
    await clock.advanceAsync(0);
    checker.doubt(WEB_1, 'status 500');
    await clock.advanceAsync(1000);
    checker.doubt(WEB_1, 'status 500');
    checker.doubt(WEB_1, undefined);
    probe.answers = [false];
    await clock.advanceAsync(1000);
    expect(recorder.heard).toEqual(['good', 'up: fine', 'good', 'bad: broken']);
  });
});
