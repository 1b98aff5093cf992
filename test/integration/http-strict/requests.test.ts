import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REQUEST_CASES } from './cases/requests.js';
import { expectedAtMember } from './expected.js';
import { expectRefusal, Rig } from './rig.js';

/** Sent behind every accepted request on the same connection: it must be the second request, not part of the first. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: next.test\r\nConnection: close\r\n\r\n';

describe('every request of the table through a live frontend', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.close());

  const refused = REQUEST_CASES.filter((item) => item.status !== 0);
  test.each(refused.map((item) => [item.name, item] as const))('refused: %s', async (_, item) => {
    const client = await rig.connect();
    client.send(item.bytes + NEXT);
    const answers = await client.responses();
    client.close();
    expectRefusal(answers[0], item.status);
    expect(answers).toHaveLength(1);
    expect(await rig.seen()).toEqual([]);
    expect(rig.member.leftovers).toEqual([]);
  });

  const accepted = REQUEST_CASES.filter((item) => item.status === 0);
  test.each(accepted.map((item) => [item.name, item] as const))('accepted: %s', async (_, item) => {
    const answers = await rig.exchange(item.bytes + NEXT);
    const isLast = / HTTP\/1\.0\r\n/.test(item.bytes);
    expect(answers.map((answer) => answer.status)).toEqual(isLast ? [200] : [200, 200]);
    const seen = await rig.seen();
    expect(`${seen[0]?.head}${seen[0]?.rawBody}`).toBe(expectedAtMember(item.bytes, rig.port));
    expect(seen.map((request) => request.target).slice(1)).toEqual(isLast ? [] : ['/next']);
    expect(rig.member.faults).toEqual([]);
    expect(rig.member.leftovers).toEqual([]);
  });
});
