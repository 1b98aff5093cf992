// The listeners of a connection keep the rules of Node's EventEmitter, which they stand for: both are held to the same.
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { SocketEvents } from '../../../src/upstream/socket-events.js';

class Source extends SocketEvents {
  tell(event: string, error?: Error): void {
    this.emit(event, error);
  }

  forget(): void {
    this.removeAllListeners();
  }
}

class NodeSource extends EventEmitter {
  tell(event: string, error?: Error): void {
    this.emit(event, error);
  }

  forget(): void {
    this.removeAllListeners();
  }
}

describe.each([
  ['ours', () => new Source()],
  ['of Node', () => new NodeSource()],
])('listeners %s', (_, make) => {
  test('hear their event, in their order', () => {
    const source = make();
    const log: string[] = [];
    source.on('end', () => log.push('end'));
    source.on('close', () => log.push('close 1')).on('close', () => log.push('close 2'));
    source.tell('close');
    source.tell('drain');
    expect(log).toEqual(['close 1', 'close 2']);
  });

  test('get the error', () => {
    const source = make();
    const errors: unknown[] = [];
    source.on('error', (error: Error) => errors.push(error));
    const error = new Error('reset');
    source.tell('error', error);
    expect(errors).toEqual([error]);
  });

  test('hear it once if they want no more', () => {
    const source = make();
    const log: string[] = [];
    source.once('drain', () => {
      log.push('once');
      if (log.length === 1) source.tell('drain');
    });
    source.on('drain', () => log.push('always'));
    source.tell('drain');
    expect(log).toEqual(['once', 'always', 'always']);
  });

  test('hear nothing any more when they are taken off, the first, the last or one between', () => {
    for (const gone of [0, 1, 2]) {
      const source = make();
      const log: number[] = [];
      const listeners = [0, 1, 2].map((i) => () => void log.push(i));
      for (const listener of listeners) source.on('end', listener);
      source.off('end', listeners[gone]!);
      source.off('end', () => {});
      source.off('close', listeners[(gone + 1) % 3]!);
      source.on('end', () => log.push(3));
      source.tell('end');
      expect(log).toEqual([0, 1, 2, 3].filter((i) => i !== gone));
    }
  });

  test('that come while it is told hear of the next one', () => {
    const source = make();
    const log: string[] = [];
    source.once('close', () => {
      log.push('first');
      source.on('close', () => log.push('late'));
    });
    source.tell('close');
    expect(log).toEqual(['first']);
    source.tell('close');
    expect(log).toEqual(['first', 'late']);
  });

  test('are all forgotten at once, and others may come', () => {
    const source = make();
    const log: string[] = [];
    source.on('close', () => log.push('before'));
    source.forget();
    source.on('close', () => log.push('after'));
    source.tell('close');
    expect(log).toEqual(['after']);
  });
});

test('an error that nobody hears is no fault', () => {
  expect(() => new Source().tell('error', new Error('reset'))).not.toThrow();
});
