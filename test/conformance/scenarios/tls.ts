// TLS on both sides.
import { once } from 'node:events';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { FrontendSpec } from '../../../src/spec/frontend.js';
import type { TlsSpec } from '../../../src/spec/tls.js';
import { TestAuthority } from '../../support/authority.js';
import { MEMBER_AUTHORITY, MEMBER_NAME } from '../support/member-tls.js';
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend } from '../support/specs.js';
import type { Stage } from '../support/stage.js';

const area = 'tls';
const authority = new TestAuthority('clients trust it');
const a = authority.issue({ names: ['a.example.com'] });
const renewed = authority.issue({ names: ['a.example.com', 'renewed.example.com'] });
const b = authority.issue({ names: ['b.example.com', '*.b.example.com'] });
const client = authority.issue({ names: ['client.example.com'] });
const stranger = new TestAuthority('nobody trusts it').issue({ names: ['client.example.com'] });

function https(tls: Partial<TlsSpec> = {}): Partial<FrontendSpec> {
  return { protocol: 'https', tls: { certificates: [a, b], ...tls } };
}

interface Shown {
  /** Common name of the certificate; `none` if there was no handshake. */
  readonly name: string;
  readonly names: string;
  readonly version: string;
  /** What came for a GET. */
  readonly text: string;
}

/** A handshake, and a request over it. */
async function ask(stage: Stage, options: ConnectionOptions = {}): Promise<Shown> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: stage.port(),
    servername: 'a.example.com',
    rejectUnauthorized: false,
    ...options,
  });
  const text = textOf(socket);
  try {
    await once(socket, 'secureConnect');
    const { subject, subjectaltname } = socket.getPeerCertificate();
    const version = socket.getProtocol() ?? '';
    socket.write('GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n');
    const names = subjectaltname ?? '';
    return { name: String(subject.CN), names, version, text: await text };
  } catch {
    return { name: 'none', names: '', version: '', text: await text };
  } finally {
    socket.destroy();
  }
}

/** Everything that comes, until the end or an error. */
function textOf(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve) => {
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}

function statusOf({ text }: Shown): string {
  return text.split(' ')[1] ?? 'none';
}

export const tls: readonly Scenario[] = [
  {
    id: 'EK-110',
    area,
    title: 'Certificates by name: exact, wildcard of one label, whatever the case; else the first',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: https() }),
    run: async (stage) => {
      const names: string[] = [];
      for (const servername of [
        'a.example.com',
        'b.example.com',
        'x.b.example.com',
        'X.B.example.com',
        'x.y.b.example.com',
        'other.example',
        '',
      ])
        names.push((await ask(stage, { servername })).name);
      return { names: names.join(' ').replaceAll('.example.com', '') };
    },
    expected: { names: 'a b b b a a a' },
  },
  {
    id: 'EK-111',
    area,
    title: 'Members are told of https, clients of HSTS; who speaks no TLS gets nothing',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { ...https(), hsts: { maxAge: '1h', includeSubDomains: true } },
      }),
    run: async (stage) => {
      const answer = await ask(stage);
      const lines = stage.at('s1').seen.at(-1)?.lines ?? [];
      const plain = await stage.raw('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 5000);
      return {
        status: statusOf(answer),
        proto: lines.filter((line) => line.startsWith('x-forwarded-proto')),
        hsts: /strict-transport-security: (.*)\r/i.exec(answer.text)?.[1] ?? 'none',
        plain: plain.text.includes('HTTP/1.1 200'),
        isOver: plain.ending !== 'open',
      };
    },
    expected: {
      status: '200',
      proto: ['x-forwarded-proto: https'],
      hsts: 'max-age=3600; includeSubDomains',
      plain: false,
      isOver: true,
    },
  },
  {
    id: 'EK-112',
    area,
    title: 'The oldest version that is spoken',
    members: ['s1'],
    spec: (at) => oneFrontend(at, { frontend: https({ minVersion: '1.3' }) }),
    run: async (stage) => ({
      new: (await ask(stage)).version,
      old: (await ask(stage, { maxVersion: 'TLSv1.2' })).name,
    }),
    expected: { new: 'TLSv1.3', old: 'none' },
  },
  {
    id: 'EK-113',
    area,
    title: 'Certificates of clients: required, of the right authority; members read whose it is',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: https({ clientAuth: { mode: 'require', ca: authority.ca } }),
      }),
    run: async (stage) => {
      const known = await ask(stage, { ...client });
      const subject = stage
        .at('s1')
        .seen.at(-1)
        ?.lines.find((line) => line.startsWith('x-client-cert-subject'));
      return {
        known: statusOf(known),
        subject,
        without: statusOf(await ask(stage)),
        stranger: statusOf(await ask(stage, { ...stranger })),
      };
    },
    expected: {
      known: '200',
      subject: 'x-client-cert-subject: CN=client.example.com',
      without: 'none',
      stranger: 'none',
    },
  },
  {
    id: 'EK-114',
    area,
    title: 'A renewed certificate is shown to new clients; connections stay',
    members: ['s1'],
    // The old connection says nothing until the change is made, however long that takes.
    spec: (at) =>
      oneFrontend(at, {
        frontend: { ...https({ certificates: [a] }), timeouts: { requestHead: '1m' } },
      }),
    run: async (stage) => {
      const before = await ask(stage);
      const old = connectTls({ port: stage.port(), host: '127.0.0.1', rejectUnauthorized: false });
      const text = textOf(old);
      await once(old, 'secureConnect');
      await stage.apply((spec) => ({
        ...spec,
        frontends: (spec.frontends ?? []).map((frontend) => ({
          ...frontend,
          tls: { certificates: [renewed] },
        })),
      }));
      const after = await ask(stage);
      old.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      return {
        before: before.names.includes('renewed'),
        after: after.names.includes('renewed'),
        old: (await text).split(' ')[1],
      };
    },
    expected: { before: false, after: true, old: '200' },
  },
  {
    id: 'CS-52',
    area,
    title: 'TLS towards members: the right authority and name, a wrong authority, a wrong name',
    members: ['tls1'],
    spec: (at) => {
      const pool = (name: string, more: object) => ({
        name,
        members: at.members(),
        tls: { ca: MEMBER_AUTHORITY.ca, sni: MEMBER_NAME, ...more },
      });
      const routes = ['ca', 'name'].map((name) => ({ match: { path: `/${name}` }, pool: name }));
      return {
        ...oneFrontend(at, { frontend: { routes } }),
        pools: [
          pool('b', {}),
          pool('ca', { ca: authority.ca }),
          pool('name', { sni: 'other.example' }),
        ],
      };
    },
    run: async (stage) => {
      const right = await stage.get();
      const wrong = await stage.get('/ca');
      const name = await stage.get('/name');
      return {
        right: [right.status, right.body],
        wrong: [wrong.status, name.status],
        seen: stage.at('tls1').seen.length,
        ms: Math.max(wrong.ms, name.ms),
      };
    },
    expected: {
      right: [200, 'tls1'],
      wrong: [like(/^50[23]$/), like(/^50[23]$/)],
      seen: 1,
      ms: between(0, 15_000),
    },
    same: ['wrong'],
  },
];
