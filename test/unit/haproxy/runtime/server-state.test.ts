// What of `show servers state` goes along over a reload.
import { describe, expect, test } from 'vitest';
import { carriedState, type NextServer } from '../../../../src/haproxy/runtime/server-state.js';

const HEAD = '1\n# be_id be_name srv_id srv_name srv_addr ...';

/** A line of HAProxy 2.6; `admin`, weights, address and port as given. */
function line({ admin = 0, weight = 5, initial = 5, address = '10.0.0.1', fqdn = '-', port = 80 }) {
  return `3 web 1 m ${address} 2 ${admin} ${weight} ${initial} 9 6 3 4 6 0 0 1 ${fqdn} ${port} - 0 0 - - 0`;
}

function carried(state: string, next: Partial<NextServer> = {}): string[] {
  const server: NextServer = { address: '10.0.0.1:80', weight: 5, hasHealth: true, ...next };
  const text = carriedState(`${HEAD}\n${state}`, (backend, name) =>
    backend === 'web' && name === 'm' ? server : undefined,
  );
  expect(text.startsWith(`${HEAD}\n`)).toBe(true);
  return text
    .slice(HEAD.length + 1)
    .split('\n')
    .slice(0, -1);
}

describe('carriedState', () => {
  test('keeps the line of a server that stays as it is', () => {
    expect(carried(line({}))).toEqual([line({})]);
  });

  test('gives a server the weight of the next configuration', () => {
    expect(carried(line({ weight: 9 }), { weight: 0 })).toEqual([line({ weight: 0, initial: 0 })]);
  });

  test('leaves out servers that are gone, elsewhere, not checked, or come out of maintenance', () => {
    expect(carried(line({}).replace(' m ', ' n '))).toEqual([]);
    expect(carried(line({}), { address: '10.0.0.1:81' })).toEqual([]);
    expect(carried(line({}), { address: '10.0.0.2:80' })).toEqual([]);
    expect(carried(line({}), { hasHealth: false })).toEqual([]);
    expect(carried(line({ admin: 1 }))).toEqual([]);
    expect(carried(line({ admin: 4 }))).toEqual([]);
  });

  test('ends a drain by command, and keeps maintenance for want of an address', () => {
    expect(carried(line({ admin: 8 }))).toEqual([line({})]);
    expect(carried(line({ admin: 32 }))).toEqual([line({ admin: 32 })]);
  });

  test('compares addresses of IPv6 by what they mean, and named servers by name', () => {
    const six = line({ address: '2001:db8::1' });
    expect(carried(six, { address: '2001:0db8:0:0::1:80' })).toEqual([six]);
    const named = line({ fqdn: 'web.example' });
    expect(carried(named, { address: 'Web.Example:80' })).toEqual([named]);
    expect(carried(named, { address: 'other.example:80' })).toEqual([]);
  });
});
