// A hundred changes of a running HAProxy under load: how many need a reload, and whether anybody notices.
import { mkdtempSync, rmSync } from 'node:fs';
import { get as getTls, Agent as TlsAgent } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { writeFiles } from '../../../src/emit/write-files.js';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import { HaproxyProcess } from '../../../src/haproxy/process/haproxy-process.js';
import { findHaproxy } from '../../../src/haproxy/process/program.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { TestAuthority } from '../../support/authority.js';
import { Load, send } from '../../support/http-client.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const authority = new TestAuthority('evenkeel tests');
const certificates = [0, 1].map(() => authority.issue({ names: ['a.example.com'] }));
/** Kept connections; each can lose at most one request to a reload. */
const KEPT = 4;

/** Races that chance may deal one of two sides more than the other: three standard deviations of the difference. */
function chanceOf(races: number): number {
  return 3 * Math.sqrt(2 * Math.max(races, KEPT));
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-100-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What the changes turn. */
interface State {
  weight: number;
  hasFour: boolean;
  /** The pool of the third route. */
  third: 'web' | 'other';
  hasExtraRoute: boolean;
  certificate: number;
  hasThirdShop: boolean;
}

interface Ports {
  readonly web: number;
  readonly secure: number;
  readonly shop: number;
}

function specOf(
  ports: Ports,
  [one, two, three, four]: readonly string[],
  state: State,
): BalancerSpec {
  const routes = Array.from({ length: 10 }, (_, index) => ({
    match: { path: `/r${index}` },
    pool: index === 3 ? state.third : index === 9 ? 'other' : 'web',
  }));
  if (state.hasExtraRoute) routes.push({ match: { path: '/extra' }, pool: 'other' });
  const named = (name: string, address: string = '') => ({ name, address });
  return {
    name: 'changing',
    frontends: [
      { name: 'public', protocol: 'http', bind: [`127.0.0.1:${ports.web}`], pool: 'web', routes },
      {
        name: 'secure',
        protocol: 'https',
        bind: [`127.0.0.1:${ports.secure}`],
        pool: 'web',
        tls: { certificates: [certificates[state.certificate] ?? []].flat() },
      },
      { name: 'shop', protocol: 'http', bind: [`127.0.0.1:${ports.shop}`], pool: 'shop' },
    ],
    pools: [
      {
        name: 'web',
        members: [
          { ...named('one', one), weight: state.weight },
          named('two', two),
          ...(state.hasFour ? [named('four', four)] : []),
        ],
      },
      { name: 'other', members: [named('three', three)] },
      {
        name: 'shop',
        strategy: { type: 'source-hash', mapping: 'stable' },
        members: [
          named('one', one),
          named('two', two),
          ...(state.hasThirdShop ? [named('three', three)] : []),
        ],
      },
    ],
  };
}

type Kind = 'weight' | 'member' | 'route' | 'certificate' | 'stable';

/** The change number `index` of a hundred: 40 weights, 20 members, 20 routes, 10 certificates, 10 members of a stable pool. */
function turn(state: State, index: number): Kind {
  switch (index % 10) {
    case 4:
    case 5:
      state.hasFour = !state.hasFour;
      return 'member';
    case 6:
      state.third = state.third === 'web' ? 'other' : 'web';
      return 'route';
    case 7:
      state.hasExtraRoute = !state.hasExtraRoute;
      return 'route';
    case 8:
      state.certificate = 1 - state.certificate;
      return 'certificate';
    case 9:
      state.hasThirdShop = !state.hasThirdShop;
      return 'stable';
    default:
      state.weight = 1 + (state.weight % 9);
      return 'weight';
  }
}

/** Clients that open a connection for every request, until they are stopped. */
class FreshClients {
  readonly faults: string[] = [];
  count = 0;
  #isOver = false;
  readonly #clients: readonly Promise<void>[];

  constructor(ports: Ports) {
    this.#clients = [
      this.#client(() => send(ports.web)),
      this.#client(() => send(ports.web, '/r3')),
      this.#client(() => send(ports.shop)),
      this.#client(() => sendTls(ports.secure)),
    ];
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #client(ask: () => Promise<{ readonly status: number }>): Promise<void> {
    while (!this.#isOver)
      try {
        const { status } = await ask();
        this.count++;
        if (status !== 200) this.faults.push(`status ${status}`);
      } catch (error) {
        this.faults.push(String(error));
      }
  }
}

function sendTls(port: number): Promise<{ readonly status: number }> {
  const options = { host: '127.0.0.1', servername: 'a.example.com', ca: authority.ca };
  return new Promise((resolve, reject) => {
    getTls({ ...options, port, agent: new TlsAgent() }, (response) => {
      response.on('end', () => resolve({ status: response.statusCode ?? 0 }));
      response.on('error', reject);
      response.resume();
    }).on('error', reject);
  });
}

async function freePorts(): Promise<Ports> {
  return { web: await freePort(), secure: await freePort(), shop: await freePort() };
}

const FIRST: State = {
  weight: 1,
  hasFour: false,
  third: 'web',
  hasExtraRoute: false,
  certificate: 0,
  hasThirdShop: false,
};

/** As many faults on kept connections as plain reloads of the same configuration cost, without any engine. */
async function plainRaces(addresses: readonly string[], reloads: number): Promise<Load> {
  const ports = await freePorts();
  const directory = folder();
  const { files } = emitHaproxy(specOf(ports, addresses, FIRST), {
    directory,
    adminSocket: path.join(directory, 'admin.sock'),
    stateFile: '/dev/null',
  });
  await writeFiles(directory, files);
  const haproxy = new HaproxyProcess({
    program: (await findHaproxy()).path,
    configFile: path.join(directory, 'haproxy.cfg'),
    masterSocket: path.join(directory, 'master.sock'),
    clock: systemClock,
    onDeath: () => undefined,
  });
  cleanups.push(() => haproxy.end());
  await haproxy.start(() => undefined);
  const load = new Load(ports.web, KEPT);
  for (let i = 0; i < reloads; i++) {
    await haproxy.reload(() => undefined);
    await load.answered(20);
  }
  await load.stop();
  return load;
}

describeWith(['haproxy'], 'a hundred changes of a running HAProxy', () => {
  test('under load: no new connection fails, kept ones are not worse off than with plain reloads, and only a stable pool needs reloads', async () => {
    const addresses: string[] = [];
    for (const name of ['one', 'two', 'three', 'four'])
      addresses.push(keep(await HttpMember.start(name)).address);
    const ports = await freePorts();
    const state = { ...FIRST };
    const engine = new HaproxyEngine(specOf(ports, addresses, state), { directory: folder() });
    cleanups.push(() => engine.close());
    await engine.start();
    const needed: string[] = [];
    engine.on('engine:reloaded', (event) => void needed.push(event.needed));

    const fresh = new FreshClients(ports);
    const kept = new Load(ports.web, KEPT);
    const reloads: Partial<Record<Kind, number>> = {};
    let faultsByCommands = 0;
    for (let index = 0; index < 100; index++) {
      if (engine.applied.reloads === 0) faultsByCommands = kept.faults.length;
      const kind = turn(state, index);
      const before = engine.applied.reloads;
      await engine.apply(specOf(ports, addresses, state));
      reloads[kind] = (reloads[kind] ?? 0) + engine.applied.reloads - before;
      await kept.answered(10);
    }
    await Promise.all([fresh.stop(), kept.stop()]);
    const plain = await plainRaces(addresses, engine.applied.reloads);

    console.info(
      `100 changes: ${engine.applied.reloads} needed a reload (${JSON.stringify(reloads)}), ${engine.applied.byCommands} were commands; ` +
        `${fresh.count} new connections, ${fresh.faults.length} failed; ${kept.count} requests on kept ones, ${kept.faults.length} failed; ` +
        `plain reloads: ${plain.count} requests on kept ones, ${plain.faults.length} failed`,
    );
    expect(needed.filter((reason) => !/shop/.test(reason))).toEqual([]);
    expect(reloads).toEqual({ weight: 0, member: 0, route: 0, certificate: 0, stable: 10 });
    expect(engine.applied).toEqual({ reloads: 10, byCommands: 90 });
    expect(fresh.faults).toEqual([]);
    // Commands cost nobody anything; a reload may meet a request on its way, as every reload of HAProxy may.
    expect(faultsByCommands).toBe(0);
    const races = plain.faults.length;
    expect(kept.faults.length).toBeLessThanOrEqual(races + chanceOf(races));
    expect(kept.faults.length).toBeLessThanOrEqual(KEPT * engine.applied.reloads);
  });
});
