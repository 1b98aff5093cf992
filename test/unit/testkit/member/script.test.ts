import { describe, expect, test } from 'vitest';
import type { SpecError } from '../../../../src/core/errors.js';
import { planScript, type Step } from '../../../../src/testkit/member/script.js';
import { ScriptPlayer } from '../../../../src/testkit/member/script-player.js';
import type { MemberScript } from '../../../../src/testkit/member/script-spec.js';
import { parseSentence } from '../../../../src/testkit/member/sentence.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

describe('parseSentence', () => {
  test.each<[string, MemberScript]>([
    ['ok', { steps: [{}], repeat: false }],
    [
      'refuse the first 2, then 300 ms for 5 s',
      {
        steps: [
          { do: 'refuse', first: 2 },
          { delay: '300ms', for: '5s' },
        ],
        repeat: false,
      },
    ],
    [
      'status 503 for the first 10, then ok',
      { steps: [{ status: 503, first: 10 }, {}], repeat: false },
    ],
    [
      'drip 4 bytes every 20 ms for 1s, hang',
      {
        steps: [{ drip: { bytes: 4, every: '20ms' }, for: '1s' }, { do: 'hang' }],
        repeat: false,
      },
    ],
    [
      'half-close the first 1, reset for 2s, repeat',
      {
        steps: [
          { do: 'half-close', first: 1 },
          { do: 'reset', for: '2s' },
        ],
        repeat: true,
      },
    ],
    [
      'flap every 500ms',
      { steps: [{ for: '500ms' }, { do: 'refuse', for: '500ms' }], repeat: true },
    ],
  ])('%s', (sentence, script) => {
    expect(parseSentence(sentence)).toEqual(script);
  });

  test('names the step that it does not understand', () => {
    expect(() => parseSentence('ok for 2s, then explode')).toThrow(
      'steps[1]: expected a step such as "refuse the first 2", "300 ms for 5 s" or "status 503", got "explode"',
    );
  });
});

describe('planScript', () => {
  test('says every fault at once, with its path', () => {
    const script = { protocol: 'sctp', steps: [{ dely: 1 }, { status: 99 }] };
    let issues: readonly { path: string; message: string }[] = [];
    try {
      planScript(script as unknown as MemberScript);
    } catch (error) {
      issues = (error as SpecError).issues;
    }
    expect(issues.map(({ path }) => path)).toEqual([
      'protocol',
      'steps[0].dely',
      'steps[1].status',
    ]);
    expect(issues[1]?.message).toContain('did you mean "delay"?');
  });
});

describe('ScriptPlayer', () => {
  function play(sentence: string): {
    clock: VirtualClock;
    player: ScriptPlayer;
    seen: Step['action'][];
  } {
    const clock = new VirtualClock();
    const seen: Step['action'][] = [];
    const player = new ScriptPlayer(planScript(sentence), clock, {
      onStep: ({ action }) => void seen.push(action),
    });
    player.start();
    return { clock, player, seen };
  }

  test('a step for a number of uses ends with the last of them', () => {
    const { player, seen } = play('refuse the first 2, then ok');
    expect([player.use(), player.use(), player.use()].map(({ action }) => action)).toEqual([
      'refuse',
      'refuse',
      'answer',
    ]);
    expect(seen).toEqual(['refuse', 'answer']);
  });

  test('a step for a time ends with it, and the last one stays', () => {
    const { clock, player } = play('300 ms for 5 s, then hang for 1s');
    clock.advance(4999);
    expect(player.step.delayMs).toBe(300);
    clock.advance(1);
    expect(player.step.action).toBe('hang');
    clock.advance(60_000);
    expect(player.step.action).toBe('hang');
    expect(clock.pending).toBe(0);
  });

  test('a flapping one begins anew for ever, until it is stopped', () => {
    const { clock, player, seen } = play('flap every 1s');
    clock.advance(4500);
    expect(seen).toEqual(['answer', 'refuse', 'answer', 'refuse', 'answer']);
    player.stop();
    expect(clock.pending).toBe(0);
  });
});
