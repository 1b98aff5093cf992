// Certificates that change while they serve: by the host, by their files, by an apply; and sessions across it.
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { SpecError } from '../../src/core/errors.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import type { TlsSpec } from '../../src/spec/tls.js';
import { TestAuthority } from '../support/authority.js';

const authority = new TestAuthority();
const issue = (name: string): { cert: string; key: string } =>
  authority.issue({ names: ['a.test', name], keyType: 'ec' });
const [one, two, three] = [issue('one.test'), issue('two.test'), issue('three.test')];
const expired = authority.issue({ names: ['a.test'], keyType: 'ec', fromDay: -9, untilDay: -2 });

let folder: string;
let balancer: Balancer | undefined;
let events: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-certs-'));
  events = [];
});
afterEach(async () => {
  await balancer?.close();
  await rm(folder, { recursive: true });
});

function specOf(tlsSpec: TlsSpec, protocol: 'https' | 'tcp' = 'https'): BalancerSpec {
  const respond = [{ match: {}, respond: { status: 200, body: 'ok' } }] as const;
  return {
    frontends: [
      {
        name: 'public',
        protocol,
        bind: '127.0.0.1:0',
        tls: tlsSpec,
        ...(protocol === 'https' ? { routes: respond } : { pool: 'none' }),
      },
    ],
    pools: [{ name: 'none' }],
  };
}

async function start(tlsSpec: TlsSpec): Promise<{ balancer: Balancer; port: number }> {
  const started = new Balancer(specOf(tlsSpec), { baseDir: folder });
  balancer = started;
  started.on('certificate:replaced', ({ names, reason }) =>
    events.push(`replaced: ${names.join(' ')} (${reason})`),
  );
  started.on('certificate:rejected', ({ reason }) =>
    events.push(`rejected: ${reason.replaceAll(`${folder}/`, '')}`),
  );
  const { public: addresses } = await started.start();
  return { balancer: started, port: addresses![0]!.port };
}

async function connect(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    ca: authority.ca,
    servername: 'a.test',
    ...options,
  });
  await once(socket, 'secureConnect');
  return socket;
}

/** The second name of the certificate that a new connection is shown. */
async function shown(port: number): Promise<string> {
  const socket = await connect(port);
  const names = socket.getPeerCertificate().subjectaltname ?? '';
  socket.destroy();
  return names.split('DNS:')[2] ?? names;
}

async function answers(socket: tls.TLSSocket): Promise<boolean> {
  socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString().startsWith('HTTP/1.1 200');
}

describe('certificates of a running balancer', () => {
  test('are replaced by the host; connections that stand go on', async () => {
    const { balancer: running, port } = await start({ certificates: [one] });
    const kept = await connect(port);
    expect(await answers(kept)).toBe(true);
    running.certificates.replace('public', [two]);
    expect(await answers(kept)).toBe(true);
    expect(kept.getPeerCertificate().subjectaltname).toContain('one.test');
    expect(await shown(port)).toBe('two.test');
    expect(events).toEqual(['replaced: a.test two.test (replaced by the host)']);
    expect(running.certificates.of('public')).toMatchObject([
      { names: ['a.test', 'two.test'], keyType: 'ec', issuer: 'CN=test authority' },
    ]);
    expect(running.spec.frontends[0]?.tls?.certificates).toEqual([two]);
    await running.apply(running.spec);
    expect(await shown(port)).toBe('two.test');
    kept.destroy();
  });

  test('are not replaced by bad ones', async () => {
    const { balancer: running, port } = await start({ certificates: [one] });
    const replace = (): void =>
      running.certificates.replace('public', [two, expired, { cert: 'no.pem', key: 'no.key' }]);
    expect(replace).toThrow(SpecError);
    expect(replace).toThrow(
      /^tls\.certificates\[1\]\.cert: .* expired at .*\ntls\.certificates\[2\]\.cert: .*no\.pem/,
    );
    expect(events[0]).toMatch(/^rejected: replaced by the host: tls\.certificates\[1\]\.cert: /);
    expect(await shown(port)).toBe('one.test');
    expect(running.spec.frontends[0]?.tls?.certificates).toEqual([one]);
    expect(() => running.certificates.replace('nobody', [two])).toThrow(/no frontend "nobody"/);
    await running.close();
    expect(() => running.certificates.replace('public', [two])).toThrow(/"public" is closed/);
  });

  test('follow their files, also one that is renamed into place', async () => {
    const [cert, key] = [path.join(folder, 'a.pem'), path.join(folder, 'a.key')];
    await writeFile(cert, one.cert);
    await writeFile(key, one.key);
    const { port } = await start({ certificates: [{ cert: 'a.pem', key: 'a.key' }] });
    expect(await shown(port)).toBe('one.test');

    await writeFile(cert, two.cert);
    await writeFile(key, two.key);
    await vi.waitFor(async () => expect(await shown(port)).toBe('two.test'), 5000);

    await writeFile(cert, expired.cert);
    await writeFile(key, expired.key);
    await vi.waitFor(
      () => expect(events.at(-1)).toMatch(/^rejected: a file has changed: .*a\.pem expired/),
      5000,
    );
    expect(await shown(port)).toBe('two.test');

    await writeFile(`${cert}.new`, three.cert);
    await writeFile(key, three.key);
    await rename(`${cert}.new`, cert);
    await vi.waitFor(async () => expect(await shown(port)).toBe('three.test'), 5000);
  });

  test('that changed between the making of a balancer and its start are seen, too', async () => {
    const [cert, key] = [path.join(folder, 'a.pem'), path.join(folder, 'a.key')];
    await writeFile(cert, one.cert);
    await writeFile(key, one.key);
    const made = new Balancer(specOf({ certificates: [{ cert, key }] }));
    balancer = made;
    await writeFile(cert, two.cert);
    await writeFile(key, two.key);
    const { public: addresses } = await made.start();
    await vi.waitFor(async () => expect(await shown(addresses![0]!.port)).toBe('two.test'), 5000);
  });

  test('follow their files in a folder that never rests', async () => {
    const [cert, key] = [path.join(folder, 'a.pem'), path.join(folder, 'a.key')];
    await writeFile(cert, one.cert);
    await writeFile(key, one.key);
    const { port } = await start({ certificates: [{ cert, key }] });
    const busy = setInterval(() => appendFileSync(path.join(folder, 'a.log'), 'x'), 20);
    try {
      await writeFile(cert, two.cert);
      await writeFile(key, two.key);
      await vi.waitFor(async () => expect(await shown(port)).toBe('two.test'), 5000);
    } finally {
      clearInterval(busy);
    }
  });

  test('are read again by an apply, and keep it from nothing when they are bad by now', async () => {
    const file = path.join(folder, 'a.pem');
    await writeFile(file, one.cert + one.key);
    const certificates = [{ pem: 'a.pem' }];
    const { balancer: running, port } = await start({ certificates });
    await writeFile(file, expired.cert + expired.key);
    const spec = specOf({ certificates });
    await running.apply({ ...spec, description: 'something else has changed' });
    expect(running.spec.description).toBe('something else has changed');
    expect(events.at(-1)).toMatch(/^rejected: read again: tls\.certificates\[0\]\.pem/);
    expect(await shown(port)).toBe('one.test');
    await writeFile(file, three.cert + three.key);
    await running.apply(spec);
    expect(await shown(port)).toBe('three.test');
  });

  test('that an apply names must be good', async () => {
    const { balancer: running, port } = await start({ certificates: [one] });
    await expect(running.apply(specOf({ certificates: [two, expired] }))).rejects.toThrow(
      /^frontends\[0\]\.tls\.certificates\[1\]\.cert: .* expired/,
    );
    expect(await shown(port)).toBe('one.test');
    await running.apply(specOf({ certificates: [two] }));
    expect(await shown(port)).toBe('two.test');
  });

  test('come and go with the protocol, on the same port', async () => {
    const { balancer: running, port } = await start({ certificates: [one] });
    const bind = `127.0.0.1:${port}`;
    const [frontend] = specOf({ certificates: [one] }).frontends!;
    const { tls: _, ...bare } = frontend!;
    await running.apply({
      ...specOf({ certificates: [one] }),
      frontends: [{ ...frontend!, bind }],
    });
    await running.apply({
      pools: [{ name: 'none' }],
      frontends: [{ ...bare, protocol: 'http', bind }],
    });
    const answer = await fetch(`http://${bind}/`);
    expect(await answer.text()).toBe('ok');
    await running.apply({
      pools: [{ name: 'none' }],
      frontends: [{ ...frontend!, bind, tls: { certificates: [two] } }],
    });
    expect(await shown(port)).toBe('two.test');
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('sessions, %s', (maxVersion) => {
  /** Opens a connection, asks once, and returns the last session that it was given. */
  async function session(
    port: number,
    before?: Buffer,
  ): Promise<{ ticket: Buffer; reused: boolean }> {
    let ticket: Buffer = Buffer.alloc(0);
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      ca: authority.ca,
      servername: 'a.test',
      maxVersion,
      ...(before === undefined ? {} : { session: before }),
    });
    socket.on('session', (given: Buffer) => {
      ticket = given;
    });
    await once(socket, 'secureConnect');
    await answers(socket);
    const reused = socket.isSessionReused();
    socket.destroy();
    return { ticket: ticket.length === 0 ? before! : ticket, reused };
  }

  test('are resumed, also after an apply and with new certificates', async () => {
    const { balancer: running, port } = await start({ certificates: [one] });
    const first = await session(port);
    expect(first.reused).toBe(false);
    expect((await session(port, first.ticket)).reused).toBe(true);
    await running.apply({ ...specOf({ certificates: [one, two] }), description: 'new' });
    const second = await session(port, first.ticket);
    expect(second.reused).toBe(true);
    running.certificates.replace('public', [three]);
    expect((await session(port, second.ticket)).reused).toBe(true);
  });

  test('do not outlive a change of what clients must show', async () => {
    const { balancer: running, port } = await start({ certificates: [one] });
    const { ticket } = await session(port);
    const clientAuth = { mode: 'require', ca: authority.ca } as const;
    await running.apply(specOf({ certificates: [one], clientAuth }));
    const outcome = await session(port, ticket).then(
      () => 'let in',
      () => 'refused',
    );
    expect(outcome).toBe('refused');
  });
});
