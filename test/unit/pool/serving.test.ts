import { describe, expect, test } from 'vitest';
import { PooledMember } from '../../../src/pool/pooled-member.js';
import { markServing } from '../../../src/pool/serving.js';

/**
 * A member as a word: its name, then marks.
 * `*` backup, `-` down, `?` unknown, `!` ejected, `~` asked to drain by its check, `w` weight 0, `d` drain, `m` maintenance, `1` awaits its first check
 */
function member(word: string): PooledMember {
  const [name = '', marks = ''] = word.split(':');
  const has = (mark: string): boolean => marks.includes(mark);
  const made = new PooledMember(
    {
      name,
      address: '10.0.0.1:80',
      weight: has('w') ? 0 : 1,
      backup: has('*'),
      state: has('d') ? 'drain' : has('m') ? 'maintenance' : 'ready',
      labels: {},
    },
    'listed',
  );
  made.state.health = has('-') ? 'down' : has('?') ? 'unknown' : 'up';
  made.state.ejectedUntil = has('!') ? 2000 : 0;
  made.state.isDrainingByCheck = has('~');
  made.awaitsFirstCheck = has('1');
  return made;
}

describe('markServing', () => {
  const table: readonly (readonly [string, number, string, string])[] = [
    // members, panic threshold, mode, who serves
    ['a b', 0, 'ordinary', 'a b'],
    ['a:? b:?', 0, 'ordinary', 'a b'],
    ['a b:-', 0, 'ordinary', 'a'],
    ['a b:!', 0, 'ordinary', 'a'],
    ['a b:~', 0, 'ordinary', 'a'],
    ['a b:w', 0, 'ordinary', 'a'],
    ['a b:d', 0, 'ordinary', 'a'],
    ['a b:m', 0, 'ordinary', 'a'],
    ['a b:1', 0, 'ordinary', 'a'],
    ['a b:*', 0, 'ordinary', 'a'],
    ['a:- b:*', 0, 'backup', 'b'],
    ['a:- b:* c:*', 0, 'backup', 'b c'],
    ['a:d b:*', 0, 'backup', 'b'],
    ['a:- b:*-', 0, 'none', ''],
    ['a:- b:1', 0, 'unchecked', 'b'],
    ['a:- b:1?', 0, 'unchecked', 'b'],
    ['a:- b:1-', 0, 'none', ''],
    ['a:- b:1 c:*', 0, 'backup', 'c'],
    ['a:- b:1 c:*1', 0, 'unchecked', 'b'],
    ['a:- c:*1', 0, 'unchecked', 'c'],
    ['a:m b:w c:d', 0, 'none', ''],
    ['', 0, 'none', ''],
    // panic
    ['a b:- c:- d:-', 25, 'ordinary', 'a'],
    ['a b:- c:- d:-', 26, 'panic', 'a b c d'],
    ['a b:! c:- d:-', 50, 'panic', 'a b c d'],
    ['a:- b:-', 0, 'none', ''],
    ['a:- b:-', 1, 'panic', 'a b'],
    ['a:- b:-', 100, 'panic', 'a b'],
    ['a b', 100, 'ordinary', 'a b'],
    ['a:- b:- c:*', 50, 'backup', 'c'],
    ['a:- b:- c:*-', 50, 'panic', 'a b'],
    // what the operator took out neither counts nor serves in a panic
    ['a b:d c:m d:w e:~', 50, 'ordinary', 'a'],
    ['a b:- c:- d:m', 50, 'panic', 'a b c'],
    ['a:m b:d', 50, 'none', ''],
    // nor do newcomers
    ['a b:1 c:1 d:1', 50, 'ordinary', 'a'],
    ['a b:- c:- d:1', 50, 'panic', 'a b c'],
  ];

  test.each(table)('%s, threshold %i: %s, served by "%s"', (words, threshold, mode, names) => {
    const all = words === '' ? [] : words.split(' ').map(member);
    expect(markServing(all, threshold, 1000).mode).toBe(mode);
    const serving = all.filter((one) => one.isServing).map((one) => one.name);
    expect(serving.join(' ')).toBe(names);
  });

  test('an ejection that is over is over without anybody saying so', () => {
    const all = [member('a:!'), member('b')];
    markServing(all, 0, 1999);
    expect(all[0]?.isServing).toBe(false);
    markServing(all, 0, 2000);
    expect(all[0]?.isServing).toBe(true);
  });
});
