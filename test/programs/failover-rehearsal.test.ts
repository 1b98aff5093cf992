// bench/failover, two rounds of each case: what happens, in which order, and that the simulator says the same.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { type FaultEvent, simulate } from '../../src/testkit/index.js';
import { describeWithNamespaces } from '../support/program.js';

const PROGRAM = fileURLToPath(new URL('../../bench/failover/run.mjs', import.meta.url));
const INTERVAL = 500;
const ROUNDS = 2;

interface Told {
  readonly host: string;
  readonly event: string;
  readonly reason: string;
  readonly atMs: number;
}

interface Round {
  /** The host that was active, and was harmed. */
  readonly active: string;
  /** Of the one that gave way after the heal: from the first advert of the other to letting go. */
  readonly afterAdvertMs?: number;
  readonly owners: readonly { readonly host: string; readonly holds: boolean }[];
  readonly events: readonly Told[];
}

interface Result {
  readonly case: string;
  readonly played: readonly { readonly contender: string; readonly rounds: readonly Round[] }[];
}

let results: readonly Result[] = [];

function roundsOf(name: string, contender = 'evenkeel'): readonly Round[] {
  const played = results.find((result) => result.case === name)?.played ?? [];
  return played.find((one) => one.contender === contender)?.rounds ?? [];
}

/** `active` and `other` in the place of the names of hosts, which change from round to round. */
function rolesOf({ active }: Round): (host: string) => string {
  return (host) => (host === active ? 'active' : 'other');
}

/** Events by host: the order between two hosts that hear each other is a matter of chance. */
function perHost(
  told: readonly { readonly host: string; readonly event: string }[],
  roleOf: (host: string) => string,
): Readonly<Record<string, readonly string[]>> {
  const lists: Record<string, string[]> = { active: [], other: [] };
  for (const { host, event } of told) lists[roleOf(host)]?.push(event);
  return lists;
}

/** When which fault begins in virtual time, and how long it lasts. */
const HARM_MS = 6000;
const LASTS_MS = 6000;

/** The same fault in virtual time, of the node that the round harmed. */
async function simulated(
  fault: Partial<FaultEvent> & Pick<FaultEvent, 'do'>,
  active: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const other = active === 'n2' ? 'n3' : 'n2';
  const { report } = await simulate({
    duration: '20s',
    spec: {
      frontends: [{ name: 'web', protocol: 'http', bind: [':8080'], pool: 'web' }],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    } as never,
    arrivals: { rate: 10 },
    pair: {
      // Started together: the better one is active first, and the other may not relieve it.
      nodes: [
        { name: active, priority: 100 },
        { name: other, priority: 100 },
      ],
      advertInterval: INTERVAL,
      preempt: false,
    },
    faults: [
      // Of two equal ones the first to speak is active: let that be the one which is harmed.
      { at: 10, do: 'kill', target: other, for: 3000 },
      {
        at: HARM_MS,
        for: LASTS_MS,
        target: active,
        ...fault,
        ...(fault.do === 'partition' ? { from: [other, 'clients'] } : {}),
      },
    ],
  });
  const told = report.events
    .filter(({ name, atMs }) => name.startsWith('ha:') && atMs >= HARM_MS)
    .map(({ name, node = '' }) => ({ host: node, event: name }));
  return perHost(told, (host) => (host === active ? 'active' : 'other'));
}

describeWithNamespaces(
  ['ip', 'ss', 'arping', 'keepalived', 'haproxy'],
  'a pair in network namespaces, harmed and healed',
  () => {
    beforeAll(async () => {
      const args = ['--no-save', '--json', `--rounds=${ROUNDS}`, `--intervals=${INTERVAL}`];
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], {
        maxBuffer: 16 * 1024 * 1024,
        timeout: 160_000,
      });
      results = JSON.parse(stdout) as readonly Result[];
    }, 170_000);

    const CASES: readonly (readonly [string, Partial<FaultEvent> & Pick<FaultEvent, 'do'>])[] = [
      ['kill', { do: 'kill' }],
      ['stop', { do: 'resign' }],
      ['pause', { do: 'pause' }],
      ['cut', { do: 'partition' }],
      ['lost', { do: 'cut' }],
    ];

    test.each(CASES)('%s: each host tells what the simulator tells', async (name, fault) => {
      const rounds = roundsOf(name);
      expect(rounds).toHaveLength(ROUNDS);
      for (const round of rounds) {
        const [real, virtual] = [
          perHost(round.events, rolesOf(round)),
          await simulated(fault, round.active),
        ];
        // Whether it is back before it is missed is a matter of how busy the machine is; and the one that stays
        // active may never hear the other one, which has let go with the first advert that it heard.
        const isMatter = (event: string): boolean =>
          (name !== 'stop' || !event.startsWith('ha:peer')) && event !== 'ha:conflict';
        for (const role of ['active', 'other'])
          expect(real[role]?.filter(isMatter)).toEqual(virtual[role]?.filter(isMatter));
        const hasConflict = (told: typeof real): boolean =>
          Object.values(told).flat().includes('ha:conflict');
        expect(hasConflict(real)).toBe(hasConflict(virtual));
      }
    });

    test.each(CASES)('%s: the address goes to the other host, and no further', (name) => {
      for (const round of roundsOf(name)) {
        const roleOf = rolesOf(round);
        expect(round.owners.filter(({ holds }) => holds).map(({ host }) => roleOf(host))).toEqual([
          'other',
        ]);
        // Of two after a heal the greater address stays, whoever that is.
        expect(round.owners.filter(({ holds }) => !holds)).toHaveLength(1);
      }
    });

    test.each([['pause'], ['cut']])(
      '%s: after the heal two have the address for less than an advert interval from the first advert that got through',
      (name) => {
        for (const { afterAdvertMs = 0 } of roundsOf(name))
          expect(afterAdvertMs).toBeLessThan(INTERVAL);
      },
    );

    test.each(CASES)('%s: keepalived does the same in the same run', (name) => {
      const rounds = roundsOf(name, 'keepalived');
      expect(rounds).toHaveLength(ROUNDS);
      for (const round of rounds) {
        const roleOf = rolesOf(round);
        const takers = round.owners.filter(({ holds }) => holds).map(({ host }) => roleOf(host));
        expect(takers).toEqual(['other']);
      }
    });
  },
);
