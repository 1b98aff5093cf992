import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/core/random.js';
import { type FaultSpec, planFaults } from '../../../../src/testkit/fault/fault-spec.js';
import { FaultyLink, MAX_WAITING_BYTES } from '../../../../src/testkit/fault/faulty-link.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

function createLink(faults: FaultSpec): {
  clock: VirtualClock;
  link: FaultyLink;
  events: string[];
  set(next: FaultSpec): void;
} {
  const clock = new VirtualClock();
  const events: string[] = [];
  const note = (what: string): void => void events.push(`${clock.now()} ${what}`);
  const link = new FaultyLink(
    planFaults(faults, 'tcp').up,
    { clock, random: seededRandom(1) },
    {
      deliver: (bytes) => note(bytes.length > 99 ? `${bytes.length} bytes` : bytes.toString()),
      onEnd: () => note('end'),
      onDrain: () => note('drain'),
      onLimit: () => note('limit'),
    },
  );
  return { clock, link, events, set: (next) => link.set(planFaults(next, 'tcp').up) };
}

describe('FaultyLink', () => {
  test('without faults everything passes at once', () => {
    const { link, events } = createLink({});
    link.send(Buffer.from('a'));
    link.end();
    expect(events).toEqual(['0 a', '0 end']);
  });

  test('latency holds each piece back, and the end behind it', () => {
    const { clock, link, events } = createLink({ latency: '50ms' });
    link.send(Buffer.from('a'));
    clock.advance(20);
    link.send(Buffer.from('b'));
    link.end();
    clock.advance(100);
    expect(events).toEqual(['50 a', '70 b', '70 end']);
  });

  test('jitter never changes the order', () => {
    const { clock, link, events } = createLink({ latency: 50, jitter: 50 });
    for (const letter of 'abcdefgh') {
      link.send(Buffer.from(letter));
      clock.advance(3);
    }
    clock.advance(500);
    expect(events.map((event) => event.split(' ')[1]).join('')).toBe('abcdefgh');
    const times = events.map((event) => Number(event.split(' ')[0]));
    expect(new Set(times).size).toBeGreaterThan(2);
  });

  test('bandwidth spaces the pieces out', () => {
    const { clock, link, events } = createLink({ up: { bandwidth: 1000 } });
    link.send(Buffer.alloc(500));
    link.send(Buffer.alloc(250));
    clock.advance(2000);
    expect(events).toEqual(['500 500 bytes', '750 250 bytes']);
  });

  test('the slicer cuts into pieces with a pause between', () => {
    const { clock, link, events } = createLink({ slice: { bytes: 2, every: '10ms' } });
    link.send(Buffer.from('abcde'));
    clock.advance(100);
    expect(events).toEqual(['0 ab', '10 cd', '20 e']);
  });

  test('a black hole holds everything until it is gone', () => {
    const { clock, link, events, set } = createLink({ blackhole: true });
    link.send(Buffer.from('a'));
    link.end();
    clock.advance(10_000);
    expect(events).toEqual([]);
    set({});
    expect(events).toEqual(['10000 a', '10000 end']);
  });

  test('after its bytes the connection ends, mid-piece if need be', () => {
    const { link, events } = createLink({ closeAfter: 5 });
    link.send(Buffer.from('abc'));
    link.send(Buffer.from('defg'));
    expect(events).toEqual(['0 abc', '0 de', '0 limit']);
  });

  test('what waits is bounded: the source is asked to rest, and to go on', () => {
    const { link, events, set } = createLink({ blackhole: true });
    link.send(Buffer.alloc(MAX_WAITING_BYTES));
    expect(link.isFull).toBe(true);
    set({});
    expect(link.isFull).toBe(false);
    expect(events.at(-1)).toBe('0 drain');
  });
});
