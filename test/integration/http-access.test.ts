// Who may ask: sources that `access` refuses are answered on http, and reset on tcp.
import { afterEach, describe, expect, test } from 'vitest';
import { renderProxyV1 } from '../../src/wire/proxy-protocol.js';
import {
  connectHttp,
  get,
  type HttpMember,
  ok,
  post,
  startHttpMember,
} from '../support/http-peers.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const DENIED = { protocol: 'http', access: { deny: ['127.0.0.0/8'] } } as const;

async function startOk(): Promise<HttpMember> {
  return stage.add(await startHttpMember(() => ok()));
}

describe('a source that may not ask', () => {
  test('gets 403 for each request, and keeps its connection', async () => {
    const member = await startOk();
    const { port, frontend } = await stage.open([member], DENIED);
    const client = await connectHttp(port);
    client.send(get('/a') + post('body') + get('/b'));
    for (let i = 0; i < 3; i++) {
      const answer = await client.reply();
      expect(answer.status).toBe(403);
      expect(answer.headers.has('connection')).toBe(false);
      expect(answer.body.toString()).toBe('403 Forbidden\n');
    }
    expect(member.peers).toHaveLength(0);
    expect(frontend.status()).toMatchObject({ active: 1, totals: { failed: 3, requests: 3 } });
    client.peer.socket.destroy();
  });

  test('is cut off after 403 when more of the body is to come than is worth reading', async () => {
    const { port } = await stage.open([await startOk()], DENIED);
    const client = await connectHttp(port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    const answer = await client.reply();
    expect([answer.status, answer.headers.get('connection')]).toEqual([403, 'close']);
    expect(await client.peer.ending).toBe('end');
  });

  test('learns of another list with its next request on the same connection', async () => {
    const { port, frontend, pool } = await stage.open([await startOk()], { protocol: 'http' });
    const client = await connectHttp(port);
    const ask = async (): Promise<number> => {
      client.send(get());
      return (await client.reply()).status;
    };
    expect(await ask()).toBe(200);
    const { access: _, ...open } = frontend.config;
    const closed = { ...open, access: { allow: ['192.0.2.0/24'], deny: [] } };
    (await frontend.prepare(closed, () => pool)).commit();
    expect(await ask()).toBe(403);
    (await frontend.prepare(open, () => pool)).commit();
    expect(await ask()).toBe(200);
    client.peer.socket.destroy();
  });

  test('is the one that the PROXY header names', async () => {
    const { port } = await stage.open([await startOk()], {
      protocol: 'http',
      acceptProxyProtocol: { trust: ['127.0.0.0/8'] },
      access: { deny: ['203.0.113.0/24'] },
    });
    for (const [source, status] of [
      ['203.0.113.7', 403],
      ['203.0.114.7', 200],
    ] as const) {
      const client = await connectHttp(port);
      const ends = { sourcePort: 40_000, destination: '198.51.100.1', destinationPort: 80 };
      client.send(renderProxyV1({ source, ...ends }));
      client.send(get());
      expect((await client.reply()).status).toBe(status);
      client.peer.socket.destroy();
    }
  });
});
