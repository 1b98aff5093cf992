// A real browser at the balancer: pages over HTTP/2 and HTTP/1.1, cookies, redirects, compression, uploads, downloads, WebSocket.
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Balancer } from '../../src/balancer/balancer.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { TestAuthority } from '../support/authority.js';
import { describeWith, programPath } from '../support/program.js';
import { freePort } from '../support/servers/server-process.js';

const site = new TestAuthority().issue({ names: ['shop.test'] });
const FILE = randomBytes(3 * 1024 * 1024);
const LONG_TEXT = 'All of this is said more than once. '.repeat(2000);

const PAGE = `<!doctype html><html><head><title>shop</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head>
<body><h1 id="who">?</h1><a id="file" href="/file">file</a>
<form id="form" method="post" action="/form"><input name="what" value="tea &amp; milk"><button>send</button></form>
<script src="/app.js"></script><script src="/who.js"></script></body></html>`;

/** What tests call within the page. */
const APP = `
const protocolOf = (entry) => entry.nextHopProtocol;
async function ask(url, init) {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text() };
}
function loaded() {
  const heading = document.getElementById('who');
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return { who: heading.textContent, color: getComputedStyle(heading).color, protocols: entries.map(protocolOf) };
}
async function askMany(rounds, atOnce) {
  const statuses = [];
  for (let round = 0; round < rounds; round++)
    for (const { status } of await Promise.all(Array.from({ length: atOnce }, () => ask('/who'))))
      statuses.push(status);
  return statuses;
}
function echo(url, text) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(text);
    socket.onmessage = ({ data }) => { socket.close(); resolve(data); };
    socket.onerror = () => reject(new Error('the socket failed'));
  });
}`;

/** A member that says its name, and serves what a page needs. */
function serve(name: string): http.Server {
  return http.createServer((request, response) => {
    const say = (type: string, body: string | Buffer): void => {
      response.setHeader('content-type', type);
      response.end(body);
    };
    switch (request.url) {
      case '/':
        return say('text/html', PAGE);
      case '/style.css':
        return say('text/css', 'h1 { color: rgb(1, 2, 3) }');
      case '/app.js':
        return say('text/javascript', APP);
      case '/who.js':
        return say('text/javascript', `document.getElementById('who').textContent = '${name}'`);
      case '/who':
        return say('text/plain', name);
      case '/headers':
        return say('application/json', JSON.stringify(request.headers));
      case '/long':
        return say('text/plain', LONG_TEXT);
      case '/file':
        response.setHeader('content-disposition', 'attachment; filename="file.bin"');
        return say('application/octet-stream', FILE);
      default: {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          const body = Buffer.concat(parts);
          const hash = createHash('sha256').update(body).digest('hex');
          say('text/plain', body.length > 1000 ? hash : body.toString());
        });
      }
    }
  });
}

const NAMES = ['a', 'b'] as const;
const members: http.Server[] = [];
const memberPorts: number[] = [];
const sockets: WebSocketServer[] = [];
let folder = '';
let balancer: Balancer;
let context: BrowserContext;
let page: Page;
let modern = '';
let classic = '';
let plain = '';

async function startMember(name: string): Promise<void> {
  const server = serve(name);
  const socketServer = new WebSocketServer({ server });
  socketServer.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  members.push(server);
  sockets.push(socketServer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on tcp
  memberPorts.push((server.address() as AddressInfo).port);
}

function specOf(port: number, weights: readonly number[] = [1, 1]): BalancerSpec {
  const tls = { certificates: [site] };
  const https = {
    protocol: 'https',
    pool: 'web',
    hsts: { maxAge: '1h' },
    compression: {},
  } as const;
  return {
    name: 'shop',
    frontends: [
      { ...https, name: 'modern', bind: `127.0.0.1:${port}`, tls },
      {
        ...https,
        name: 'classic',
        bind: '127.0.0.1:0',
        tls: { ...tls, alpn: ['http/1.1'] },
      },
      { name: 'plain', protocol: 'http', bind: '127.0.0.1:0', redirectToHttps: { port } },
    ],
    pools: [
      {
        name: 'web',
        sticky: { mode: 'cookie', cookie: 'WHERE', secure: true, httpOnly: true, sameSite: 'Lax' },
        members: NAMES.map((name, index) => ({
          name,
          address: `127.0.0.1:${memberPorts[index]}`,
          weight: weights[index] ?? 1,
        })),
      },
    ],
  };
}

/** The hash of our key, which Chromium takes as if an authority it knows had signed it. */
function pin(): string {
  const key = new X509Certificate(site.cert).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-chromium-'));
  for (const name of NAMES) await startMember(name);
});
afterAll(async () => {
  for (const server of sockets) server.close();
  for (const member of members) member.closeAllConnections();
  for (const member of members) member.close();
  await rm(folder, { recursive: true });
});

/** Calls one of the page's own functions. */
function inPage(name: string, ...values: unknown[]): Promise<unknown> {
  return page.evaluate(`${name}(...${JSON.stringify(values)})`);
}

describeWith(['chromium'], 'Chromium at an https frontend', () => {
  beforeEach(async () => {
    const port = await freePort();
    balancer = new Balancer(specOf(port));
    const addresses = await balancer.start();
    modern = `https://shop.test:${port}`;
    classic = `https://shop.test:${addresses['classic']?.[0]?.port}`;
    plain = `http://shop.test:${addresses['plain']?.[0]?.port}`;
    context = await chromium.launchPersistentContext(await mkdtemp(path.join(folder, 'user-')), {
      executablePath: programPath('chromium'),
      chromiumSandbox: false,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--host-resolver-rules=MAP shop.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        `--ignore-certificate-errors-spki-list=${pin()}`,
      ],
    });
    page = context.pages()[0] ?? (await context.newPage());
  });
  afterEach(async () => {
    await context.close();
    await balancer.close();
  });

  test.each([
    ['HTTP/2', (): string => modern, 'h2'],
    ['HTTP/1.1', (): string => classic, 'http/1.1'],
  ])('gets a page and what belongs to it over %s', async (_, origin, protocol) => {
    await page.goto(`${origin()}/`);
    const protocols = Array.from({ length: 4 }, () => protocol);
    const who = expect.stringMatching(/^[ab]$/);
    expect(await inPage('loaded')).toEqual({ who, color: 'rgb(1, 2, 3)', protocols });
    const response = await page.goto(`${origin()}/headers`);
    expect(await response?.json()).toMatchObject({
      host: new URL(origin()).host,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
    });
  });

  test('stays with its member by the cookie, which scripts do not see', async () => {
    await page.goto(`${modern}/`);
    const first = await page.textContent('#who');
    const asked = await Promise.all(Array.from({ length: 20 }, () => inPage('ask', '/who')));
    expect(asked).toEqual(asked.map(() => ({ status: 200, text: first })));
    const cookies = await context.cookies(modern);
    expect(cookies).toMatchObject([
      { name: 'WHERE', value: first, httpOnly: true, secure: true, path: '/' },
    ]);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('follows the redirect to https, and is told to come that way from now on', async () => {
    const response = await page.goto(`${plain}/who?a=1`);
    expect(response?.url()).toBe(`${modern}/who?a=1`);
    expect(response?.request().redirectedFrom()?.url()).toBe(`${plain}/who?a=1`);
    expect(response?.headers()['strict-transport-security']).toBe('max-age=3600');
  });

  test('reads what was compressed', async () => {
    await page.goto(`${modern}/`);
    const coming = page.waitForResponse(`${modern}/long`);
    expect(await inPage('ask', '/long')).toEqual({ status: 200, text: LONG_TEXT });
    const response = await coming;
    expect(response.headers()['content-encoding']).toBe('br');
  });

  test('sends forms and bodies, and downloads files', async () => {
    await page.goto(`${modern}/`);
    const body = 'x'.repeat(2_000_000);
    const text = createHash('sha256').update(body).digest('hex');
    expect(await inPage('ask', '/body', { method: 'POST', body })).toEqual({ status: 200, text });
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#file')]);
    const bytes = await readFile(await download.path());
    expect(bytes.equals(FILE)).toBe(true);
    await page.click('button');
    await page.waitForURL(`${modern}/form`);
    expect(await page.textContent('body')).toBe('what=tea+%26+milk');
  });

  test.each([
    ['an HTTP/2', (): string => modern],
    ['an HTTP/1.1', (): string => classic],
  ])('speaks WebSocket beside %s page', async (_, origin) => {
    await page.goto(`${origin()}/`);
    const url = `${origin().replace('https:', 'wss:')}/socket`;
    const text = 'ahoy'.repeat(5000);
    expect(await inPage('echo', url, text)).toBe(text);
  });

  test('loses no request while the spec changes ten times', async () => {
    await page.goto(`${modern}/`);
    const asking = inPage('askMany', 40, 5);
    const port = Number(new URL(modern).port);
    for (let weight = 2; weight < 12; weight++) await balancer.apply(specOf(port, [weight, 1]));
    expect(await asking).toEqual(Array.from({ length: 200 }, () => 200));
  });
});
