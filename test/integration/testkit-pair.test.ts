// A pair of the test kit is made from what any balancer is made from.
import { describe, expect, test } from 'vitest';
import { startMember, startPair } from '../../src/testkit/index.js';
import { findFreePorts } from '../../src/testkit/pair/free-port.js';

test('free ports that are found together are different ones', async () => {
  const ports = await findFreePorts(500);
  expect(new Set(ports).size).toBe(500);
});

describe('startPair', () => {
  test('takes one address in the place of a list, and tells where clients go', async () => {
    await using member = await startMember('ok');
    await using pair = await startPair({
      spec: {
        frontends: [{ name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' }],
        pools: [{ name: 'web', members: [member.address] }],
      },
    });
    expect(pair.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect((await fetch(`http://${pair.address}/`)).status).toBe(200);
    await pair.stop(pair.first);
    await pair.untilActive(pair.second);
    expect((await fetch(`http://${pair.address}/`)).status).toBe(200);
  });

  test('says every fault of the spec', async () => {
    const spec = { frontends: [{ name: 'public', protocol: 'http', pool: 'web' }] } as object;
    await expect(startPair({ spec })).rejects.toMatchObject({
      issues: [{ path: 'frontends[0].bind' }, { path: 'frontends[0].pool' }],
    });
  });
});
