import { describe, expect, test } from 'vitest';
import { initialHaState, stepHa } from '../../../src/ha/machine.js';
import type {
  HaAction,
  HaAdvert,
  HaInput,
  HaSettings,
  HaState,
} from '../../../src/ha/machine-types.js';

/** One node with a clock that is stepped by hand. */
class Bench {
  nowMs = 0;
  state: HaState;
  dueAtMs = Number.POSITIVE_INFINITY;
  actions: readonly HaAction[] = [];
  readonly settings: HaSettings;

  constructor(settings: Partial<HaSettings> = {}) {
    this.settings = {
      node: 'n5',
      priority: 100,
      preempt: true,
      preemptDelayMs: 0,
      advertIntervalMs: 1000,
      checksGateway: false,
      peers: ['peer'],
      ...settings,
    };
    this.state = initialHaState(this.settings);
  }

  feed(input: HaInput): this {
    const { state, actions, dueAtMs } = stepHa(this.settings, this.state, input, this.nowMs);
    this.state = state;
    this.actions = actions;
    this.dueAtMs = dueAtMs;
    return this;
  }

  /** Lets timers fire on time until `untilMs`, or until it is active. */
  run(untilMs: number, stopWhenActive = false): this {
    while (this.dueAtMs <= untilMs) {
      this.nowMs = this.dueAtMs;
      this.feed({ type: 'timer' });
      if (stopWhenActive && this.state.role === 'active') return this;
    }
    this.nowMs = untilMs;
    return this;
  }

  hear(changes: Partial<HaAdvert> = {}, from = 'peer'): this {
    const advert = {
      node: 'n6',
      isActive: true,
      priority: 200,
      intervalMs: 1000,
      successor: undefined,
      replaces: undefined,
      wantsReply: false,
      ...changes,
    };
    return this.feed({ type: 'advert', from, advert });
  }

  get did(): readonly string[] {
    return this.actions.map((action) => (action.type === 'event' ? action.name : action.type));
  }

  get sent(): readonly HaAdvert[] {
    return this.actions.flatMap((action) => (action.type === 'send' ? [action.advert] : []));
  }

  get reasons(): readonly string[] {
    return this.actions.flatMap((action) => (action.type === 'event' ? [action.reason] : []));
  }
}

function started(settings: Partial<HaSettings> = {}): Bench {
  return new Bench(settings).feed({ type: 'start' });
}

function active(settings: Partial<HaSettings> = {}): Bench {
  return started(settings).run(4000, true).feed({ type: 'acquired' });
}

describe('a node that starts', () => {
  test('is a backup, says so, and asks who is active', () => {
    const bench = started();
    expect(bench.did).toEqual(['ha:backup', 'send']);
    expect(bench.sent[0]).toMatchObject({ isActive: false, priority: 100, wantsReply: true });
  });

  // RFC 9568 6.1: 3 x 1 s + (256 - priority) / 256 x 1 s.
  test.each([
    [200, 3218.75],
    [100, 3609.375],
    [254, 3007.8125],
  ])('takes over with priority %i after %d ms of silence', (priority, afterMs) => {
    const bench = started({ priority }).run(10_000, true);
    expect(bench.nowMs).toBe(afterMs);
    expect(bench.did).toEqual(['ha:active', 'send', 'acquire']);
  });

  test('does nothing a second time', () => {
    const bench = started();
    const before = bench.state;
    expect(bench.feed({ type: 'start' }).state).toBe(before);
  });
});

describe('a backup', () => {
  test('takes over a down interval after the last advert, which the active one sets', () => {
    const bench = started().run(500).hear({ intervalMs: 100 }).run(10_000, true);
    expect(bench.nowMs).toBe(500 + 360.9375);
  });

  test('follows one of equal priority, whatever its name', () => {
    const bench = started().run(3000).hear({ priority: 100, node: 'n1' });
    expect(bench.run(6000).state.role).toBe('backup');
  });

  test('does not listen to a lower one that it may relieve, and takes its address before it says so', () => {
    const bench = started({ priority: 150 }).run(3400).hear({ priority: 100 }).run(10_000, true);
    expect(bench.nowMs).toBe(3414.0625);
    expect(bench.did).toEqual(['ha:active', 'acquire']);
    expect(bench.feed({ type: 'acquired' }).sent[0]).toMatchObject({
      isActive: true,
      replaces: 'n6',
    });
  });

  test('follows a lower one when it may not relieve it', () => {
    const bench = started({ preempt: false }).run(3000).hear({ priority: 50 });
    expect(bench.run(6000).state.role).toBe('backup');
  });

  test('follows a lower one for the delay, and relieves it then', () => {
    const bench = started({ preemptDelayMs: 5000 });
    for (let at = 1000; at <= 8000; at += 1000) bench.run(at, true).hear({ priority: 50 });
    bench.run(20_000, true);
    // Followed last at 5 s, 4 s after the first; from 6 s on its adverts count for nothing.
    expect(bench.nowMs).toBe(5000 + 3609.375);
  });

  test('takes over at once when the resigning one names it', () => {
    const bench = started().run(1000).hear().run(1500).hear({ priority: 0, successor: 'n5' });
    expect(bench.did).toEqual(['ha:active', 'send', 'acquire']);
  });

  test('waits its skew time when the resigning one names another', () => {
    const bench = started().run(1000).hear().hear({ priority: 0, successor: 'n9' });
    expect(bench.run(10_000, true).nowMs).toBe(1609.375);
  });

  test('takes over when the active one restarts and had named it', () => {
    const bench = started().hear({ successor: 'n5' }).run(300).hear({ isActive: false });
    expect(bench.state.role).toBe('active');
    expect(bench.reasons).toContain('peer is no longer active');
  });

  test('takes no resignation from one that is not active', () => {
    const bench = started({ peers: ['peer', 'other'] }).hear();
    bench.hear({ node: 'n2', priority: 0, successor: 'n5' }, 'other');
    expect(bench.state.role).toBe('backup');
  });

  test('reads what came meanwhile when it was stopped', () => {
    const bench = started().run(1000).hear();
    bench.nowMs = 9000;
    expect(bench.feed({ type: 'timer' }).state.role).toBe('backup');
    bench.hear();
    expect(bench.run(12_000).state.role).toBe('backup');
    bench.nowMs = 20_000;
    bench.feed({ type: 'timer' });
    expect(bench.run(21_000, true).nowMs).toBe(20_050);
  });

  test('takes a silent one for lost before it takes over, though its own advert is late', () => {
    const bench = started().run(1000).hear().run(4600);
    bench.nowMs = 4615;
    // Its own advert was due at 4 s, and nothing ran since: less late than the down timer allows.
    bench.state = { ...bench.state, advertAtMs: 4100 };
    bench.feed({ type: 'timer' });
    expect(bench.did).toEqual(['send', 'ha:peer-lost', 'ha:active', 'send', 'acquire']);
    expect(bench.reasons).toContain('no advert for a down interval');
  });

  test('tells once that a peer is lost, and when it is back', () => {
    const bench = started().hear({ isActive: false, priority: 50 });
    expect(bench.did).toEqual(['ha:peer-found']);
    const lost: string[] = [];
    while (bench.nowMs < 8000) {
      bench.run(bench.dueAtMs);
      lost.push(...bench.did.filter((name) => name === 'ha:peer-lost'));
    }
    expect(lost).toHaveLength(1);
    expect(bench.hear({ isActive: false }).did).toContain('ha:peer-found');
  });
});

describe('a backup whose connection to the active one is reset', () => {
  test('takes over when four quick probes stay unanswered', () => {
    const bench = started().run(1000).hear({ successor: 'n5' });
    bench.feed({ type: 'link-lost', peer: 'peer' });
    expect(bench.sent).toMatchObject([{ wantsReply: true, isActive: false }]);
    expect(bench.run(5000, true).nowMs).toBe(1180);
    expect(bench.did).toEqual(['ha:peer-lost', 'ha:active', 'send', 'acquire']);
  });

  test('stays when one of them is answered', () => {
    const bench = started().run(1000).hear({ successor: 'n5' });
    bench.feed({ type: 'link-lost', peer: 'peer' }).run(1100).hear({ successor: 'n5' });
    expect(bench.run(4000).state.role).toBe('backup');
  });

  test('stays when another one is next', () => {
    const bench = started().run(1000).hear({ successor: 'n9' });
    expect(bench.feed({ type: 'link-lost', peer: 'peer' }).actions).toEqual([]);
    expect(bench.run(10_000, true).nowMs).toBe(4609.375);
  });

  test('stays when it was not the active one', () => {
    const bench = started().run(1000).hear({ isActive: false });
    expect(bench.feed({ type: 'link-lost', peer: 'peer' }).actions).toEqual([]);
  });
});

describe('a backup that has to ask a gateway', () => {
  const settings = { checksGateway: true };

  test('takes over when it answers', () => {
    const bench = started(settings).run(3700);
    expect(bench.actions.at(-1)).toEqual({ type: 'check-gateway' });
    expect(bench.state.role).toBe('backup');
    expect(bench.feed({ type: 'gateway', answers: true }).did).toEqual([
      'ha:active',
      'send',
      'acquire',
    ]);
  });

  test('stays when it does not, tells it once, and asks again every interval', () => {
    const bench = started(settings).run(3609.375).feed({ type: 'gateway', answers: false });
    expect(bench.did).toEqual(['ha:blocked']);
    bench.run(4609.375);
    expect(bench.did).toContain('check-gateway');
    expect(bench.feed({ type: 'gateway', answers: false }).did).toEqual([]);
    expect(bench.state.role).toBe('backup');
  });

  test('forgets the answer when an active one is heard before', () => {
    const bench = started(settings).run(3609.375).hear();
    bench.feed({ type: 'gateway', answers: true });
    expect(bench.state.role).toBe('backup');
  });
});

describe('an active one', () => {
  test('sends an advert every interval and names the best living other as the next', () => {
    const bench = active({ peers: ['peer', 'other'] });
    bench
      .hear({ isActive: false, priority: 50 })
      .hear({ isActive: false, priority: 60, node: 'n2' }, 'other');
    bench.run(bench.state.advertAtMs);
    expect(bench.sent).toMatchObject([{ isActive: true, priority: 100, successor: 'n2' }]);
    bench.run(bench.nowMs + 2000).hear({ isActive: false, priority: 50 });
    bench.run(bench.nowMs + 2000);
    expect(bench.sent.at(-1)?.successor).toBe('n6');
  });

  test('yields to a better active one and tells the conflict', () => {
    const bench = active().hear();
    expect(bench.did).toEqual(['ha:peer-found', 'ha:conflict', 'ha:backup', 'release', 'send']);
  });

  test('yields without a conflict to one that says whom it relieves', () => {
    const bench = active().hear({ replaces: 'n5' });
    expect(bench.did).toEqual(['ha:peer-found', 'ha:backup', 'release', 'send']);
  });

  test.each([
    ['n4', 'active'],
    ['n6', 'backup'],
  ])('of two with equal priority, with %s, is %s: the greater name wins', (node, role) => {
    expect(active().hear({ priority: 100, node }).state.role).toBe(role);
  });

  test('stays before a lower one, tells the conflict once, and the network where the address is', () => {
    const bench = active().hear({ priority: 50 });
    expect(bench.did).toEqual(['ha:peer-found', 'ha:conflict', 'announce', 'send']);
    expect(bench.hear({ priority: 50 }).did).toEqual(['announce', 'send']);
  });

  test('tells the network again when the other one was away', () => {
    const bench = active().hear({ isActive: false });
    expect(bench.did).toEqual(['ha:peer-found', 'announce']);
    expect(bench.hear({ isActive: false }).did).toEqual([]);
  });

  test('answers a probe at once', () => {
    const bench = active().hear({ isActive: false }).hear({ isActive: false, wantsReply: true });
    expect(bench.sent).toMatchObject([{ isActive: true, priority: 100 }]);
  });

  test('names its successor when it resigns, three times, and lets go', () => {
    const bench = active().hear({ isActive: false }).feed({ type: 'resign' });
    expect(bench.did).toEqual(['send', 'release', 'ha:backup']);
    expect(bench.actions[0]).toMatchObject({ copies: 3, advert: { priority: 0, successor: 'n6' } });
    expect(bench.dueAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('goes without a word when it is detached', () => {
    expect(active().feed({ type: 'detach' }).actions).toEqual([]);
  });

  test('hands over when its priority sinks below a living backup', () => {
    const bench = active().hear({ isActive: false, priority: 90 });
    bench.feed({ type: 'priority', priority: 95, reason: 'pool "web"' });
    expect(bench.did).toEqual(['send']);
    bench.feed({ type: 'priority', priority: 80, reason: 'pool "web"' });
    expect(bench.did).toEqual(['send', 'ha:backup', 'release', 'send']);
    expect(bench.sent[0]).toMatchObject({ priority: 0, successor: 'n6' });
  });

  test('stays, however low, while nobody else lives', () => {
    const bench = active().feed({ type: 'priority', priority: 1, reason: 'pool "web"' });
    expect(bench.state.role).toBe('active');
  });

  test('steps down when it was stopped for a down interval and another one may have taken over', () => {
    const bench = active().hear({ isActive: false });
    bench.nowMs += 9000;
    bench.feed({ type: 'timer' });
    expect(bench.did).toEqual(['ha:backup', 'release', 'send']);
    expect(bench.reasons).toEqual(['was stopped for 8000 ms']);
  });

  test('steps down before it hears who has taken over, and tells no conflict', () => {
    const bench = active().hear({ isActive: false });
    bench.nowMs += 9000;
    bench.hear();
    expect(bench.did).toEqual(['ha:backup', 'release', 'send']);
    expect(bench.state).toMatchObject({ role: 'backup', following: 'peer' });
  });

  test('stays after a stop when it was alone before', () => {
    const bench = active();
    bench.nowMs += 9000;
    expect(bench.feed({ type: 'timer' }).state.role).toBe('active');
  });

  test('hands over when it can not hold the address, and tries again when nobody came', () => {
    const bench = active().hear({ isActive: false });
    bench.feed({ type: 'acquire-failed', reason: 'ip: not permitted' });
    expect(bench.did).toEqual(['send', 'ha:backup', 'release']);
    expect(bench.sent[0]).toMatchObject({ priority: 0, successor: 'n6' });
    const failedAtMs = bench.nowMs;
    expect(bench.run(30_000, true).nowMs - failedAtMs).toBe(3 * 3609.375);
  });
});
