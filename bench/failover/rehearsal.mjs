// One contender's pair in its network: harmed and healed round by round, watched by a client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.mjs';
import { Network } from './network.mjs';
import { ended, signalAll } from './processes.mjs';
import { nowMs } from './time.mjs';

/** Longer than any takeover at one advert a second. */
const PATIENCE_MS = 30_000;
const POLL_MS = 5;

export class Rehearsal {
  /**
   * @param {import('./contender.mjs').Contender} contender
   * @param {number} intervalMs between adverts
   * @param {string} label keeps pairs of one contender apart
   */
  constructor(contender, intervalMs, label = '') {
    this.contender = contender;
    this.intervalMs = intervalMs;
    this.folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-failover-'));
    this.network = new Network(`${contender.name[0]}${label}`);
    this.client = new Client(this.network.client);
    this.children = new Map();
    /** What the nodes told: `{ host, event, atMs, reason }`. */
    this.events = [];
    for (const host of this.network.hosts) this.#start(host);
  }

  /** One round: harm, until the other host serves; heal, until there is one owner again. */
  async play({ harm, heal, canHaveTwo = false }) {
    const { active, backup } = this.state ?? (await this.#settled());
    this.client.forget();
    // A moment of the interval by chance.
    await sleep(Math.random() * this.intervalMs);
    const { client, network } = this;
    const [firstOwner, firstEvent] = [network.owners.length, this.events.length];
    const harmedMs = nowMs();
    harm(this, active);
    const served = await this.#until(
      () => client.firstOf(backup.name, harmedMs),
      `${backup.name} to serve`,
    );
    const before = client.lastOf(active.name)?.atMs ?? harmedMs;
    // Who hands over may serve on until the other one has the address.
    const servedMs = served.atMs - Math.max(harmedMs, Math.min(before, served.atMs));
    const takeoverMs = served.atMs - harmedMs;
    // Long enough for the other one to notice, too, that it is alone.
    await sleep(1.25 * this.intervalMs + 100);
    const healedMs = nowMs();
    await heal(this, active);
    const restMs = canHaveTwo ? await this.#oneOwner(active, healedMs) : undefined;
    const gapMs = client.longestGap(healedMs, nowMs());
    this.state = await this.#settled();
    return {
      active: active.name,
      servedMs,
      takeoverMs,
      ...(restMs === undefined
        ? {}
        : {
            twoOwnersMs: restMs,
            afterAdvertMs: this.#afterAdvert(healedMs),
            healGapMs: gapMs,
          }),
      owners: network.owners.slice(firstOwner).map((owner) => relative(owner, harmedMs)),
      events: this.events.slice(firstEvent).map((event) => relative(event, harmedMs)),
    };
  }

  signal(host, signal) {
    signalAll(this.children.get(host.name), signal);
  }

  resign(host) {
    signalAll(this.contender.resigning(this.children.get(host.name)), 'SIGTERM');
  }

  async restart(host) {
    this.signal(host, 'SIGKILL');
    await ended(this.children.get(host.name));
    this.#start(host);
  }

  async close() {
    for (const children of this.children.values()) signalAll(children, 'SIGKILL');
    for (const children of this.children.values()) await ended(children);
    this.client.close();
    this.network.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(host) {
    const { contender, intervalMs, folder } = this;
    const other = this.network.hosts.find((one) => one !== host);
    const offsetMs = Date.now() - nowMs();
    const onEvent = ({ at, ...event }) => this.events.push({ ...event, atMs: at - offsetMs });
    this.children.set(host.name, contender.start({ host, other, intervalMs, folder, onEvent }));
  }

  /** One serves, the other one stands by, and each knows of the other. */
  async #settled() {
    const { hosts } = this.network;
    const state = await this.#until(() => {
      const owners = hosts.filter(({ name }) => this.network.holds(name));
      if (owners.length !== 1) return undefined;
      const [active] = owners;
      const backup = hosts.find((host) => host !== active);
      const isServed = this.client.firstOf(active.name, nowMs() - 100) !== undefined;
      const isReady = isServed && this.contender.isReady({ network: this.network, active, backup });
      return isReady ? { active, backup } : undefined;
    }, 'one active and one backup');
    await sleep(1.25 * this.intervalMs + 100);
    return state;
  }

  /** How long two hosts have the address after `healedMs`. */
  async #oneOwner(active, healedMs) {
    const { hosts, owners } = this.network;
    await this.#until(
      () => hosts.filter(({ name }) => this.network.holds(name)).length === 1,
      'one owner',
    );
    const letGo = owners.findLast(({ holds }) => !holds);
    return Math.max(0, (letGo?.atMs ?? healedMs) - healedMs);
  }

  /** How long the one that gave way had the address after it knew of the other; undefined = it does not tell. */
  #afterAdvert(healedMs) {
    const knew = this.events.find(({ event, atMs }) => event === 'ha:backup' && atMs >= healedMs);
    if (knew === undefined) return undefined;
    const letGo = this.network.owners.find(
      ({ host, holds, atMs }) => host === knew.host && !holds && atMs >= healedMs,
    );
    return letGo === undefined ? undefined : Math.max(0, letGo.atMs - knew.atMs);
  }

  async #until(find, what) {
    const endMs = nowMs() + PATIENCE_MS;
    while (nowMs() < endMs) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await sleep(POLL_MS);
    }
    const logs = [...this.children].flatMap(([name, children]) =>
      children.map(({ spawnargs, log }) => `${name} ${spawnargs[4]}:\n${log}`),
    );
    throw new Error(
      `${this.contender.name}: no ${what} after ${PATIENCE_MS} ms\n${logs.join('\n')}`,
    );
  }
}

function relative({ atMs, ...rest }, zeroMs) {
  return { atMs: Math.round((atMs - zeroMs) * 10) / 10, ...rest };
}
