import { describe, expect, test } from 'vitest';
import {
  encodeFrame,
  FrameReader,
  MAX_FRAME,
  type ReplicaMessage,
} from '../../../../src/ha/replication/frames.js';
import { SessionKeys, type StreamSide } from '../../../../src/ha/replication/session-keys.js';

const NONCES = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)] as const;

function keys(secret = 'a secret of two nodes', id = 51, client = NONCES[1]): SessionKeys {
  return new SessionKeys(secret, id, NONCES[0], client);
}

function reader(side: StreamSide = 'server', of = keys()): FrameReader {
  return new FrameReader(of.signer(side));
}

const ENTRIES: ReplicaMessage = {
  type: 'entries',
  batch: 1,
  kind: 'sticky',
  scope: 'web',
  entries: [['user-1', ['m1', 60_000]], ['user-2']],
};

describe('frames', () => {
  test('come out as they went in, however the stream cuts them', () => {
    const signer = keys().signer('server');
    const messages: ReplicaMessage[] = [ENTRIES, { type: 'synced', batch: 2 }];
    const bytes = Buffer.concat(messages.map((message) => encodeFrame(message, signer)));
    for (const step of [1, 3, 7, bytes.length]) {
      const read = reader();
      const got: ReplicaMessage[] = [];
      for (let at = 0; at < bytes.length; at += step)
        got.push(...read.read(bytes.subarray(at, at + step)));
      expect(got).toEqual(messages);
    }
  });

  test.each<readonly [string, () => FrameReader]>([
    ['of another secret', () => reader('server', keys('another secret of others'))],
    ['of another pair', () => reader('server', keys(undefined, 52))],
    ['of another connection', () => reader('server', keys(undefined, 51, Buffer.alloc(16, 3)))],
    ['of the other direction', () => reader('client')],
  ])('%s are refused', (_what, make) => {
    const frame = encodeFrame(ENTRIES, keys().signer('server'));
    expect(() => [...make().read(frame)]).toThrow('forged');
  });

  test('that were changed, repeated, left out or moved are refused', () => {
    const signer = keys().signer('server');
    const [first, second] = [ENTRIES, ENTRIES].map((message) => encodeFrame(message, signer));
    const changed = Buffer.from(first!);
    changed[10]! ^= 1;
    for (const bytes of [[changed], [first!, first!], [second!], [second!, first!]])
      expect(() => [...reader().read(Buffer.concat(bytes))]).toThrow('forged');
  });

  test('that claim to be too long are refused before they are read', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(MAX_FRAME + 1);
    expect(() => [...reader().read(head)]).toThrow('a frame of');
  });

  test('are cut where a message is too long; an entry that is too long alone is left out', () => {
    const long = 'x'.repeat(MAX_FRAME / 2);
    const entries = [
      ['a', long],
      ['b', long],
      ['c', long + long],
      ['d', 1],
    ] as const;
    const bytes = encodeFrame({ ...ENTRIES, entries }, keys().signer('server'));
    const got = [...reader().read(bytes)].flatMap((message) =>
      message.type === 'entries' ? message.entries.map(([key]) => key) : [],
    );
    expect(got).toEqual(['a', 'b', 'd']);
  });
});
