// Where requests come from: one stream for each item of `arrivals`.
import type { Random } from '../../core/random.js';
import type { SimTask } from './event-queue.js';
import type { PlannedArrival } from './plan.js';
import { createClients, SimClient } from './sim-client.js';
import type { RequestSource } from './sim-request.js';
import type { World } from './world.js';

/** @internal What all streams do: make requests look as their plan says, and send them. */
export abstract class ArrivalStream implements SimTask, RequestSource {
  place = -1;
  readonly plan: PlannedArrival;
  protected readonly world: World;
  protected readonly random: Random;
  /** Times as many as planned. */
  loadBy = 1;

  constructor(plan: PlannedArrival, world: World, random: Random) {
    this.plan = plan;
    this.world = world;
    this.random = random;
  }

  /** Lets the first ones come. */
  abstract start(): void;

  abstract onDue(): void;

  /** A request of this stream has ended, for its client at `atMs`. */
  onEnded(_client: SimClient, _atMs: number): void {}

  /** The load has changed. */
  onLoad(): void {}

  protected send(client: SimClient): void {
    const request = this.world.take();
    const { idempotent, paths, host } = this.plan;
    const isGet = idempotent === 1 || this.random.next() < idempotent;
    request.method = isGet ? 'GET' : 'POST';
    request.host = host;
    request.target =
      paths.length === 1 ? paths[0]! : paths[Math.floor(this.random.next() * paths.length)]!;
    request.start(client, this);
  }
}

/** Open loop: they come whatever happens. */
export class OpenStream extends ArrivalStream {
  readonly #clients: readonly SimClient[];
  #step = 0;

  constructor(plan: PlannedArrival, world: World, random: Random, firstClient: number) {
    super(plan, world, random);
    this.#clients = createClients(firstClient, plan.clients);
  }

  start(): void {
    this.#next(this.plan.fromMs);
  }

  onDue(): void {
    const nowMs = this.world.queue.nowMs;
    const client = this.#clients[Math.floor(this.random.next() * this.#clients.length)]!;
    // Before it is sent: what the request does must not move the next one.
    const isArrival = this.#rateAt(nowMs) > 0;
    this.#next(nowMs);
    if (isArrival) this.send(client);
  }

  override onLoad(): void {
    if (this.place >= 0) this.#next(this.world.queue.nowMs);
  }

  #rateAt(nowMs: number): number {
    const rates = this.plan.rates!;
    while (this.#step + 1 < rates.length && rates[this.#step + 1]!.atMs <= nowMs) this.#step++;
    return rates[this.#step]!.perMs * this.loadBy;
  }

  #next(nowMs: number): void {
    const perMs = this.#rateAt(nowMs);
    const nextStepMs = this.plan.rates![this.#step + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const gapMs = this.plan.isPoisson ? -Math.log(1 - this.random.next()) / perMs : 1 / perMs;
    // A step of the rate cuts a gap short: then it is drawn anew (arrivals have no memory).
    const atMs = Math.min(nowMs + gapMs, nextStepMs);
    if (atMs < this.plan.untilMs) this.world.queue.schedule(this, atMs);
  }
}

/** Closed loop: each client asks, waits, thinks, and asks again. */
export class ClosedStream extends ArrivalStream {
  readonly #users: readonly User[];

  constructor(plan: PlannedArrival, world: World, random: Random, firstClient: number) {
    super(plan, world, random);
    this.#users = createClients(firstClient, plan.clients).map((client) => new User(client, this));
    this.#byClient = new Map(this.#users.map((user) => [user.client, user]));
  }

  readonly #byClient: ReadonlyMap<SimClient, User>;

  start(): void {
    // They do not all begin at once.
    for (const user of this.#users) this.#think(user, this.plan.fromMs);
  }

  onDue(): void {}

  override onEnded(client: SimClient, atMs: number): void {
    this.#think(this.#byClient.get(client)!, atMs);
  }

  ask(client: SimClient): void {
    this.send(client);
  }

  #think(user: User, fromMs: number): void {
    const atMs = fromMs + this.plan.think!(this.random);
    if (atMs < this.plan.untilMs) this.world.queue.schedule(user, atMs);
  }
}

class User implements SimTask {
  place = -1;
  readonly client: SimClient;
  readonly #stream: ClosedStream;

  constructor(client: SimClient, stream: ClosedStream) {
    this.client = client;
    this.#stream = stream;
  }

  onDue(): void {
    this.#stream.ask(this.client);
  }
}

/** As a log says. */
export class ReplayStream extends ArrivalStream {
  readonly #clients: Map<string, SimClient> = new Map();
  #at = 0;

  start(): void {
    this.#next();
  }

  onDue(): void {
    const entry = this.plan.replay![this.#at++]!;
    let client = this.#clients.get(entry.source);
    if (client === undefined) {
      client = new SimClient(entry.source);
      this.#clients.set(entry.source, client);
    }
    this.#next();
    const request = this.world.take();
    request.method = entry.method ?? 'GET';
    request.host = this.plan.host;
    request.target = entry.path ?? '/';
    request.start(client, this);
  }

  #next(): void {
    const entry = this.plan.replay![this.#at];
    if (entry === undefined) return;
    const atMs = this.plan.fromMs + entry.atMs;
    if (atMs < this.plan.untilMs) this.world.queue.schedule(this, atMs);
  }
}

/** The stream that a plan asks for. */
export function createStream(
  plan: PlannedArrival,
  world: World,
  random: Random,
  firstClient: number,
): ArrivalStream {
  if (plan.rates !== undefined) return new OpenStream(plan, world, random, firstClient);
  if (plan.think !== undefined) return new ClosedStream(plan, world, random, firstClient);
  return new ReplayStream(plan, world, random);
}
