import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';
import { TICKET_KEY_MS, TicketKeys } from '../../../src/tls/ticket-keys.js';

describe('TicketKeys', () => {
  test('change in time; the key before is still known', () => {
    const clock = new VirtualClock();
    const keys = new TicketKeys(clock);
    const first = keys.current;
    clock.advance(TICKET_KEY_MS - 1);
    expect(keys.current).toBe(first);
    clock.advance(1);
    const second = keys.current;
    expect(second.name.equals(first.name)).toBe(false);
    expect(keys.find(first.name)).toBe(first);
    clock.advance(TICKET_KEY_MS);
    expect(keys.find(first.name)).toBeUndefined();
    expect(keys.find(second.name)).toBe(second);
  });

  test('that were not asked for in a long time are both gone', () => {
    const clock = new VirtualClock();
    const keys = new TicketKeys(clock);
    const first = keys.current;
    clock.advance(2 * TICKET_KEY_MS);
    expect(keys.find(first.name)).toBeUndefined();
    expect(keys.find(Buffer.alloc(16))).toBeUndefined();
  });
});
