// TLS on both sides of a real HAProxy: certificates by name, clients' certificates, members that are verified.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, createServer as httpsServer, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import { Balancer } from '../../../src/balancer/balancer.js';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { TestAuthority } from '../../support/authority.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const authority = new TestAuthority('evenkeel tests');
const others = new TestAuthority('somebody else');
const a = authority.issue({ names: ['a.example.com'] });
const b = authority.issue({ names: ['b.example.com', '*.b.example.com'] });
const client = authority.issue({ names: ['client.example.com'] });
const member = authority.issue({ names: ['member.example.com'] });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A member that takes nobody without a certificate, and tells whose it was and which name was asked for. */
async function startMember(): Promise<number> {
  const server = httpsServer(
    { ...member, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const subject = request.headers['x-client-cert-subject'] ?? 'none';
      response.end(`${socket.getPeerCertificate().subject.CN} ${socket.servername} ${subject}`);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

interface Seen {
  readonly status: number;
  readonly body: string;
  /** Common name of the certificate that was shown. */
  readonly shown: string;
}

async function ask(port: number, host: string, options: RequestOptions = {}): Promise<Seen> {
  const request = get({
    port,
    host: '127.0.0.1',
    servername: host,
    headers: { host, 'x-client-cert-subject': 'CN=forged' },
    ca: authority.ca,
    agent: false,
    ...options,
  });
  const [response] = await once(request, 'response');
  const { subject } = (response.socket as TLSSocket).getPeerCertificate();
  return { status: response.statusCode, body: await text(response), shown: String(subject.CN) };
}

async function start(spec: (port: number) => BalancerSpec): Promise<[HaproxyEngine, number]> {
  const port = await freePort();
  const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-tls-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const engine = new HaproxyEngine(spec(port), { directory, observeMs: 50 });
  cleanups.push(() => engine.close());
  await engine.start();
  return [engine, port];
}

function specOf(port: number, memberPort: number, pool: object, tls: object = {}): BalancerSpec {
  return {
    name: 'secure',
    frontends: [
      {
        name: 'public',
        protocol: 'https',
        bind: [`127.0.0.1:${port}`],
        pool: 'web',
        tls: { certificates: [a, b], ...tls },
      },
    ],
    pools: [{ name: 'web', members: [`127.0.0.1:${memberPort}`], tls: pool }],
  };
}

const TO_MEMBERS = { ca: authority.ca, sni: 'member.example.com', clientCert: client };

describeWith(['haproxy'], 'HaproxyEngine with TLS', () => {
  test.each([
    ['believed', TO_MEMBERS, 'up'],
    ['of another authority', { ...TO_MEMBERS, ca: others.ca }, 'down'],
    ['of another name', { ...TO_MEMBERS, sni: 'other.example.com' }, 'down'],
    ['of any name, where clients choose it', { ...TO_MEMBERS, sni: 'host' }, 'up'],
    ['not looked at', { verify: false, clientCert: client }, 'up'],
  ])('checks verify a member as in process: %s', async (_, tls, state) => {
    const memberPort = await startMember();
    const spec = (own: number): BalancerSpec => ({
      frontends: [{ name: 'public', protocol: 'http', bind: `127.0.0.1:${own}`, pool: 'web' }],
      pools: [
        {
          name: 'web',
          members: [`127.0.0.1:${memberPort}`],
          tls,
          health: { type: 'https', interval: '100ms', rise: 1, fall: 1 },
        },
      ],
    });
    const [engine] = await start(spec);
    const balancer = new Balancer(spec(0));
    cleanups.push(() => balancer.close());
    await balancer.start();
    await vi.waitFor(() => {
      const [there, here] = [engine, balancer].map((each) => each.status().pools[0]?.members[0]);
      expect([there?.health, here?.health]).toEqual([state, state]);
    }, 20_000);
  });

  test('shows the certificate of the name that is asked for, and a certificate of its own to members', async () => {
    const memberPort = await startMember();
    const [engine, port] = await start((own) => specOf(own, memberPort, TO_MEMBERS));
    await expect(ask(port, 'a.example.com')).resolves.toEqual({
      status: 200,
      body: 'client.example.com member.example.com none',
      shown: 'a.example.com',
    });
    await expect(ask(port, 'x.b.example.com')).resolves.toMatchObject({ shown: 'b.example.com' });
    const [status] = engine.status().frontends;
    expect(status?.certificates.map(({ names }) => names)).toEqual([
      ['a.example.com'],
      ['b.example.com', '*.b.example.com'],
    ]);
  });

  test('a change of another certificate is carried out, and the one towards members is still found', async () => {
    const memberPort = await startMember();
    const [engine, port] = await start((own) => specOf(own, memberPort, TO_MEMBERS));
    await engine.apply(specOf(port, memberPort, TO_MEMBERS, { certificates: [b] }));
    await expect(ask(port, 'b.example.com')).resolves.toMatchObject({
      status: 200,
      shown: 'b.example.com',
    });
  });

  test.each([
    ['with a certificate of its own towards members', TO_MEMBERS],
    ['with none', { ca: authority.ca, sni: 'member.example.com' }],
  ])('a renewed certificate needs no reload, and is told: %s', async (_title, pool) => {
    const memberPort = await startMember();
    const [engine, port] = await start((own) => specOf(own, memberPort, pool));
    const renewed = authority.issue({ names: ['a.example.com', 'new.example.com'] });
    const told = engine.events.once('certificate:replaced');
    await engine.apply(specOf(port, memberPort, pool, { certificates: [renewed, b] }));
    await expect(told).resolves.toMatchObject({
      frontend: 'public',
      names: expect.arrayContaining(['new.example.com', 'b.example.com']),
    });
    expect(engine.applied).toEqual({ reloads: 0, byCommands: 1 });
    const request = get({
      port,
      host: '127.0.0.1',
      servername: 'a.example.com',
      ca: authority.ca,
      agent: false,
    });
    const [response] = await once(request, 'response');
    const { subjectaltname } = (response.socket as TLSSocket).getPeerCertificate();
    expect(subjectaltname).toContain('new.example.com');
    response.resume();
  });

  test('a member with a certificate of another authority, or for another name, gets no request', async () => {
    const memberPort = await startMember();
    const [, strange] = await start((own) =>
      specOf(own, memberPort, { ...TO_MEMBERS, ca: others.ca }),
    );
    await expect(ask(strange, 'a.example.com')).resolves.toMatchObject({ status: 503 });
    const [, named] = await start((own) =>
      specOf(own, memberPort, { ...TO_MEMBERS, sni: 'other.example.com' }),
    );
    await expect(ask(named, 'a.example.com')).resolves.toMatchObject({ status: 503 });
  });

  test('a request that names nobody gets no member whose certificate could be anybody’s', async () => {
    const memberPort = await startMember();
    const pool = { ca: authority.ca, clientCert: client };
    const [, port] = await start((own) => specOf(own, memberPort, pool));
    for (const [host, status] of [
      ['127.0.0.1', 503],
      ['[::1]:443', 503],
      ['other.example.com', 503],
      ['member.example.com', 200],
    ] as const)
      await expect(ask(port, 'a.example.com', { headers: { host } })).resolves.toMatchObject({
        status,
      });
  });

  test('clients that must show a certificate: members are told its subject, which nobody can forge', async () => {
    const memberPort = await startMember();
    const clientAuth = { ca: authority.ca, mode: 'require' } as const;
    const [, port] = await start((own) => specOf(own, memberPort, TO_MEMBERS, { clientAuth }));
    await expect(ask(port, 'a.example.com')).rejects.toThrow();
    const { body } = await ask(port, 'a.example.com', client);
    expect(body).toContain('CN=client.example.com');
    expect(body).not.toContain('forged');
  });
});
