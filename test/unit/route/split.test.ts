// Shares: as often as their weights say, or always the same for a client.
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/core/random.js';
import { Split } from '../../../src/route/split.js';

const SHARES = [
  { choice: 'web', weight: 90 },
  { choice: 'none', weight: 0 },
  { choice: 'canary', weight: 10 },
];
const clients = Array.from({ length: 2000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

function count(choices: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const choice of choices) counts[choice] = (counts[choice] ?? 0) + 1;
  return counts;
}

describe('Split', () => {
  test('draws by weight, and the same for the same seed', () => {
    const draws = (seed: number): string[] => {
      const split = new Split(SHARES);
      const random = seededRandom(seed);
      return Array.from({ length: 10_000 }, () => split.draw(random));
    };
    const { web = 0, canary = 0, none } = count(draws(1));
    expect(none).toBeUndefined();
    expect(web + canary).toBe(10_000);
    expect(canary).toBeGreaterThan(900);
    expect(canary).toBeLessThan(1100);
    expect(draws(1)).toEqual(draws(1));
  });

  test('takes the ends of the range', () => {
    const split = new Split(SHARES);
    expect(split.draw({ next: () => 0 })).toBe('web');
    expect(split.draw({ next: () => 0.8999 })).toBe('web');
    expect(split.draw({ next: () => 0.9 })).toBe('canary');
    expect(split.draw({ next: () => 1 - Number.EPSILON })).toBe('canary');
    expect(new Split([{ choice: 'a', weight: 1 }]).draw({ next: () => 0.5 })).toBe('a');
    const late = [
      { choice: 'a', weight: 0 },
      { choice: 'b', weight: 1 },
    ];
    expect(new Split(late).draw({ next: () => 0 })).toBe('b');
  });

  test('gives a client the same share each time', () => {
    const split = new Split(SHARES);
    const choices = clients.map((client) => split.choiceOf(client));
    expect(clients.map((client) => split.choiceOf(client))).toEqual(choices);
    const { canary = 0 } = count(choices);
    expect(canary).toBeGreaterThan(100);
    expect(canary).toBeLessThan(300);
    expect(split.choiceOf('::ffff:10.0.0.1')).toBe(split.choiceOf('10.0.0.1'));
    expect(['web', 'canary']).toContain(split.choiceOf('2001:db8::1'));
  });

  test('moves only clients of the share that shrinks', () => {
    const before = new Split(SHARES);
    const after = new Split([
      { choice: 'web', weight: 80 },
      { choice: 'canary', weight: 20 },
    ]);
    for (const client of clients) {
      if (before.choiceOf(client) === 'canary') expect(after.choiceOf(client)).toBe('canary');
    }
  });

  test('is crc32 of the address modulo the sum, as HAProxy computes it', () => {
    const split = new Split([0, 1, 2].map((choice) => ({ choice, weight: 1 })));
    const expected = ['10.0.0.1', '10.0.0.2', '192.0.2.7'].map((address) => {
      const bytes = address.split('.').map(Number);
      let crc = 0xffffffff;
      for (const byte of bytes) {
        crc ^= byte;
        for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
      }
      return ((crc ^ 0xffffffff) >>> 0) % 3;
    });
    expect(['10.0.0.1', '10.0.0.2', '192.0.2.7'].map((a) => split.choiceOf(a))).toEqual(expected);
  });
});
