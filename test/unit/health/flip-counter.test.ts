import { describe, expect, test } from 'vitest';
import { FlipCounter } from '../../../src/health/flip-counter.js';
import type { HealthState } from '../../../src/model/member.js';

/** `+` a good check, `-` a bad one; the states after each: U up, D down, ? unknown. */
function play(checks: string, initial: HealthState, rise = 2, fall = 3): string {
  const counter = new FlipCounter({ rise, fall }, initial);
  return checks
    .split('')
    .map((check) => {
      const before = counter.state;
      const isFlipped = counter.record(check === '+');
      expect(isFlipped).toBe(counter.state !== before);
      return { up: 'U', down: 'D', unknown: '?' }[counter.state];
    })
    .join('');
}

describe('FlipCounter', () => {
  test.each([
    ['one good check settles an unknown state', 'unknown', '+', 'U'],
    ['one bad check settles an unknown state', 'unknown', '-', 'D'],
    ['up goes down at the third bad check in a row', 'up', '---', 'UUD'],
    ['a good check starts the count of bad ones anew', 'up', '--+--+---', 'UUUUUUUUD'],
    ['down goes up at the second good check in a row', 'down', '++', 'DU'],
    ['a bad check starts the count of good ones anew', 'down', '+-+-++', 'DDDDDU'],
    ['after the first flip the thresholds hold', 'unknown', '+---++', 'UUUDDU'],
    ['an unknown that failed needs two good checks', 'unknown', '-++', 'DDU'],
    ['it stays up through endless single failures', 'up', '-+-+-+-+', 'UUUUUUUU'],
  ] as const)('%s', (_, initial, checks, states) => {
    expect(play(checks, initial)).toBe(states);
  });

  test('with both thresholds 1 every change of result flips', () => {
    expect(play('+-+-', 'up', 1, 1)).toBe('UDUD');
  });

  test('is moving while unknown and while results speak against the state', () => {
    const counter = new FlipCounter({ rise: 2, fall: 2 });
    const seen = [counter.isMoving];
    for (const isGood of [true, false, true, false, false, true, true]) {
      counter.record(isGood);
      seen.push(counter.isMoving);
    }
    expect(seen).toEqual([true, false, true, false, true, false, true, false]);
  });
});
