// Everybody misbehaves at once, as a seed has it; every answer must belong to its request, and nothing may be left behind.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Frontend } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';
import { TestAuthority } from '../support/authority.js';
import { ChaosBook, turns } from '../support/chaos.js';
import { ChaosClient } from '../support/chaos-client.js';
import { ChaosClient2 } from '../support/chaos-client2.js';
import { ChaosMember } from '../support/chaos-member.js';
import { ChaosMember2 } from '../support/chaos-member2.js';

const CLIENTS = Number(process.env['CHAOS_CLIENTS'] ?? 300);
const AT_ONCE = 24;
/** The pool keeps this much of a body for a retry (its default). */
const KEPT_BODY = 65_536;

/** A seed of one's own repeats a run: `CHAOS_SEED=7 npx vitest run ... http-chaos`. CI keeps to one, so that what is red there is red here. */
const given = process.env['CHAOS_SEED'] ?? (process.env['CI'] === undefined ? undefined : '20260');
const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

const warnings: string[] = [];
const onWarning = (warning: Error): void => {
  warnings.push(String(warning));
};
afterEach(() => {
  process.off('warning', onWarning);
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
}

const authority = new TestAuthority();
const site = authority.issue({ names: ['a.test'], keyType: 'ec' });

/** What a side speaks: both TLS, or none. */
type Side = 'HTTP/1.1' | 'HTTP/1.1 over TLS' | 'HTTP/2';

interface Run {
  readonly from: Side;
  readonly to: Side;
  readonly reuse: 'safe' | 'always' | 'never';
  readonly revokes: boolean;
}

const TLS = 'HTTP/1.1 over TLS';

const RUNS: readonly Run[] = [
  { from: 'HTTP/1.1', to: 'HTTP/1.1', reuse: 'safe', revokes: false },
  { from: 'HTTP/1.1', to: 'HTTP/1.1', reuse: 'always', revokes: false },
  { from: 'HTTP/1.1', to: 'HTTP/1.1', reuse: 'never', revokes: false },
  { from: 'HTTP/1.1', to: 'HTTP/1.1', reuse: 'always', revokes: true },
  { from: TLS, to: TLS, reuse: 'always', revokes: false },
  { from: TLS, to: TLS, reuse: 'safe', revokes: true },
  { from: 'HTTP/2', to: 'HTTP/1.1', reuse: 'always', revokes: false },
  { from: 'HTTP/1.1', to: 'HTTP/2', reuse: 'always', revokes: false },
  { from: 'HTTP/2', to: 'HTTP/2', reuse: 'always', revokes: false },
  { from: 'HTTP/2', to: 'HTTP/2', reuse: 'always', revokes: true },
];

function startMember(book: ChaosBook, side: Side): Promise<ChaosMember | ChaosMember2> {
  if (side === 'HTTP/2') return ChaosMember2.start(book);
  return ChaosMember.start(book, side === TLS ? site : undefined);
}

function runClient(book: ChaosBook, side: Side, name: string, port: number): Promise<void> {
  if (side === 'HTTP/2') return ChaosClient2.run(book, name, port);
  return ChaosClient.run(book, name, port, side === TLS);
}

/** Takes one member after the other away from whoever uses it. */
async function revokeInTurn(pool: Pool, isOver: () => boolean): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    const { name } = pool.members[i % pool.members.length]!;
    await turns(100);
    await pool.drain(name, { deadlineMs: 0 });
    pool.setState(name, 'ready');
  }
}

describe.each(RUNS)(
  'chaos from $from to $to, reuse $reuse, members revoked: $revokes',
  ({ from, to, reuse, revokes }) => {
    test(`every answer belongs to its request, and nothing is left open (CHAOS_SEED=${seed})`, async () => {
      process.on('warning', onWarning);
      const socketsBefore = openSockets();
      const book = new ChaosBook(seed);
      book.revokes = revokes;
      if (reuse === 'always') book.keptBody = KEPT_BODY;
      book.maySwitch = from !== 'HTTP/2' && to !== 'HTTP/2';
      const isTls = from === TLS;
      const members = [await startMember(book, to), await startMember(book, to)];
      const pool = new Pool({
        name: 'pool',
        members: members.map(({ address }) => ({ address, maxConnections: 16 })),
        http: { reuse, version: to === 'HTTP/2' ? '2' : '1.1' },
        timeouts: { server: 1500 },
        retries: { attempts: 3 },
        ...(isTls ? { tls: { ca: authority.ca, sni: 'a.test' } } : {}),
      });
      const frontend = new Frontend({
        name: 'front',
        protocol: isTls ? 'https' : 'http',
        bind: '127.0.0.1:0',
        pool,
        timeouts: { client: 3000, keepAlive: 500, requestHead: 3000, tunnel: 300 },
        ...(isTls ? { tls: { certificates: [site] } } : {}),
        ...(from === 'HTTP/2' ? { http2: { cleartext: true } } : {}),
      });
      const [bound] = await frontend.listen();
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < CLIENTS) await runClient(book, from, `c${next++}`, bound?.port ?? 0);
      };
      let isOver = false;
      const revoking = revokes ? revokeInTurn(pool, () => isOver) : undefined;
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      isOver = true;
      await revoking;

      expect(book.wrongs).toEqual([]);
      expect(book.seen.get('status 200')).toBeGreaterThan(CLIENTS);
      // A session that nghttp2 has given up is found out by a PING: two client time-outs, and a moment.
      const patience = { timeout: 15_000 };
      await vi.waitFor(() => expect(frontend.status().active).toBe(0), patience);
      const { members: after, queued } = pool.status();
      expect(queued).toBe(0);
      expect(after.map(({ active }) => active)).toEqual([0, 0]);

      await frontend.close();
      await vi.waitFor(() => expect(members.map(({ open }) => open)).toEqual([0, 0]), patience);
      await pool.close();
      for (const member of members) await member.close();
      await vi.waitFor(() => expect(openSockets()).toBe(socketsBefore), patience);
      expect(warnings).toEqual([]);
    });
  },
);
