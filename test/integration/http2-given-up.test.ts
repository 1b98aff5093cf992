// Requests that an HTTP/2 client gives up in the middle of their body: no member may take half of one for whole.
import { afterEach, describe, expect, test } from 'vitest';
import { startRawHttp2Member } from '../support/http2-member.js';
import { ErrorCode, Flag, Frame, getFields, number32, RawHttp2 } from '../support/raw-http2.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const WAYS: Readonly<Record<string, (raw: RawHttp2) => void>> = {
  'resets the stream without an error': (raw) =>
    raw.send(Frame.rstStream, 0, 1, number32(ErrorCode.none)),
  'cancels the stream': (raw) => raw.send(Frame.rstStream, 0, 1, number32(ErrorCode.cancel)),
  'ends the connection': (raw) => void raw.peer.socket.end(),
  'resets the connection': (raw) => void raw.peer.socket.resetAndDestroy(),
  'says that it goes away, and ends': (raw) => {
    raw.send(Frame.goaway, 0, 0, Buffer.alloc(8));
    raw.peer.socket.end();
  },
  'sends half a frame, and ends': (raw) => {
    raw.peer.send(Buffer.from([0, 0, 9, Frame.data, 1, 0, 0, 0, 1, 97]));
    raw.peer.socket.end();
  },
  'sends more, and resets without an error at once': (raw) => {
    raw.data(1, 'd'.repeat(5000));
    raw.send(Frame.rstStream, 0, 1, number32(ErrorCode.none));
  },
};

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;

const PUT = getFields('/put').map(([name, value]): [string, string] =>
  name === ':method' ? [name, 'PUT'] : [name, value],
);

const BODY_FIELDS: readonly (readonly [string, string][])[] = [[], [['content-length', '9000']]];

interface Signal<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function signal<T>(): Signal<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('A client of HTTP/2 that gives a request up', () => {
  test.each(
    Object.keys(WAYS).flatMap((way) =>
      BODY_FIELDS.map((fields) => [way, fields.length > 0 ? 'with' : 'without', fields] as const),
    ),
  )('%s, %s a length', async (way, _, fields) => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    raw.open(1, [...PUT, ...fields], { isEnded: false });
    raw.data(1, 'abc');
    const peer = await member.next();
    while (!peer.received.includes('abc')) await peer.read(peer.received.length + 1);
    WAYS[way]!(raw);
    await peer.ending;
    const [headText = '', body = ''] = peer.received.toString('latin1').split(/\r\n\r\n(.*)/s);
    expect(headText).toContain('PUT /put HTTP/1.1');
    if (fields.length > 0) expect(body.length).toBeLessThan(9000);
    else expect(body).not.toContain('\r\n0\r\n');
    raw.peer.socket.destroy();
  });

  test.each(
    Object.keys(WAYS).flatMap((way) =>
      BODY_FIELDS.map((fields) => [way, fields.length > 0 ? 'with' : 'without', fields] as const),
    ),
  )(
    '%s, %s a length: a member of HTTP/2 sees the stream reset, and never ended',
    async (way, _, fields) => {
      const begun = signal<void>();
      const reset = signal<boolean>();
      const member = stage.add(
        await startRawHttp2Member(async (server) => {
          const stream = await server.nextStream();
          let isEnded = false;
          for (;;) {
            const { type, flags, stream: own } = await server.next();
            if (own !== stream) continue;
            if (type === Frame.data) begun.resolve();
            if (type === Frame.data && (flags & Flag.endStream) !== 0) isEnded = true;
            if (type === Frame.rstStream) reset.resolve(isEnded);
          }
        }),
      );
      const { port } = await stage.open([member], H2C, { http: { version: '2' } });
      const raw = await RawHttp2.connect(port);
      raw.open(1, [...PUT, ...fields], { isEnded: false });
      raw.data(1, 'abc');
      await begun.promise;
      WAYS[way]!(raw);
      expect(await reset.promise).toBe(false);
      raw.peer.socket.destroy();
    },
  );
});
