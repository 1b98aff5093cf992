// Which addresses a udp wildcard listens on, at first and later. The interfaces are made up, the sockets are not.
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { Frontend } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';

vi.mock(import('node:os'), async (importOriginal) => ({
  ...(await importOriginal()),
  networkInterfaces: vi.fn<typeof networkInterfaces>(),
}));

/** Listed by an interface, but not to be had on this machine (RFC 5737): as an IPv6 address that is still looked for elsewhere. */
const NOT_YET = '203.0.113.9';

/** Each address on an interface of its own. */
function list(...addresses: string[]): void {
  const found = addresses.map((address, i): [string, NetworkInterfaceInfo[]] => {
    const info = { address, family: 'IPv4' } as NetworkInterfaceInfo;
    return [`eth${i}`, [info]];
  });
  vi.mocked(networkInterfaces).mockReturnValue(Object.fromEntries(found));
}

const frontends: Frontend[] = [];
afterEach(async () => {
  for (const frontend of frontends.splice(0)) await frontend.close();
});

function open(clock = new VirtualClock()): Frontend {
  const pool = new Pool({ name: 'pool', members: [] });
  const options = { name: 'dns', protocol: 'udp', bind: ':0', pool } as const;
  const frontend = new Frontend(options, { environment: { clock } });
  frontends.push(frontend);
  return frontend;
}

function addressesOf(frontend: Frontend): readonly string[] {
  return frontend.status().addresses.map(({ address }) => address);
}

test('a wildcard listens on each address once, and does without one that can not be used yet', async () => {
  list('127.0.0.1', NOT_YET, '127.0.0.2', '127.0.0.2');
  const frontend = open();
  await frontend.listen();
  expect(addressesOf(frontend)).toEqual(['127.0.0.1', '127.0.0.2']);
});

test('a wildcard of which no address can be used does not listen', async () => {
  list(NOT_YET);
  await expect(open().listen()).rejects.toMatchObject({
    code: 'EK_BIND',
    message:
      'frontend "dns": cannot listen on :0: this machine has no such address (EADDRNOTAVAIL)',
  });
});

test('addresses that come and go are followed every ten seconds, and one that stays unusable is told once', async () => {
  const clock = new VirtualClock();
  list('127.0.0.1', '127.0.0.2');
  const frontend = open(clock);
  const faults: string[] = [];
  frontend.events.on('frontend:fault', ({ reason }) => faults.push(reason));
  await frontend.listen();
  list('127.0.0.1', NOT_YET, '127.0.0.3');
  clock.advance(9999);
  expect(addressesOf(frontend)).toEqual(['127.0.0.1', '127.0.0.2']);
  for (const ms of [1, 10_000]) {
    clock.advance(ms);
    // The next look is appointed when this one is done.
    await vi.waitFor(() => expect(clock.pending).toBe(1));
    expect(addressesOf(frontend)).toEqual(['127.0.0.1', '127.0.0.3']);
  }
  expect(faults).toEqual([
    'frontend "dns": cannot listen on 203.0.113.9: this machine has no such address (EADDRNOTAVAIL)',
  ]);
});
