// The same requests at the same moments: HAProxy with the stick tables that a limit maps to, and ourselves, deny the same ones.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { ReusedVerdict } from '../../src/rate-limit/rule.js';
import { SlidingWindow } from '../../src/rate-limit/sliding-window.js';
import type { RateLimitSpec } from '../../src/spec/rate-limit.js';
import { connectHttp, get, ok, startHttpMember } from '../support/http-peers.js';
import { describeWith } from '../support/program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { freePort, type RunningServer } from '../support/servers/server-process.js';
import { connectTcp, Stage, startEcho } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const WINDOW_MS = 1000;
/** How late a request may be, ms: schedules are chosen so that this changes no answer. */
const JITTER_MS = 20;

/** A limit, and how HAProxy is told it. */
interface Pair {
  readonly limit: Partial<RateLimitSpec> & { readonly requests: number };
  readonly haproxy: (requests: number) => string;
}

const TABLE = `type ipv6 size 1k expire ${2 * WINDOW_MS}ms`;
const counted: Pair['haproxy'] = (requests) => `
  stick-table ${TABLE} store http_req_rate(${WINDOW_MS}ms)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${requests} }`;
const uncounted: Pair['haproxy'] = (requests) => `
  stick-table ${TABLE} store gpc0,gpc0_rate(${WINDOW_MS}ms)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_gpc0_rate(0) ge ${requests} }
  http-request sc-inc-gpc0(0)`;

const PAIRS: Readonly<Record<string, Pair>> = {
  'counting what is denied': { limit: { requests: 5 }, haproxy: counted },
  'counting what passes': { limit: { requests: 5, countDenied: false }, haproxy: uncounted },
  'one request, counting what is denied': { limit: { requests: 1 }, haproxy: counted },
  'one request, counting what passes': {
    limit: { requests: 1, countDenied: false },
    haproxy: uncounted,
  },
};

function headerTable(requests: number): string {
  return `
  stick-table type string len 64 size 1k expire 20s store http_req_rate(10s)
  http-request track-sc0 req.fhdr(x-api-key,1)
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${requests} }`;
}

function frontendTable(requests: number): string {
  return `
  stick-table type integer size 1 expire 20s store http_req_rate(10s)
  http-request track-sc0 int(1)
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${requests} }`;
}

function listen(name: string, port: number, body: string): string {
  return `
listen ${name}
  mode http
  bind 127.0.0.1:${port}${body}
  http-request return status 200
`;
}

/** `.` = allowed, `X` = denied. */
function patternOf({ limit }: Pair, moments: readonly number[]): string {
  const { requests, countDenied = true } = limit;
  const rule = { requests, windowMs: WINDOW_MS, countDenied, burst: 1, maxDelayMs: 0 };
  const window = new SlidingWindow({ ...rule, algorithm: 'sliding' });
  const state = window.createState();
  const verdict = new ReusedVerdict();
  return moments
    .map((moment) => {
      window.take(state, Math.floor(moment), verdict);
      return verdict.allowed ? '.' : 'X';
    })
    .join('');
}

const random = seededRandom(7);

/** Moments whose answers do not depend on some ms, with both kinds of answers late as well as early. */
function schedule(pair: Pair): readonly number[] {
  for (;;) {
    let now = 0;
    const moments = Array.from({ length: 24 }, (_, index) => {
      // Bursts, steady times, and now and then a rest of a period or two.
      const draw = random.next();
      if (index > 0) now += draw < 0.4 ? 5 : draw < 0.9 ? 60 + 300 * random.next() : 1200;
      return now;
    });
    const pattern = patternOf(pair, moments);
    const isStill = Array.from({ length: 60 }, () => {
      let latest = 0;
      const late = moments.map((moment) => {
        latest = Math.max(latest, moment + JITTER_MS * random.next());
        return latest;
      });
      return patternOf(pair, late) === pattern;
    }).every(Boolean);
    const tail = pattern.slice(12);
    if (isStill && tail.includes('.') && tail.includes('X')) return moments;
  }
}

/** Asks at those moments; undefined when the machine was too slow to. */
async function play(port: number, moments: readonly number[]): Promise<string | undefined> {
  const client = await connectHttp(port);
  let pattern = '';
  let startMs = 0;
  for (const moment of moments) {
    const waitMs = startMs + moment - performance.now();
    if (pattern !== '' && waitMs > 1) await sleep(waitMs);
    if (pattern === '') startMs = performance.now();
    client.send(get('/'));
    pattern += (await client.reply()).status === 200 ? '.' : 'X';
    if (performance.now() - startMs - moment > JITTER_MS) return undefined;
  }
  client.peer.socket.destroy();
  return pattern;
}

describeWith(['haproxy'], 'rate limits and HAProxy', () => {
  let server: RunningServer;
  const ports: Record<string, number> = {};
  beforeAll(async () => {
    const blocks: string[] = [];
    const add = async (name: string, body: string): Promise<void> => {
      ports[name] = await freePort();
      blocks.push(listen(`l${blocks.length}`, ports[name], body));
    };
    for (const [name, { limit, haproxy }] of Object.entries(PAIRS)) {
      for (let round = 0; round < 5; round++) {
        await add(`${name} ${round}`, haproxy(limit.requests));
      }
    }
    await add('header', headerTable(3));
    await add('frontend', frontendTable(4));
    ports['tcp'] = await freePort();
    const tcp = `
listen tcp
  mode tcp
  bind 127.0.0.1:${ports['tcp']}
  stick-table type ipv6 size 1k expire 20s store conn_rate(10s)
  tcp-request connection track-sc0 src
  tcp-request connection reject if { sc_conn_rate(0) gt 3 }
  server none 127.0.0.1:${ports['header']}
`;
    const defaults = 'defaults\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n';
    server = await startHaproxy(defaults + blocks.join('') + tcp, ports['frontend'] ?? 0);
  });
  afterAll(() => server.stop());

  test.each(Object.entries(PAIRS))('deny the same requests, %s', async (name, pair) => {
    const member = stage.add(await startHttpMember(() => ok()));
    const moments = schedule(pair);
    const expected = patternOf(pair, moments);
    for (let round = 0; round < 5; round++) {
      const rateLimit = { ...pair.limit, window: WINDOW_MS };
      const { port } = await stage.open([member], { protocol: 'http', rateLimit });
      const both = await Promise.all([
        play(ports[`${name} ${round}`] ?? 0, moments),
        play(port, moments),
      ]);
      if (both.includes(undefined)) continue;
      expect(both).toEqual([expected, expected]);
      return;
    }
    throw new Error('the machine is too busy to ask on time');
  });

  test('count headers alike: by value, and without a value not at all', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const rateLimit = { requests: 3, window: '10s', key: { header: 'X-Api-Key' } } as const;
    const { port } = await stage.open([member], { protocol: 'http', rateLimit });
    const lines = [
      'X-Api-Key: a\r\n',
      'x-api-key: b\r\n',
      '',
      'X-Api-Key:\r\n',
      'X-Api-Key: a, b\r\n',
      // Of several lines the first counts: this is one that has gone by already.
      'X-Api-Key: a\r\nX-Api-Key: c\r\n',
      'X-Api-Key: c\r\nX-Api-Key: a\r\n',
    ];
    const patterns = await Promise.all(
      [ports['header'] ?? 0, port].map(async (port) => {
        const client = await connectHttp(port);
        const found: string[] = [];
        for (const line of lines) {
          let pattern = '';
          for (let i = 0; i < 5; i++) {
            client.send(get('/', line));
            pattern += (await client.reply()).status === 200 ? '.' : 'X';
          }
          found.push(pattern);
        }
        client.peer.socket.destroy();
        return found;
      }),
    );
    expect(patterns[1]).toEqual(patterns[0]);
    expect(patterns[0]?.slice(0, 3)).toEqual(['...XX', '...XX', '.....']);
    expect(patterns[0]?.slice(5)).toEqual(['XXXXX', '...XX']);
  });

  test('count a frontend as a whole alike', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const rateLimit = { requests: 4, window: '10s', key: 'frontend' } as const;
    const { port } = await stage.open([member], { protocol: 'http', rateLimit });
    for (const one of [ports['frontend'] ?? 0, port]) {
      let pattern = '';
      for (let i = 1; i <= 8; i++) {
        const peer = await connectTcp(one, { localAddress: `127.0.0.${i + 1}` });
        peer.send(get('/'));
        pattern += (await peer.read(12)).includes('200') ? '.' : 'X';
        peer.socket.destroy();
      }
      expect(pattern).toBe('....XXXX');
    }
  });

  test('turn the same tcp connections away', async () => {
    const member = stage.add(await startEcho());
    const { port } = await stage.open([member], { rateLimit: { requests: 3, window: '10s' } });
    const endings: string[][] = [];
    for (const one of [ports['tcp'] ?? 0, port]) {
      // A source of its own: who looked whether HAProxy is there came from another.
      const found: string[] = [];
      for (let i = 0; i < 5; i++) {
        const peer = await connectTcp(one, { localAddress: '127.0.0.77' });
        const ending = await Promise.race([peer.ending, sleep(200, 'open')]);
        found.push(ending === 'open' ? ending : 'away');
        peer.socket.destroy();
      }
      endings.push(found);
    }
    expect(endings[1]).toEqual(['open', 'open', 'open', 'away', 'away']);
    expect(endings[0]).toEqual(endings[1]);
  });
});
