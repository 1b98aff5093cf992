// Every feature that judges, changes or answers requests does the same for a client of HTTP/2 as for one of HTTP/1.1, and before members of either.
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { FrontendOptions } from '../../src/frontend/frontend-options.js';
import { connectHttp, ok, startHttpMember } from '../support/http-peers.js';
import { startHttp2Member } from '../support/http2-member.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { Stage } from '../support/tcp-peers.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-h2-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const place = path.join(folder, name);
  writeFileSync(place, text);
  return place;
}

/** One request, whatever the version. */
interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What of an answer must not depend on the version. */
interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Case {
  readonly frontend: Partial<FrontendOptions>;
  readonly pool?: object;
  readonly asked: readonly Asked[];
  /** The statuses, so that two equal faults do not count as right. */
  readonly statuses: readonly number[];
}

const ann = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const users = file('users', `ann:{SHA}${hash('sha1', 'secret', 'base64')}\n`);

const CASES: Readonly<Record<string, Case>> = {
  'nothing special': {
    frontend: {},
    asked: [{}, { method: 'POST', body: 'hello' }, { method: 'HEAD' }, { path: '/a?b=c' }],
    statuses: [200, 200, 200, 200],
  },
  routes: {
    frontend: {
      routes: [
        {
          match: { path: '/old' },
          redirect: { to: 'https://new.test{rest}?{query}', status: 301 },
        },
        { match: { path: { exact: '/robots.txt' } }, respond: { status: 418, body: 'no' } },
        { match: { host: ['other.test'] }, respond: { status: 200, body: 'other' } },
        { match: { method: ['DELETE'] }, respond: { status: 403, body: '' } },
        { match: { header: { 'x-canary': '1' } }, respond: { status: 200, body: 'canary' } },
        { match: { cookie: { beta: 'yes' } }, respond: { status: 200, body: 'beta' } },
        { match: { query: { debug: '1' } }, respond: { status: 200, body: 'debug' } },
        { match: { path: '/api' }, pool: 'pool', rewritePath: { prefix: '/api', to: '/v1' } },
      ],
    },
    asked: [
      { path: '/old/page?x=1' },
      { path: '/robots.txt' },
      { headers: { host: 'other.test' } },
      { method: 'DELETE' },
      { headers: { 'x-canary': '1' } },
      { headers: { cookie: 'a=b; beta=yes' } },
      { path: '/?debug=1' },
      { path: '/api/users?a=1' },
      { path: '/%2e%2e/api' },
    ],
    statuses: [301, 418, 200, 403, 200, 200, 200, 200, 400],
  },
  'header changes': {
    frontend: {
      headers: {
        request: {
          set: { 'X-Path': '{path}', 'X-Client': '{client.ip}', Host: 'inner.test' },
          add: { 'X-Two': 'b' },
          remove: ['X-Gone'],
        },
        response: { set: { 'X-Answer': 'set' }, add: { 'X-Seen': '2' }, remove: ['X-Internal'] },
      },
    },
    asked: [{ path: '/p', headers: { 'x-two': 'a', 'x-gone': '1', 'x-kept': '1' } }],
    statuses: [200],
  },
  'error pages and methods': {
    frontend: {
      errorPages: { '404': file('404.html', '<h1>nothing</h1>') },
      routes: [{ match: { path: '/none' }, respond: { status: 404, body: '' } }],
      methods: { trace: false },
    },
    asked: [{}, { path: '/none' }, { method: 'TRACE' }],
    statuses: [200, 404, 405],
  },
  'redirect to https': {
    frontend: { redirectToHttps: true },
    asked: [{ path: '/a?b' }],
    statuses: [308],
  },
  'basic auth': {
    frontend: { basicAuth: { realm: 'ops', usersFile: users } },
    asked: [{}, { headers: { authorization: ann } }, { headers: { authorization: 'Basic eDp5' } }],
    statuses: [401, 200, 401],
  },
  'access list': {
    frontend: { access: { deny: ['127.0.0.1'] } },
    asked: [{}],
    statuses: [403],
  },
  maintenance: {
    frontend: { maintenance: { status: 503, page: file('down.html', 'down') } },
    asked: [{}, { method: 'HEAD' }],
    statuses: [503, 503],
  },
  'rate limit': {
    frontend: { rateLimit: { requests: 2, window: '1h', key: { header: 'x-key' } } },
    asked: [1, 2, 3].map(() => ({ headers: { 'x-key': 'a' } })),
    statuses: [200, 200, 429],
  },
  compression: {
    frontend: { compression: { algorithms: ['gzip'], minBytes: 10 } },
    asked: [
      { path: '/long', headers: { 'accept-encoding': 'gzip' } },
      { path: '/long' },
      { path: '/long', method: 'HEAD', headers: { 'accept-encoding': 'gzip' } },
    ],
    statuses: [200, 200, 200],
  },
  'request id': {
    frontend: { requestId: { header: 'X-Request-Id', trust: ['127.0.0.1'] } },
    asked: [{ headers: { 'x-request-id': 'given' } }],
    statuses: [200],
  },
  'sticky cookie': {
    frontend: {},
    pool: { sticky: { mode: 'cookie', cookie: 'SERVERID' } },
    asked: [{}, { headers: { cookie: 'SERVERID=only; a=b' } }, { headers: { cookie: 'a=b' } }],
    statuses: [200, 200, 200],
  },
  'retries on a status': {
    frontend: {},
    pool: { retries: { attempts: 1, on: [503] } },
    asked: [{ path: '/busy' }],
    statuses: [503],
  },
  limits: {
    frontend: { limits: { bodyBytes: 5, headerBytes: 2048 } },
    asked: [
      { method: 'POST', body: '12345' },
      { method: 'POST', body: '123456' },
      { headers: { 'x-long': 'x'.repeat(3000) } },
      { path: `/${'x'.repeat(3000)}` },
    ],
    statuses: [200, 413, 431, 414],
  },
};

const LONG = 'All work and no play makes Jack a dull boy. '.repeat(50);

/** What a member says: what it was asked, as far as that does not depend on the version towards it. */
function describeRequest(
  method: string,
  target: string,
  fields: readonly (readonly [string, string])[],
  body: string,
): string {
  const kept = fields.filter(
    ([name]) =>
      !/^(:|host$|connection$|content-length$|transfer-encoding$|x-forwarded-)/.test(name),
  );
  return JSON.stringify({ method, target, fields: kept.map(String).sort(), body });
}

type Start = (stage: Stage) => Promise<string>;

const startMember: Record<'1.1' | '2', Start> = {
  '1.1': async (stage) => {
    const member = await startHttpMember(({ firstLine, headers, body }) => {
      const [method = '', target = ''] = firstLine.split(' ');
      if (target === '/busy')
        return Buffer.from('HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy');
      const text =
        target === '/long'
          ? LONG
          : describeRequest(
              method,
              target,
              [...headers, [':authority', headers.get('host') ?? '']],
              body.toString(),
            );
      const lines = 'X-Internal: 1\r\nX-Seen: 1\r\nContent-Type: text/plain\r\n';
      const whole = ok(text, lines);
      return method === 'HEAD' ? whole.subarray(0, whole.indexOf('\r\n\r\n') + 4) : whole;
    });
    return stage.add(member).address;
  },
  '2': async (stage) => {
    const member = await startHttp2Member((stream, headers) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const { ':method': method = '', ':path': target = '' } = headers;
        if (target === '/busy') {
          stream.respond({ ':status': 503, 'content-length': 4 });
          stream.end('busy');
          return;
        }
        const fields = Object.entries(headers).map(
          ([name, value]) => [name, String(value)] as const,
        );
        const body = Buffer.concat(pieces).toString();
        const text = target === '/long' ? LONG : describeRequest(method, target, fields, body);
        stream.respond(
          {
            ':status': 200,
            'x-internal': '1',
            'x-seen': '1',
            'content-type': 'text/plain',
            'content-length': Buffer.byteLength(text),
          },
          { sendDate: false, endStream: method === 'HEAD' } as object,
        );
        if (method !== 'HEAD') stream.end(text);
      });
    });
    return stage.add(member).address;
  },
};

/** Fields that say when, or how the version frames. */
const OF_THE_VERSION = /^(:status|date|connection|keep-alive|transfer-encoding|content-length)$/;

function answered(
  status: number,
  fields: Iterable<readonly [string, string | string[] | undefined]>,
  body: Buffer,
): Answered {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (!OF_THE_VERSION.test(name)) headers[name] = [value].flat().join(', ');
  }
  return { status, headers, body: body.toString('latin1') };
}

async function overHttp1(port: number, asked: readonly Asked[]): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const { method = 'GET', path: target = '/', headers = {}, body } of asked) {
    // A connection each: some answers close theirs.
    const client = await connectHttp(port);
    const fields = { host: 'a.test', ...headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    if (body !== undefined) lines.push(`content-length: ${body.length}\r\n`);
    client.send(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
    const reply = await client.reply(method !== 'HEAD');
    answers.push(answered(reply.status, reply.headers, reply.body));
    client.peer.socket.destroy();
  }
  return answers;
}

async function overHttp2(stage: Stage, port: number, asked: readonly Asked[]): Promise<Answered[]> {
  const client = stage.add(await connectHttp2(port));
  const answers: Answered[] = [];
  for (const { method = 'GET', path: target = '/', headers = {}, body } of asked) {
    const { host = 'a.test', ...others } = headers;
    const reply = await client.ask(target, {
      headers: {
        ':method': body === undefined ? method : 'POST',
        ':authority': host,
        ...others,
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const fields: IncomingHttpHeaders = reply.headers;
    answers.push(answered(reply.status, Object.entries(fields), reply.body));
  }
  return answers;
}

async function run(
  { frontend, pool = {}, asked }: Case,
  client: '1.1' | '2',
  version: '1.1' | '2',
): Promise<Answered[]> {
  await using stage = new DisposableStage();
  const address = await startMember[version](stage);
  const { port } = await stage.open(
    [],
    { protocol: 'http', http2: { cleartext: true }, ...frontend },
    { members: [{ address, name: 'only' }], http: { version }, ...pool },
  );
  return await (client === '2' ? overHttp2(stage, port, asked) : overHttp1(port, asked));
}

class DisposableStage extends Stage {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

describe('over HTTP/2 as over HTTP/1.1', () => {
  test.each(Object.entries(CASES))('%s', async (_, one) => {
    const expected = await run(one, '1.1', '1.1');
    expect(expected.map(({ status }) => status)).toEqual(one.statuses);
    expect(await run(one, '2', '1.1')).toEqual(expected);
    expect(await run(one, '1.1', '2')).toEqual(expected);
    expect(await run(one, '2', '2')).toEqual(expected);
  });
});
