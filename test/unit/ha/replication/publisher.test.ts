import { describe, expect, test } from 'vitest';
import type { ReplicaMessage } from '../../../../src/ha/replication/frames.js';
import { MAX_CHANGED, Publisher } from '../../../../src/ha/replication/publisher.js';
import type { ReplicaEntry, ReplicaSource } from '../../../../src/ha/replication/source.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

/** Numbers by name, all of one scope. */
class Numbers implements ReplicaSource {
  readonly values: Map<string, number> = new Map();
  #changed: ((scope: string, key: string) => void) | undefined;

  get isWatched(): boolean {
    return this.#changed !== undefined;
  }

  set(key: string, value: number): void {
    this.values.set(key, value);
    this.#changed?.('n', key);
  }

  delete(key: string): void {
    this.values.delete(key);
    this.#changed?.('n', key);
  }

  *snapshot(): Iterable<ReplicaEntry> {
    for (const [key, value] of this.values) yield { scope: 'n', key, value };
  }

  read(_scope: string, key: string): unknown {
    return this.values.get(key);
  }

  watch(changed: (scope: string, key: string) => void): () => void {
    this.#changed = changed;
    return () => {
      this.#changed = undefined;
    };
  }

  apply(): void {}
}

function stage(count = 0) {
  const clock = new VirtualClock();
  const numbers = new Numbers();
  for (let i = 0; i < count; i++) numbers.set(`k${i}`, i);
  const sent: ReplicaMessage[] = [];
  const sink = {
    hasRoom: true,
    isClosed: false,
    send(message: ReplicaMessage): boolean {
      sent.push(message);
      return sink.hasRoom;
    },
    close(): void {
      sink.isClosed = true;
    },
  };
  const publisher = new Publisher({ sticky: numbers }, sink, clock);
  publisher.start();
  clock.advance(0);
  return { clock, numbers, sent, sink, publisher };
}

/** Answers everything, as often as that makes for more. */
function answerAll({ sent, publisher }: ReturnType<typeof stage>): void {
  let answered = 0;
  while (answered < sent.length) {
    answered = sent.length;
    publisher.onAck(sent.at(-1)!.batch);
  }
}

/** What the other end has by now. */
function copyOf(sent: readonly ReplicaMessage[]): Map<string, unknown> {
  const copy = new Map<string, unknown>();
  for (const message of sent) {
    if (message.type !== 'entries') continue;
    for (const [key, value] of message.entries) {
      if (value === undefined) copy.delete(key);
      else copy.set(key, value);
    }
  }
  return copy;
}

describe('a publisher', () => {
  test('sends everything once, says so, and then what changes', () => {
    const made = stage(300);
    answerAll(made);
    const { clock, numbers, sent, publisher } = made;
    expect(copyOf(sent)).toEqual(numbers.values);
    expect(sent.at(-1)).toMatchObject({ type: 'synced' });
    expect(publisher.isSynced).toBe(true);
    const before = sent.length;
    numbers.set('k7', 70);
    numbers.delete('k8');
    clock.advance(20);
    expect(sent.slice(before)).toMatchObject([{ entries: [['k7', 70], ['k8']] }]);
  });

  test('sends what changes often once, with its last value', () => {
    const made = stage();
    const { clock, numbers, sent } = made;
    answerAll(made);
    const before = sent.length;
    for (let i = 0; i < 1000; i++) numbers.set('hot', i);
    clock.advance(20);
    expect(sent.slice(before)).toMatchObject([{ entries: [['hot', 999]] }]);
  });

  test('waits for answers, and for room in the socket', () => {
    const made = stage(5000);
    const { sent, sink, publisher } = made;
    expect(sent.length).toBe(8);
    publisher.onAck(sent[0]!.batch);
    expect(sent.length).toBe(9);
    sink.hasRoom = false;
    publisher.onAck(sent.at(-1)!.batch);
    expect(sent.length).toBe(10);
    publisher.onAck(sent.at(-1)!.batch);
    expect(sent.length).toBe(10);
    sink.hasRoom = true;
    publisher.resume();
    expect(sent.length).toBe(18);
  });

  test('tells how old the oldest change is that is not in force', () => {
    const made = stage();
    const { clock, numbers, sent, publisher } = made;
    answerAll(made);
    expect(publisher.lagMs).toBe(0);
    numbers.set('a', 1);
    clock.advance(500);
    expect(publisher.lagMs).toBe(500);
    publisher.onAck(sent.at(-1)!.batch);
    expect([publisher.lagMs, publisher.pending]).toEqual([0, 0]);
  });

  test('forgets changes past the bound and sends everything anew once the other end goes on', () => {
    const made = stage();
    const { clock, numbers, sent, publisher } = made;
    answerAll(made);
    // Nobody answers any more: the window fills, then the names of changes do.
    let most = 0;
    for (let i = 0; i < 2 * MAX_CHANGED; i++) {
      numbers.set(`k${i}`, i);
      if (i % 1000 === 0) clock.advance(20);
      most = Math.max(most, publisher.pending);
    }
    expect(most).toBeLessThanOrEqual(MAX_CHANGED);
    expect(publisher).toMatchObject({ isSynced: false, pending: 0 });
    expect(sent.length).toBeLessThan(20);
    answerAll(made);
    clock.advance(20);
    answerAll(made);
    expect(publisher.isSynced).toBe(true);
    expect(copyOf(sent)).toEqual(numbers.values);
  });

  test('cuts off another end that answers nothing for 15 s', () => {
    const { clock, sink } = stage(1);
    clock.advance(14_999);
    expect(sink.isClosed).toBe(false);
    clock.advance(1);
    expect(sink.isClosed).toBe(true);
  });

  test('flushes at once, and knows when that has come', async () => {
    const made = stage();
    const { numbers, sent, publisher } = made;
    answerAll(made);
    numbers.set('a', 1);
    let isDone = false;
    const flushed = publisher.flush().then(() => {
      isDone = true;
    });
    await Promise.resolve();
    expect([sent.at(-1), isDone]).toMatchObject([{ entries: [['a', 1]] }, false]);
    publisher.onAck(sent.at(-1)!.batch);
    await flushed;
    await publisher.flush();
  });

  test('leaves nothing behind when it closes', async () => {
    const { clock, numbers, publisher } = stage(1000);
    numbers.set('a', 1);
    const flushed = publisher.flush();
    publisher.close();
    await flushed;
    expect([clock.pending, numbers.isWatched, publisher.pending]).toEqual([0, false, 0]);
  });
});
