import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOk } from '../../support/raw-http.js';
import { CHUNKED_CASES } from './cases/chunked.js';
import { Rig } from './rig.js';

const HEAD = 'POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterEach(() => {
  rig.member.script = () => answerOk();
  rig.member.forget();
  expect(rig.member.faults).toEqual([]);
});
afterAll(() => rig.close());

const good = CHUNKED_CASES.filter((item) => item.forwarded !== undefined);
const bad = CHUNKED_CASES.filter((item) => item.forwarded === undefined);

describe.each([
  ['at once', 0],
  ['in pieces of 1 byte', 1],
])('chunked request bodies %s', (_, size) => {
  // Long bodies byte by byte say nothing new.
  const short = (bytes: string): boolean => size === 0 || bytes.length < 400;

  test.each(good.filter((item) => short(item.bytes)).map((item) => [item.name, item] as const))(
    'forwarded: %s',
    async (_name, item) => {
      const client = await rig.connect();
      if (size === 0) client.send(HEAD + item.bytes + NEXT);
      else {
        client.send(HEAD);
        await client.sendPieces(item.bytes, size);
        client.send(NEXT);
      }
      const answers = await client.responses();
      client.close();
      expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
      const seen = await rig.seen();
      expect(seen.map((request) => request.target)).toEqual(['/chunked', '/next']);
      expect(seen[0]?.rawBody).toBe(item.forwarded);
    },
  );

  test.each(bad.filter((item) => short(item.bytes)).map((item) => [item.name, item] as const))(
    'refused: %s',
    async (_name, item) => {
      const client = await rig.connect();
      client.send(HEAD);
      if (size === 0) client.send(item.bytes + NEXT);
      else await client.sendPieces(item.bytes + NEXT, size);
      const answers = await client.responses();
      client.close();
      // No member may take the body for whole, or the rest for another request.
      expect(answers.map((answer) => answer.status)).toEqual([400]);
      expect(answers[0]?.fields.get('connection')).toBe('close');
      expect(await rig.seen()).toEqual([]);
    },
  );
});

test.each(
  bad.filter((item) => item.bytes.length < 15_000).map((item) => [item.name, item] as const),
)('nothing is forwarded when the bad body comes with its head: %s', async (_, item) => {
  const before = rig.member.connections.length;
  const answers = await rig.exchange(HEAD + item.bytes + NEXT);
  expect(answers.map((answer) => answer.status)).toEqual([400]);
  expect(rig.member.connections.length).toBe(before);
});

const answerWith = async (
  bytes: string,
): Promise<{ raw: string; isWhole: boolean; status: number }[]> => {
  rig.member.script = (_, side) => {
    side.socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${bytes}`, 'latin1');
    return undefined;
  };
  const client = await rig.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const answers = await client.responses();
  client.close();
  return answers.map(({ rawBody, isWhole, status }) => ({ raw: rawBody, isWhole, status }));
};

describe('chunked response bodies', () => {
  test.each(good.map((item) => [item.name, item] as const))('forwarded: %s', async (_, item) => {
    expect(await answerWith(item.bytes)).toEqual([
      { raw: item.forwarded, isWhole: true, status: 200 },
    ]);
  });

  test.each(bad.map((item) => [item.name, item] as const))('cut or 502: %s', async (_, item) => {
    const answers = await answerWith(item.bytes);
    expect(answers.every((answer) => answer.status === 502 || !answer.isWhole)).toBe(true);
  });
});
