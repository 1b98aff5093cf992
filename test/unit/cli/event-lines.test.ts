import { describe, expect, test } from 'vitest';
import { renderEvent, renderListening } from '../../../src/cli/event-lines.js';

const AT = Date.UTC(2000, 0, 1, 14, 3, 59, 123);

describe('renderListening', () => {
  const addresses = {
    public: [
      { address: '127.0.0.1', port: 8080 },
      { address: '::1', port: 8080 },
    ],
    dns: [{ address: '127.0.0.1', port: 53 }],
  };

  test('is one object for machines', () => {
    expect(renderListening({ dns: addresses.dns }, true)).toBe(
      '{"event":"listening","frontends":{"dns":[{"address":"127.0.0.1","port":53}]}}',
    );
  });

  test('is one line per frontend for people', () => {
    expect(renderListening(addresses, false)).toBe(
      'public listens on 127.0.0.1:8080, [::1]:8080\ndns listens on 127.0.0.1:53',
    );
  });
});

describe('renderEvent', () => {
  const down = { at: AT, pool: 'web', member: 'a', reason: 'timeout after 2s' };

  test('is one object for machines', () => {
    expect(JSON.parse(renderEvent('member:down', down, true))).toEqual({
      event: 'member:down',
      ...down,
    });
  });

  test('is time, name, facts and the reason last for people', () => {
    expect(renderEvent('member:down', down, false)).toBe(
      '14:03:59.123 member:down        pool=web member=a (timeout after 2s)',
    );
  });

  test('writes addresses as people do, and no empty reason', () => {
    const bound = [{ address: '::1', port: 80 }];
    const event = { at: AT, frontend: 'public', addresses: bound, reason: '' };
    expect(renderEvent('frontend:listening', event, false)).toBe(
      '14:03:59.123 frontend:listening frontend=public addresses=[::1]:80',
    );
  });
});
