// Lines of `accessLog: haproxy` beside those of a real HAProxy that got the same requests, field by field.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { connectHttp, type HttpMember, ok, startHttpMember } from '../support/http-peers.js';
import { describeWith } from '../support/program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { freePort, type RunningServer } from '../support/servers/server-process.js';
import { connectTcp, deadPort } from '../support/tcp-peers.js';

/** Both wait so long for a head, a member or a client, ms. */
const PATIENCE_MS = 300;

type Step = (port: number, member: HttpMember) => Promise<void>;

/** Sends bytes, and waits for the end of the connection or for an answer. */
function send(text: string): Step {
  return async (port) => {
    const client = await connectHttp(port);
    client.send(text);
    await Promise.race([
      client.peer.ending,
      client.reply(!text.startsWith('HEAD')).catch(() => {}),
    ]);
    client.peer.socket.destroy();
  };
}

/** Sends bytes and resets as soon as `bytes` of an answer are there, or the member has the request. */
function leave(text: string, bytes = 0): Step {
  return async (port, member) => {
    const before = member.requests.length;
    const client = await connectHttp(port);
    client.send(text);
    if (bytes > 0) await client.peer.read(bytes);
    else await vi.waitFor(() => expect(member.requests.length).toBeGreaterThan(before));
    client.peer.socket.resetAndDestroy();
  };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

const REQUESTS: readonly (readonly [string, Step])[] = [
  ['an answer', send(get('/'))],
  ['HTTP/1.0', send('GET /old HTTP/1.0\r\nHost: a.test\r\n\r\n')],
  ['HEAD', send('HEAD /head HTTP/1.1\r\nHost: a.test\r\n\r\n')],
  ['a body', send('POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc')],
  ['absolute form', send('GET http://a.test/abs?x=1 HTTP/1.1\r\nHost: a.test\r\n\r\n')],
  ['what needs quoting', send(get('/a"b{c}|d\\e?f=%22~'))],
  ['a long target', send(get(`/${'x'.repeat(2000)}`))],
  ['a redirect', send(get('/redirect'))],
  ['an answer of the proxy', send(get('/fixed'))],
  ['no member', send(get('/none/'))],
  ['a member that refuses', send(get('/dead/'))],
  ['a member that does not answer', send(get('/hang'))],
  ['a member that closes', send(get('/empty'))],
  ['a member that talks nonsense', send(get('/junk'))],
  ['an answer that breaks off', send(get('/cut'))],
  ['an answer that stalls', send(get('/stall'))],
  ['a malformed request', send('GET /x y HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['half a request', send('GET /x HTT')],
  ['a client that leaves in the body', leave(get('/stall'), 40)],
];

/** What two lines must have in common. */
interface Fields {
  readonly frontend: string;
  readonly server: string;
  /** Which steps were reached. */
  readonly timers: string;
  readonly status: string;
  readonly cookies: string;
  readonly termination: string;
  readonly counts: string;
  readonly queues: string;
  readonly request: string;
}

const HTTP_LINE =
  /^127\.0\.0\.1:\d+ \[(\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] (\S+) (\S+) ([\d/-]+) (-?\d+) (\d+) (- -) (\S{4}) ([+\d/]+) ([\d/]+) "(.*)"$/;

function fieldsOf(line: string): Fields {
  const match = HTTP_LINE.exec(line);
  if (match === null) throw new Error(`no line of httplog: ${line}`);
  // Bytes are left out: HAProxy counts the form that answers have in its buffers, not what is written.
  const [, time = '', frontend = '', server = '', timers = '', status = ''] = match;
  const [cookies = '', termination = '', counts = '', queues = '', request = ''] = match.slice(7);
  expect(Math.abs(Date.parse(isoOf(time)) - Date.now())).toBeLessThan(60_000);
  return {
    frontend,
    server,
    timers: timers.replace(/(?<![-\d])\d+/g, 'n'),
    status,
    cookies,
    termination,
    counts,
    queues,
    request,
  };
}

/** `26/Nov/2026:06:50:00.123` -> local time as `Date.parse` takes it. */
function isoOf(time: string): string {
  return time.replace(/^(\d\d)\/(\w{3})\/(\d{4}):/, '$2 $1 $3 ');
}

describeWith(['haproxy'], 'accessLog: haproxy', () => {
  let member: HttpMember;
  let haproxy: RunningServer;
  let balancer: Balancer;
  const ours: string[] = [];
  const ports = { fe: 0, t: 0, dead: 0 };
  const own = { fe: 0, t: 0, dead: 0 };

  beforeAll(async () => {
    member = await startHttpMember((request, peer) => {
      const [, target = ''] = request.firstLine.split(' ');
      if (target.includes('/hang')) return undefined;
      if (target.startsWith('/empty')) return void peer.socket.end();
      if (target.startsWith('/junk')) return 'garbage\r\n\r\n';
      if (target.startsWith('/cut')) setTimeout(() => peer.socket.destroy(), 50);
      if (target.startsWith('/cut') || target.startsWith('/stall')) {
        return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc';
      }
      return request.firstLine.startsWith('HEAD')
        ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
        : ok('ok');
    });
    const dead = await deadPort();
    for (const name of ['fe', 't', 'dead'] as const) ports[name] = await freePort();
    haproxy = await startHaproxy(haproxyConfig(member.port, dead, ports), ports.fe);
    balancer = new Balancer(spec(member.port, dead), {
      accessLog: (lines) => void ours.push(...lines.trimEnd().split('\n')),
    });
    const addresses = await balancer.start();
    for (const name of ['fe', 't', 'dead'] as const) own[name] = addresses[name]?.[0]?.port ?? 0;
  });
  afterAll(async () => {
    await balancer?.close();
    await haproxy?.stop();
    await member?.close();
  });

  /** The line that a step leaves behind. */
  async function lineOf(step: Step, port: number, lines: () => readonly string[]): Promise<string> {
    const before = lines().length;
    await step(port, member);
    await vi.waitFor(
      () => expect(lines().length, lines().slice(-2).join('\n')).toBeGreaterThan(before),
      5000,
    );
    return lines()[before] ?? '';
  }

  const theirs = (): readonly string[] =>
    haproxy
      .output()
      .split('\n')
      .filter((line) => line.startsWith('127.0.0.1:'));

  test.each(REQUESTS)('%s', async (_, step) => {
    // Whoever asked whether HAProxy is up has left a line too, perhaps.
    const expected = fieldsOf(await lineOf(step, ports.fe, theirs));
    const got = fieldsOf(await lineOf(step, own.fe, () => ours));
    expect(got).toEqual(expected);
  });

  const TCP_LINE =
    /^127\.0\.0\.1:\d+ \[[^\]]+\] (\S+ \S+) ([\d/-]+) (\d+) (\S\S) ([+\d/]+) ([\d/]+)$/;

  test.each([['t'], ['dead']] as const)('tcp: %s', async (name) => {
    const step: Step = async (port) => {
      const client = await connectTcp(port);
      client.send(get('/'));
      // One that leaves on its own might be seen before the refused connection, or after it.
      if (name === 't') {
        await client.read(40);
        client.socket.end();
      }
      await client.ending;
      client.socket.destroy();
    };
    const shape = (line: string): readonly string[] => {
      const [whole, way = '', timers = '', ...rest] = TCP_LINE.exec(line) ?? [];
      expect(whole, line).toBeDefined();
      return [way, timers.replace(/(?<![-\d])\d+/g, 'n'), ...rest];
    };
    const expected = shape(await lineOf(step, ports[name], theirs));
    expect(shape(await lineOf(step, own[name], () => ours))).toEqual(expected);
  });

  // The last one: the line of the first request comes at some time after it.
  test('a client that gives up waiting in the queue', async () => {
    const step: Step = async (port) => {
      const before = member.requests.length;
      const first = await connectHttp(port);
      first.send(get('/narrow/hang'));
      await vi.waitFor(() => expect(member.requests.length).toBeGreaterThan(before));
      const second = await connectHttp(port);
      second.send(get('/narrow/waits'));
      second.peer.socket.end();
      await second.peer.ending;
      first.peer.socket.destroy();
    };
    // Places in the queue are not told here.
    const shape = (line: string): object => ({ ...fieldsOf(line), queues: '' });
    const expected = shape(await lineOf(step, ports.fe, theirs));
    expect(expected).toMatchObject({ timers: 'n/n/-1/-1/n', termination: 'CQ--' });
    expect(shape(await lineOf(step, own.fe, () => ours))).toEqual(expected);
  });
});

function haproxyConfig(
  port: number,
  dead: number,
  ports: { readonly fe: number; readonly t: number; readonly dead: number },
): string {
  return `
global
  log stdout len 8192 format raw local0
defaults
  mode http
  log global
  option httplog
  option dontlognull
  option abortonclose
  retries 0
  timeout connect 1s
  timeout client 5s
  timeout server ${PATIENCE_MS}ms
  timeout http-request ${PATIENCE_MS}ms
frontend fe
  bind 127.0.0.1:${ports.fe}
  http-request return status 200 if { path /fixed }
  http-request redirect location /x if { path /redirect }
  use_backend none if { path_beg /none/ }
  use_backend dead if { path_beg /dead/ }
  use_backend narrow if { path_beg /narrow/ }
  default_backend be
backend none
backend dead
  server d1 127.0.0.1:${dead}
backend narrow
  timeout queue 5s
  timeout server 5s
  server s1 127.0.0.1:${port} maxconn 1
backend be
  server s1 127.0.0.1:${port}
frontend t
  mode tcp
  option tcplog
  bind 127.0.0.1:${ports.t}
  default_backend tbe
backend tbe
  mode tcp
  server s1 127.0.0.1:${port}
frontend dead
  mode tcp
  no option dontlognull
  option tcplog
  bind 127.0.0.1:${ports.dead}
  default_backend tdead
backend tdead
  mode tcp
  server d1 127.0.0.1:${dead}
`;
}

function spec(port: number, dead: number): ConstructorParameters<typeof Balancer>[0] {
  const pool = { retries: { attempts: 0 }, timeouts: { server: PATIENCE_MS } };
  const s1 = [{ name: 's1', address: `127.0.0.1:${port}` }];
  const d1 = [{ name: 'd1', address: `127.0.0.1:${dead}` }];
  return {
    frontends: [
      {
        name: 'fe',
        protocol: 'http',
        bind: '127.0.0.1:0',
        pool: 'be',
        accessLog: 'haproxy',
        timeouts: { requestHead: PATIENCE_MS },
        routes: [
          { match: { path: { exact: '/fixed' } }, respond: { status: 200 } },
          { match: { path: { exact: '/redirect' } }, redirect: { to: '/x' } },
          { match: { path: '/none/' }, pool: 'none' },
          { match: { path: '/dead/' }, pool: 'dead' },
          { match: { path: '/narrow/' }, pool: 'narrow' },
        ],
      },
      { name: 't', protocol: 'tcp', bind: '127.0.0.1:0', pool: 'tbe', accessLog: 'haproxy' },
      { name: 'dead', protocol: 'tcp', bind: '127.0.0.1:0', pool: 'tdead', accessLog: 'haproxy' },
    ],
    pools: [
      { name: 'none', members: [], ...pool },
      { name: 'dead', members: d1, ...pool },
      {
        name: 'narrow',
        members: s1.map((member) => ({ ...member, maxConnections: 1 })),
        ...pool,
        timeouts: { server: 5000 },
      },
      { name: 'be', members: s1, ...pool },
      { name: 'tbe', members: s1, ...pool },
      { name: 'tdead', members: d1, ...pool },
    ],
  };
}
