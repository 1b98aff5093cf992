// Whatever frame a client of HTTP/2 sends while a request of its is under way: nothing of the connection stays behind.
import { describe, test } from 'vitest';
import { ok, startHttpMember } from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { block, Flag, Frame, frame, getFields, number32, RawHttp2 } from '../support/raw-http2.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const SHORT = {
  protocol: 'http',
  http2: { cleartext: true },
  timeouts: { client: 100, requestHead: 100, keepAlive: 100 },
} as const;

const { data, headers, priority, rstStream, settings, ping, goaway, windowUpdate, continuation } =
  Frame;
const PUSH_PROMISE = 5;
const UNKNOWN = 0x20;
const HEAD = block(getFields());
const NOTHING = Buffer.alloc(0);

/** Type, flags, stream and payload. */
const FRAMES: Readonly<Record<string, readonly [number, number, number, Buffer]>> = {
  'DATA behind the end of the request': [data, Flag.endStream, 1, Buffer.from('x')],
  'DATA of no stream': [data, 0, 0, Buffer.from('x')],
  'DATA of a stream that was never opened': [data, 0, 9, Buffer.from('x')],
  'DATA with more padding than it is long': [data, 8, 1, Buffer.from([0xff])],
  'HEADERS behind the end of the request': [headers, 5, 1, HEAD],
  'HEADERS of an even stream': [headers, 5, 2, HEAD],
  'HEADERS of no stream': [headers, 5, 0, HEAD],
  'HEADERS that are no HPACK': [headers, 5, 3, Buffer.from('ffffffffffff', 'hex')],
  'HEADERS that are never finished': [headers, 1, 3, HEAD],
  'CONTINUATION of nothing': [continuation, 4, 1, HEAD],
  'PRIORITY of the wrong length': [priority, 0, 1, Buffer.from('x')],
  'PRIORITY of a stream under itself': [priority, 0, 1, Buffer.from([0, 0, 0, 1, 0])],
  'RST_STREAM of the wrong length': [rstStream, 0, 1, Buffer.from('x')],
  'RST_STREAM of a stream that was never opened': [rstStream, 0, 9, number32(8)],
  'RST_STREAM of no stream': [rstStream, 0, 0, number32(8)],
  'SETTINGS of the wrong length': [settings, 0, 0, Buffer.from('xxxxx')],
  'SETTINGS of a stream': [settings, 0, 1, NOTHING],
  'SETTINGS with too large a window': [settings, 0, 0, Buffer.from([0, 4, 0x80, 0, 0, 0])],
  'SETTINGS with too small a frame': [settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1])],
  'SETTINGS acknowledged with something': [settings, 1, 0, Buffer.alloc(6)],
  'PING of the wrong length': [ping, 0, 0, Buffer.from('x')],
  'PING of a stream': [ping, 0, 1, Buffer.alloc(8)],
  'GOAWAY of the wrong length': [goaway, 0, 0, Buffer.from('x')],
  'GOAWAY, and goes on': [goaway, 0, 0, Buffer.alloc(8)],
  'WINDOW_UPDATE by nothing': [windowUpdate, 0, 0, number32(0)],
  'WINDOW_UPDATE of the stream by nothing': [windowUpdate, 0, 1, number32(0)],
  'WINDOW_UPDATE beyond what there is': [windowUpdate, 0, 0, number32(0x7fffffff)],
  'WINDOW_UPDATE of the stream beyond what there is': [windowUpdate, 0, 1, number32(0x7fffffff)],
  'a pushed stream': [PUSH_PROMISE, 4, 1, Buffer.concat([number32(2), HEAD])],
  'a frame of an unknown type': [UNKNOWN, 0, 1, Buffer.from('x')],
  'a frame that is too long': [data, 0, 1, Buffer.alloc(20_000)],
};

/** What the client does behind the frame. */
const ENDS: Readonly<Record<string, (raw: RawHttp2) => void>> = {
  'it stays': () => undefined,
  'it ends': (raw) => void raw.peer.socket.end(),
  'it resets': (raw) => void raw.peer.socket.resetAndDestroy(),
};

describe('A client of HTTP/2 with a request under way', () => {
  // Each waits for connections that linger: so they run side by side.
  test.concurrent.for(Object.entries(FRAMES))(
    'that sends %s leaves nothing behind',
    async ([, parts], { expect }) => {
      const stage = new Stage();
      const silent = stage.add(await startTcpMember());
      const large = stage.add(await startHttpMember(() => ok('x'.repeat(1_000_000))));
      const tried = [silent, large].map(async (member) => {
        const { port, frontend } = await stage.open([member], SHORT, { timeouts: { server: 500 } });
        const clients: RawHttp2[] = [];
        for (const end of Object.values(ENDS)) {
          const raw = await RawHttp2.connect(port);
          clients.push(raw);
          raw.open(1, getFields());
          raw.peer.send(frame(...parts));
          end(raw);
        }
        await expect.poll(() => frontend.status().active, { timeout: 20_000 }).toBe(0);
        for (const { peer } of clients) {
          await peer.ending;
          peer.socket.destroy();
        }
      });
      await Promise.all(tried);
      const { port } = await stage.open([large], SHORT);
      const other = stage.add(await connectHttp2(port));
      expect((await other.ask('/')).status).toBe(200);
      await stage.close();
    },
  );
});
