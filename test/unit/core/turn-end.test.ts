import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atTurnEnd } from '../../../src/core/turn-end.js';

/** A task that writes its name down, and may do something more. */
function task(log: string[], name: string, more: () => void = () => {}) {
  return {
    onTurnEnd() {
      log.push(name);
      more();
    },
  };
}

test('tasks run in their order, behind what the turn has still to do', async () => {
  const log: string[] = [];
  atTurnEnd(task(log, 'a'));
  atTurnEnd(task(log, 'b'));
  await Promise.resolve();
  process.nextTick(() => log.push('tick'));
  await nextTurn();
  expect(log).toEqual(['tick', 'a', 'b']);
});

test('what a task adds runs in the same turn, behind the others', async () => {
  const log: string[] = [];
  atTurnEnd(task(log, 'a', () => atTurnEnd(task(log, 'c'))));
  atTurnEnd(task(log, 'b'));
  await nextTurn();
  expect(log).toEqual(['a', 'b', 'c']);
});

test('a task that throws takes no other with it', async () => {
  const log: string[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => log.push(error.message));
  try {
    atTurnEnd(task(log, 'a'));
    atTurnEnd(
      task(log, 'b', () => {
        throw new Error('thrown');
      }),
    );
    atTurnEnd(task(log, 'c'));
    await nextTurn();
    await nextTurn();
    expect(log).toEqual(['a', 'b', 'thrown', 'c']);
  } finally {
    for (const listener of before) process.on('uncaughtException', listener);
  }
});

test('a task that is added twice runs twice', async () => {
  const log: string[] = [];
  const twice = task(log, 'a');
  atTurnEnd(twice);
  atTurnEnd(twice);
  await nextTurn();
  expect(log).toEqual(['a', 'a']);
});
